package telegramexport

import (
	"bytes"
	"strings"

	"dalil/internal/record"
)

// mediaKinds translates "media_type".
var mediaKinds = map[string]string{
	"":              "file",
	"sticker":       "sticker",
	"video_message": "video_message",
	"voice_message": "voice",
	"animation":     "animation",
	"video_file":    "video",
	"audio_file":    "audio",
}

// media reads what is attached to the message.
func (x *decoder) media(c *chat) {
	if _, ok := x.get(fPhoto); ok {
		m := record.Media{Kind: "photo", Type: "image/jpeg"}
		x.path(&m, fPhoto)
		m.Size = x.count(fPhotoSize)
		m.Width, m.Height = int(x.count(fWidth)), int(x.count(fHeight))
		x.r.Media = append(x.r.Media, m)
	}
	if _, ok := x.get(fFile); ok {
		typ := x.word(fMediaType)
		kind := mediaKinds[typ]
		if kind == "" {
			kind = typ
		}
		m := record.Media{Kind: kind, Type: x.word(fMimeType)}
		m.Name = string(x.str(fFileName))
		if hasBidiControls(m.Name) {
			x.flag(record.FlagBidiControls)
		}
		x.path(&m, fFile)
		m.Size = x.count(fFileSize)
		m.Width, m.Height = int(x.count(fWidth)), int(x.count(fHeight))
		m.Seconds = int(x.count(fDuration))
		x.r.Media = append(x.r.Media, m)
	}
	if x.has(fPaidStars) && len(x.r.Media) == 0 {
		x.r.Media = append(x.r.Media, record.Media{Kind: "paid", Omitted: "Telegram Desktop does not export paid media"})
	}
	const everythingElse = 1<<fContact | 1<<fLocation | 1<<fPlaceName | 1<<fPoll | 1<<fTodo |
		1<<fGameTitle | 1<<fInvoice | 1<<fGiveaway | 1<<fGiveawayResults
	if x.have&everythingElse != 0 {
		x.cards(c)
	}
}

// path reads a path, or the sentence that stands in its place when the file
// was left out of the export.
func (x *decoder) path(m *record.Media, f field) {
	s := string(x.str(f))
	if name, why, left := leftOut(s); left {
		m.Omitted = why
		if m.Name == "" {
			m.Name = name
		}
		return
	}
	if hasBidiControls(s) {
		x.flag(record.FlagBidiControls)
	}
	m.Path = s
}

// leftOut splits "name (File not included. Change data exporting settings to
// download.)" and its like.
func leftOut(s string) (name, why string, ok bool) {
	if !strings.HasSuffix(s, ")") {
		return "", "", false
	}
	for _, start := range []string{"(File ", "(Photo ", "(Story "} {
		i := strings.LastIndex(s, start)
		if i < 0 {
			continue
		}
		why = s[i:]
		if strings.Contains(why, "not included") || strings.Contains(why, "exceeds") || strings.Contains(why, "unavailable") {
			return strings.TrimSpace(s[:i]), why, true
		}
	}
	return "", "", false
}

// count reads a number that is never negative, and small enough for a picture
// or a file.
func (x *decoder) count(f field) int64 {
	n, ok := x.integer(f)
	if !ok || n < 0 || n > 1<<50 {
		return 0
	}
	return n
}

// cards reads what Telegram shows as a card: polls, lists, games, invoices,
// places, contacts. What was published to be read becomes text. Coordinates
// and telephone numbers do not: they may be a private person's, and stay in
// the archive.
func (x *decoder) cards(c *chat) {
	if x.has(fContact) {
		x.paragraph([]byte("contact shared"))
	}
	if x.has(fPlaceName) || x.has(fLocation) {
		if place := x.str(fPlaceName); len(place) > 0 && c.isChannel() {
			x.paragraph([]byte("location shared: "), place)
		} else {
			x.paragraph([]byte("location shared"))
		}
	}
	x.card(fPoll, "question", "answers")
	x.card(fTodo, "title", "answers")
	for _, f := range []field{fGameTitle, fGameText} {
		if s := x.str(f); len(s) > 0 {
			x.paragraph(s)
		}
	}
	x.card(fInvoice, "title", "description")
	x.card(fGiveaway, "additional_prize", "")
	x.card(fGiveawayResults, "additional_prize", "")
}

// card appends the headline of an object and, below it, what is listed.
func (x *decoder) card(f field, headline, list string) {
	v, ok := x.get(f)
	if !ok {
		return
	}
	if v.kind == '"' && len(v.raw) > 0 && v.raw[0] == '{' {
		// Versions up to 2024 wrote an invoice as an object inside a string.
		v = value{'{', unquote(nil, v.raw, &x.d)}
		if !isWhole(v.raw) {
			v.kind = 0
		}
	}
	if v.kind != '{' {
		x.unknown = true
		return
	}
	if f == fGiveaway || f == fGiveawayResults {
		x.paragraph(bytes.ReplaceAll([]byte(fieldWords[f]), []byte("_"), []byte(" ")))
	}
	m := walk(v, &x.d)
	for m.next() {
		switch {
		case string(m.key) == headline:
			if s := x.plain(m.val); len(s) > 0 {
				x.paragraph(s)
			}
		case string(m.key) != list:
		case m.val.kind == '[':
			x.answers(m.val)
		default:
			if s := x.plain(m.val); len(s) > 0 {
				x.paragraph(s)
			}
		}
	}
	if m.fail {
		x.unknown = true
	}
}

func (x *decoder) answers(v value) {
	n := 0
	for m := walk(v, &x.d); m.next() && n < maxParts; n++ {
		if m.val.kind != '{' {
			x.unknown = true
			continue
		}
		for a := walk(m.val, &x.d); a.next(); {
			if string(a.key) == "text" {
				x.paragraph([]byte("- "), x.plain(a.val))
			}
		}
	}
}

var fieldWords = map[field]string{fGiveaway: "giveaway", fGiveawayResults: "giveaway_results"}

// isWhole reports whether b is one object and nothing behind it.
func isWhole(b []byte) bool {
	if len(b) == 0 || b[0] != '{' {
		return false
	}
	var e extent
	n, o := e.scan(b)
	return o == closed && n == len(b)
}
