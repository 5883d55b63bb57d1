// Package fourcat reads what 4CAT collected from Telegram: its CSV tables and
// its NDJSON files, which hold the messages as the Telethon library gave them
// or already mapped to the columns of the table.
//
// Every row is one statement and its span is exactly the row. Times come from
// the unix_timestamp columns: 4CAT makes the readable ones with the clock of
// its server and does not say where that stands. 4CAT keeps media in data sets
// of their own, so attachments are described and not linked.
package fourcat

import (
	"strconv"
	"strings"
	"time"

	"dalil/internal/format"
	"dalil/internal/record"
)

// CSV is the format of 4CAT's Telegram tables.
var CSV = format.Kind{
	Name:    "4cat-csv",
	Doc:     "4CAT's CSV table of Telegram messages, with forward ids and original times",
	Version: 1,
	Match:   matchCSV,
	Read:    readCSV,
}

// NDJSON is the format of 4CAT's Telegram data sets in JSON, a message a line.
var NDJSON = format.Kind{
	Name:    "4cat-ndjson",
	Doc:     "4CAT's NDJSON data set of Telegram messages, raw (Telethon) or mapped to columns",
	Version: 1,
	Match:   matchNDJSON,
	Read:    readNDJSON,
}

// mediaElsewhere is why an attachment has no file here.
const mediaElsewhere = "4CAT keeps media in a data set of its own"

// chat is what a row says about where it was posted.
type chat struct {
	id       int64 // 0 when not known
	username string
	name     string
	group    bool // said to be a group
	private  bool // said to be a conversation with a person
	basic    bool // a basic group: its ids are counted with its owner's other chats
}

// source makes the chat a source; false when the row does not say where it is
// from.
func (c chat) source() (record.Source, bool) {
	s := record.Source{Platform: "telegram", Type: record.Channel, Sequential: !c.private && !c.basic, Name: c.name}
	switch {
	case c.private:
		s.Type, s.Private = record.PrivateIM, true
	case c.group || c.basic:
		s.Type = record.Group
	}
	if s.Name == "" {
		s.Name = c.username
	}
	switch {
	case c.id != 0 && c.private:
		s.Key = "telegram:user" + strconv.FormatInt(c.id, 10)
	case c.id != 0:
		s.Key = "telegram:" + strconv.FormatInt(c.id, 10)
	case c.username != "":
		s.Key = "telegram-user:" + strings.ToLower(c.username)
	default:
		return s, false
	}
	if s.Name == "" {
		s.Name = strings.TrimPrefix(s.Key, "telegram:")
	}
	return s, true
}

// bareID takes the marks off a chat id that tells channels (-100…) and groups
// (-…) from persons, as bots write it.
func bareID(id int64) int64 {
	if id >= 0 {
		return id
	}
	if s := strconv.FormatInt(-id, 10); len(s) > 10 && strings.HasPrefix(s, "100") {
		id, _ = strconv.ParseInt(s[3:], 10, 64)
		return id
	}
	return -id
}

// messageID takes the chat off an id like "somechannel-1234".
func messageID(id string) string {
	id = strings.TrimSpace(id)
	if i := strings.LastIndexByte(id, '-'); i >= 0 && i < len(id)-1 && strings.Trim(id[i+1:], "0123456789") == "" {
		return id[i+1:]
	}
	return id
}

// whenUnix reads seconds since 1970, also with a fraction.
func whenUnix(s string) record.When {
	s = strings.TrimSpace(s)
	sec, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || f < minUnix || f > maxUnix {
			return record.When{}
		}
		sec = int64(f)
	}
	if sec < minUnix || sec > maxUnix {
		return record.When{}
	}
	return record.AtUnix(sec)
}

// The years 1 to 9999: what a calendar can print.
const minUnix, maxUnix = -62135596800, 253402300799

// whenText reads a readable time. Without a printed zone it is taken in zone.
func whenText(s string, zone *time.Location) record.When {
	s = strings.TrimSpace(s)
	if s == "" {
		return record.When{}
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 -0700"} {
		if t, err := time.Parse(layout, s); err == nil {
			return record.At(t)
		}
	}
	if zone == nil {
		zone = time.UTC
	}
	for _, f := range []struct {
		layout    string
		precision record.Precision
	}{
		{"2006-01-02 15:04:05", record.ToSecond}, {"2006-01-02T15:04:05", record.ToSecond}, {"2006-01-02 15:04", record.ToMinute}, {"2006-01-02", record.ToDay},
	} {
		if t, err := time.ParseInLocation(f.layout, s, zone); err == nil {
			return record.When{Unix: t.Unix(), Precision: f.precision, NoZone: true}
		}
	}
	return record.When{}
}

// reactions counts the emoji that 4CAT wrote one after the other, one for each
// time it was given. ok is false for text it wrote where it found no emoji.
func reactions(s string) (out []record.Reaction, ok bool) {
	if strings.ContainsAny(s, "{[") {
		return nil, s == ""
	}
	at := map[string]int{}
	for s != "" {
		n := emoji(s)
		what := s[:n]
		s = s[n:]
		if strings.TrimSpace(what) == "" {
			continue
		}
		i, known := at[what]
		if !known {
			i = len(out)
			at[what] = i
			out = append(out, record.Reaction{What: what})
		}
		out[i].Count++
	}
	return out, true
}

// emoji returns the length of the emoji that s begins with: one character with
// its variation mark, skin tone and whatever is joined to it, or two regional
// letters.
func emoji(s string) int {
	first, joined := true, false
	n := 0
	regional := 0
	for i, r := range s {
		switch {
		case first:
			first = false
			if isRegional(r) {
				regional = 1
			}
		case joined:
			joined = false
		case r == 0x200D:
			joined = true
		case r == 0xFE0F || r == 0xFE0E || r == 0x20E3 || r >= 0x1F3FB && r <= 0x1F3FF || r >= 0xE0020 && r <= 0xE007F:
		case isRegional(r) && regional == 1:
			regional = 2
		default:
			return i
		}
		n = i + len(string(r))
	}
	return min(n, len(s))
}

func isRegional(r rune) bool { return r >= 0x1F1E6 && r <= 0x1F1FF }

// flag adds f once.
func flag(r *record.Reading, f record.Flag) {
	for _, have := range r.Flags {
		if have == f {
			return
		}
	}
	r.Flags = append(r.Flags, f)
}

// clip cuts text that is longer than a statement may be, between characters.
func clip(r *record.Reading, s string) string {
	if len(s) <= format.MaxText {
		return s
	}
	flag(r, record.FlagTruncated)
	return strings.ToValidUTF8(s[:format.MaxText], "")
}

// bidi flags invisible direction characters in names.
func bidi(r *record.Reading, names ...string) {
	for _, s := range names {
		if strings.ContainsFunc(s, format.IsBidiControl) {
			flag(r, record.FlagBidiControls)
		}
	}
}

// sources tells the sink where the readings that follow are from.
type sources struct {
	out  format.Sink
	last string
}

func (s *sources) set(c chat) error {
	src, ok := c.source()
	if !ok {
		src = record.Source{Key: "telegram-name:unknown chat", Name: "unknown chat", Platform: "telegram", Type: record.Folder}
	}
	if src.Key == s.last {
		return nil
	}
	s.last = src.Key
	return s.out.Source(src)
}
