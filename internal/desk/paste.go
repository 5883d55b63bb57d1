package desk

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"dalil/internal/record"
)

// Pasted is what something pasted into the one box is, and what the case has of
// it. Nothing is gone to for it: a capture is only offered.
type Pasted struct {
	Kind PasteKind `json:"kind"`
	Text string    `json:"text"`

	// An address: what a capture would go to; "" when none would. Original is
	// the page that an archive's address is a copy of, and of when.
	Capture    string    `json:"capture,omitempty"`
	Original   string    `json:"original,omitempty"`
	OriginalAt time.Time `json:"original_at,omitzero"`

	Here  []PasteHit `json:"here"`            // the case has it
	Maybe []PasteHit `json:"maybe,omitempty"` // may be it: a post of the same number in a channel whose public name is not known
	More  bool       `json:"more,omitempty"`  // there are more like Maybe

	ID    string   `json:"id,omitempty"`    // of an id: as it is written; go there
	Query string   `json:"query,omitempty"` // of anything else: search for it
	Lines []Pasted `json:"lines,omitempty"` // of a list: each line
	Known int      `json:"known,omitempty"` // of these, how many the case has

	Problem string `json:"problem,omitempty"` // why nothing can be done with it
	Do      string `json:"do,omitempty"`      // and what can
	Note    string `json:"note,omitempty"`    // what to know before a capture
}

// PasteKind says what something pasted is.
type PasteKind string

const (
	PastePost    PasteKind = "post"    // a post or channel of Telegram
	PastePage    PasteKind = "page"    // another address of the web
	PasteArchive PasteKind = "archive" // an archived copy of a page
	PasteDigest  PasteKind = "digest"  // a SHA-256
	PasteID      PasteKind = "id"      // an id of this case
	PasteList    PasteKind = "list"    // several lines
	PasteQuery   PasteKind = "query"   // words to search for
	PasteNothing PasteKind = "nothing"
)

// PasteHit is something the case has: a statement, capture or source.
type PasteHit struct {
	ID     string      `json:"id"`
	Source string      `json:"source_name,omitempty"`
	Words  string      `json:"words,omitempty"` // its title or how its text begins; a file's name
	Posted record.When `json:"posted_at,omitzero"`
}

// maxLines is how many lines of a list are looked up.
const maxLines = 1000

// Paste says what text is and what the case has of it.
func (d *Desk) Paste(ctx context.Context, text string) (Pasted, error) {
	var lines []string
	for _, l := range strings.Split(text, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			lines = append(lines, l)
		}
	}
	switch len(lines) {
	case 0:
		return Pasted{Kind: PasteNothing, Here: []PasteHit{}}, nil
	case 1:
		return d.pasteLine(ctx, lines[0])
	}
	p := Pasted{Kind: PasteList, Text: text, Here: []PasteHit{}}
	for i, l := range lines {
		if i == maxLines {
			p.Problem, p.Do = fmt.Sprintf("only the first %d of %d lines were looked up", maxLines, len(lines)), key("paste the rest separately")
			break
		}
		one, err := d.pasteLine(ctx, l)
		if err != nil {
			return p, err
		}
		if len(one.Here) > 0 {
			p.Known++
		}
		p.Lines = append(p.Lines, one)
	}
	return p, nil
}

var (
	aDigest  = regexp.MustCompile(`^(?i)(?:sha-?256[:=\s]*)?([0-9a-f]{64})$`)
	anID     = regexp.MustCompile(`^(?i)[SCKGDRLY]-[0-9A-Z]{7}$`)
	schemed  = regexp.MustCompile(`^(?i)[a-z][a-z0-9+.-]*://\S+$`)
	bareSite = regexp.MustCompile(`^(?i)(?:[\p{L}\p{N}_-]+\.)+\p{L}{2,}(?::\d+)?(?:/\S*)?$`)
)

