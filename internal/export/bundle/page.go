package bundle

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"strings"
	"time"

	"dalil/internal/export"
	"dalil/internal/record"
	"dalil/internal/redact"
)

//go:embed page.tmpl
var pageSource string

//go:embed page.css
var pageStyle string

// startPage writes START-HERE.html: one file, no scripts, nothing loaded.
func startPage(r redact.Release, o export.Options, p *packing) ([]byte, error) {
	t, err := template.New(startName).Parse(pageSource)
	if err != nil {
		return nil, err
	}
	style := sha256.Sum256([]byte(pageStyle))
	v := pageView{
		Policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(style[:]) + "'; base-uri 'none'; form-action 'none'",
		Style:  template.CSS(pageStyle),
		Case:   r.Case(), Note: o.Note, Zone: r.Zone().String(), Partner: r.Audience() == redact.ForPartner,
		Key: strings.TrimSpace(r.Key()), Checkpoint: strings.TrimSpace(string(r.Checkpoint())),
		Size: p.head.Size, Entries: bytes.Count(p.lines.Bytes(), []byte("\n")),
		Proves: proves, DoesNotProve: doesNotProve,
	}
	if !o.Made.IsZero() {
		v.Made = o.Made.UTC().Format("2006-01-02 15:04 UTC")
	}
	for s := range r.Statements() {
		v.Statements = append(v.Statements, viewStatement(s, r.Zone(), p))
	}
	var b bytes.Buffer
	if err := t.Execute(&b, v); err != nil {
		return nil, fmt.Errorf("bundle: %s: %w", startName, err)
	}
	return b.Bytes(), nil
}

// pageView is what page.tmpl shows.
type pageView struct {
	Policy       string
	Style        template.CSS
	Case         string
	Note         string
	Made         string
	Zone         string
	Partner      bool
	Key          string
	Checkpoint   string
	Size         uint64
	Entries      int
	Proves       []string
	DoesNotProve []string
	Statements   []statementView
}

type statementView struct {
	ID, Source, SourceKey, Platform string
	Versions                        []versionView
	Translations                    []translationView
}

// translationView is a translation: the sender's word, or, with an entry, a
// person's signed one.
type translationView struct {
	redact.ShownTranslation
	Lines []textLine
	AtUTC string
}

type versionView struct {
	redact.ShownVersion
	Several                          bool
	Lines                            []textLine
	PostedUTC, PostedZone, EditedUTC string
	EditedZone, NoZone, CapturedUTC  string
	CapturedZone                     string
	TextFile, File                   string
	Bytes                            int64
	SHA256                           string
	Size                             uint64
	FlagWords                        []string
	MediaWords                       []string
}

// textLine is one paragraph, cut where an invisible direction control stands.
type textLine []textPart

type textPart struct {
	Text    string
	Control string // "RLO" and the like; Text is then empty
}

func viewStatement(s redact.Shown, zone *time.Location, p *packing) statementView {
	v := statementView{ID: s.ID, Source: visible(s.SourceName), SourceKey: s.SourceKey, Platform: s.Platform}
	for _, x := range s.Versions {
		w := versionView{ShownVersion: x, Several: len(s.Versions) > 1, Lines: textLines(x.Text),
			PostedUTC: readable(x.Posted, time.UTC), PostedZone: readable(x.Posted, zone),
			EditedUTC: readable(x.Edited, time.UTC), EditedZone: readable(x.Edited, zone),
			CapturedUTC:  time.UnixMilli(x.CapturedAt).UTC().Format("2006-01-02 15:04:05"),
			CapturedZone: time.UnixMilli(x.CapturedAt).In(zone).Format("2006-01-02 15:04:05"),
			TextFile:     p.texts[x.Entry], File: p.files[x.Entry], Bytes: p.sizes[x.Entry], Size: p.head.Size}
		w.Title, w.Byline, w.Sender, w.Forwarded = visible(x.Title), visible(x.Byline), visible(x.Sender), visible(x.Forwarded)
		if w.File != "" {
			w.SHA256 = p.sums[x.Entry].String()
		}
		if x.Posted.NoZone {
			w.NoZone = "the source printed no time zone; the time was read in the case's"
		}
		for _, f := range x.Flags {
			w.FlagWords = append(w.FlagWords, flagWords(f))
		}
		for _, m := range x.Media {
			w.MediaWords = append(w.MediaWords, mediaWords(m))
		}
		v.Versions = append(v.Versions, w)
	}
	for _, x := range s.Translations {
		x.Tool, x.By = visible(x.Tool), visible(x.By)
		v.Translations = append(v.Translations, translationView{x, textLines(x.Text), time.UnixMilli(x.At).UTC().Format("2006-01-02 15:04:05")})
	}
	return v
}

func readable(w record.When, zone *time.Location) string {
	if !w.Known() {
		return ""
	}
	return w.In(zone)
}

func textLines(text string) []textLine {
	var lines []textLine
	for l := range strings.Lines(text) {
		l = strings.TrimRight(l, "\r\n")
		var line textLine
		for l != "" {
			i := strings.IndexFunc(l, func(r rune) bool { return visible(string(r)) != string(r) })
			if i < 0 {
				line = append(line, textPart{Text: l})
				break
			}
			if i > 0 {
				line = append(line, textPart{Text: l[:i]})
			}
			c := string([]rune(l[i:])[:1])
			line = append(line, textPart{Control: strings.Trim(visible(c), "[]")})
			l = l[i+len(c):]
		}
		lines = append(lines, line)
	}
	return lines
}

func mediaWords(m redact.ShownMedia) string {
	s := m.Kind
	if m.Name != "" {
		s += " “" + visible(m.Name) + "”"
	}
	if m.Alt != "" {
		s += ": " + visible(m.Alt)
	}
	switch {
	case m.Omitted != "":
		s += " (not in the source's export: " + visible(m.Omitted) + ")"
	case !m.Blob.IsZero():
		s += " (SHA-256 " + m.Blob.String() + ")"
	}
	return s
}

// flagWords says in plain words what a flag means to a reader.
func flagWords(f record.Flag) string {
	switch f {
	case record.FlagInvalidUTF8:
		return "the original has bytes that are no valid text; they are shown as �"
	case record.FlagDuplicateKey:
		return "the original states a field twice; programs disagree which one counts"
	case record.FlagControlEscape:
		return "the original has a spelling error of the exporting program"
	case record.FlagNoZone:
		return "the original prints local time without a zone"
	case record.FlagClockConflict:
		return "two fields of the original give different times"
	case record.FlagDerivedText:
		return "the text was extracted by software: check it against the original"
	case record.FlagDuplicateID:
		return "another message of the same export has the same id"
	case record.FlagTruncated:
		return "the source ends inside this statement"
	case record.FlagLoneSurrogate:
		return "the original has half a character; it is shown as �"
	case record.FlagUnknownParts:
		return "the original has parts that were not read"
	case record.FlagBidiControls:
		return "a name or title has invisible characters that turn the reading direction"
	case record.FlagForwardByName:
		return "forwarded from a display name only: anybody can have chosen that name"
	}
	return string(f)
}