func (d *Desk) pasteLine(ctx context.Context, s string) (Pasted, error) {
	p := Pasted{Text: s, Here: []PasteHit{}}
	if m := aDigest.FindStringSubmatch(s); m != nil {
		p.Kind = PasteDigest
		return p, d.pasteDigest(ctx, &p, strings.ToLower(m[1]))
	}
	if anID.MatchString(s) {
		if k, leaf, err := d.Case.IDs.Leaf(s); err == nil && leaf < d.Case.Archive.Size() {
			p.Kind, p.ID = PasteID, d.Case.IDs.ID(k, leaf)
			if k == record.KindStatement || k == record.KindFamily {
				if st, err := d.Reader().Statement(ctx, leaf); err == nil && k == record.KindStatement {
					p.Here = append(p.Here, d.pasteHit(st))
				}
			}
			return p, nil
		}
	}
	address := s
	switch low := strings.ToLower(s); {
	case strings.HasPrefix(low, "tg://resolve?"):
		u, err := url.Parse(s)
		if err == nil && u.Query().Get("domain") != "" {
			address = "https://t.me/" + u.Query().Get("domain") + "/" + u.Query().Get("post")
		}
	case schemed.MatchString(s):
	case strings.Contains(s, "/") && bareSite.MatchString(s), strings.HasPrefix(low, "www.") && bareSite.MatchString(s):
		address = "https://" + s
	default:
		p.Kind, p.Query = PasteQuery, s
		return p, nil
	}
	return p, d.pasteAddress(ctx, &p, address)
}

func (d *Desk) pasteDigest(ctx context.Context, p *Pasted, hex string) error {
	digest, err := record.ParseDigest(hex)
	if err != nil {
		return err
	}
	all, err := d.Case.Catalog.CapturesOf(ctx, digest)
	if err != nil {
		return err
	}
	for _, c := range all {
		p.Here = append(p.Here, PasteHit{ID: d.Case.IDs.ID(record.KindCapture, c.Leaf), Words: c.Path})
	}
	if len(all) == 0 {
		p.Problem, p.Do = key("no file of this case has this SHA-256"), key("look whether it was computed over the same file, byte for byte")
	}
	return nil
}

func (d *Desk) pasteAddress(ctx context.Context, p *Pasted, address string) error {
	a, err := d.Case.Address(address)
	p.Kind, p.Capture, p.Original, p.OriginalAt = PastePage, a.Goes, a.Original, a.OriginalAt
	if err != nil {
		p.Problem = err.Error()
		var hint *record.Hint
		if errors.As(err, &hint) {
			p.Do = hint.Do
		}
	}
	switch {
	case a.Channel != "" || a.Private:
		p.Kind = PastePost
	case a.Original != "" || archives(address):
		p.Kind = PasteArchive
		p.Note = "the copy is captured as the archive shows it"
		if a.Original != "" {
			p.Note += "; the original is noted with it"
		}
	default:
		p.Note = thin(address)
	}
	here, maybe, err := d.atAddress(ctx, address)
	if err != nil {
		return err
	}
	p.Here = append(p.Here, here...)
	if len(p.Here) == 0 {
		p.Maybe = maybe[:min(len(maybe), maxMaybe)]
		p.More = len(maybe) > maxMaybe
	}
	return nil
}

// archives reports whether an address is of a web archive, also where it does
// not say what it is a copy of.
func archives(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	switch strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.") {
	case "web.archive.org", "archive.today", "archive.ph", "archive.is", "archive.li", "archive.md", "archive.vn", "archive.fo":
		return true
	}
	return false
}

// thin says of sites that show next to nothing without running their scripts,
// and dalil runs none, what a capture of them is worth.
func thin(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	host := strings.ToLower(u.Hostname())
	for _, site := range []string{"x.com", "twitter.com", "youtube.com", "youtu.be", "facebook.com", "instagram.com", "tiktok.com"} {
		if host == site || strings.HasSuffix(host, "."+site) {
			return "this site shows little without running its scripts, and a capture runs none; a page saved in your browser, or an auto-archiver table, holds more"
		}
	}
	return ""
}
