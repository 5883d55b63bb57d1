package fourcat

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"dalil/internal/format"
	"dalil/internal/record"
)

func matchCSV(h format.Head) int {
	rows, err := format.NewRows(bytes.NewReader(h.Bytes), int64(len(h.Bytes)))
	if err != nil {
		return 0
	}
	has := func(names ...string) bool {
		for _, n := range names {
			if rows.Has(n) {
				return true
			}
		}
		return false
	}
	if !has("id") || !has("body") || !has("thread_id", "chat") || !has("unix_timestamp", "timestamp") {
		return 0
	}
	if has("author_forwarded_from_id", "author_forwarded_from_name", "author_forwarded_from_username", "author_is_bot", "entities_mentioned", "unix_timestamp_forwarded_from") {
		return 95
	}
	return 30 // 4CAT's tables of other platforms look like this too
}

func readCSV(ctx context.Context, in format.Input, out format.Sink) error {
	rows, err := format.NewRows(in.R, in.Size)
	switch {
	case errors.Is(err, io.EOF):
		out.Problem(record.Problem{What: "the table is empty"})
		return nil
	case errors.Is(err, record.ErrInvalid):
		out.Problem(record.Problem{What: err.Error(), Remedy: "save it again as CSV in UTF-8"})
		return nil
	case err != nil:
		return err
	}
	src := sources{out: out}
	problems := format.Problems{Out: out}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			problems.Close()
			return nil
		}
		if err != nil {
			return err
		}
		if row.Defect != "" {
			problems.Tell(record.Problem{Offset: row.Offset, What: fmt.Sprintf("row %d: %s", row.Number, row.Defect),
				Remedy: "compare the row with the original data set", ID: messageID(row.Get("id"))})
		}
		if len(row.Fields) == 0 || row.Get("id") == "" && row.Get("body") == "" {
			continue
		}
		c, r := flat(row.Get, in.Settings)
		r.Span = record.Span{Offset: row.Offset, Length: row.Length}
		if row.Invalid {
			flag(r, record.FlagInvalidUTF8)
		}
		if row.Cut {
			flag(r, record.FlagTruncated)
		}
		if err := src.set(c); err != nil {
			return err
		}
		if err := out.Reading(r); err != nil {
			return err
		}
	}
}

// flat reads a message from 4CAT's columns; get gives the first of the named
// ones that is filled.
func flat(get func(...string) string, set format.Settings) (chat, *record.Reading) {
	r := &record.Reading{Kind: record.Post, ExternalID: messageID(get("id"))}
	c := flatChat(get)
	r.Text = clip(r, get("body"))
	if r.Posted = whenUnix(get("unix_timestamp")); !r.Posted.Known() {
		r.Posted = whenText(get("timestamp"), set.Zone)
	}
	if r.Edited = whenUnix(get("unix_timestamp_edited")); !r.Edited.Known() {
		r.Edited = whenText(get("timestamp_edited"), set.Zone)
	}
	if r.Posted.NoZone || r.Edited.NoZone {
		flag(r, record.FlagNoZone)
	}
	r.ReplyTo = messageID(get("reply_to"))
	r.Views, _ = strconv.ParseInt(strings.TrimSuffix(get("views"), ".0"), 10, 64)
	if r.Views < 0 {
		r.Views = 0
	}
	var ok bool
	if r.Reactions, ok = reactions(get("reactions")); !ok && get("reactions") != "" {
		flag(r, record.FlagUnknownParts)
	}
	r.Sender = flatSender(get, c)
	r.Forward = flatForward(get, set, r)
	if link := get("link_attached"); link != "" {
		r.Refs = append(r.Refs, link)
	}
	if kind := get("attachment_type"); kind != "" && kind != "url" {
		r.Media = append(r.Media, record.Media{Kind: kind, Name: get("attachment_filename"), Omitted: mediaElsewhere})
	}
	if isUsername(c.username) && r.ExternalID != "" {
		r.URL = "https://t.me/" + c.username + "/" + r.ExternalID
	}
	return c, r
}

// flatChat reads the chat: 4CAT writes its username into thread_id and chat,
// or its id where it has none.
func flatChat(get func(...string) string) chat {
	var c chat
	for _, s := range []string{get("thread_id"), get("chat")} {
		s = strings.TrimPrefix(strings.TrimSpace(s), "@")
		id, err := strconv.ParseInt(s, 10, 64)
		switch {
		case s == "" || s == "unknown" || s == "None":
		case err == nil && c.id == 0:
			c.id = bareID(id)
		case err != nil && c.username == "" && isUsername(s):
			c.username = s
		case err != nil && c.name == "":
			c.name = s
		}
	}
	if c.id == 0 && c.username == "" && c.name != "" {
		c.username = strings.Join(strings.Fields(c.name), "") // 4CAT's own stand-in: the title without spaces
	}
	return c
}

// isUsername reports whether s could be a Telegram username.
func isUsername(s string) bool {
	for _, r := range s {
		if r != '_' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z') {
			return false
		}
	}
	return s != ""
}

// flatSender reads who signed. A row names a channel as the author of its own
// messages; anybody else is taken for a person, unless shown to be none.
func flatSender(get func(...string) string, c chat) record.Party {
	id, username, name := get("author"), get("author_username"), get("author_name")
	n, err := strconv.ParseInt(id, 10, 64)
	if id == "" && username == "" && name == "" ||
		err == nil && c.id != 0 && bareID(n) == c.id ||
		username != "" && strings.EqualFold(username, c.username) {
		return record.Party{}
	}
	p := record.Party{Name: name, Person: true}
	if p.Name == "" {
		p.Name = username
	}
	if err == nil {
		p.ID = "user" + strconv.FormatInt(bareID(n), 10)
		if n < 0 {
			p.ID, p.Person = "channel"+strconv.FormatInt(bareID(n), 10), false
		}
	}
	return p
}

// flatForward reads the forward columns. 4CAT gives an id without saying of
// what: with a username or without any name it is taken for a channel, with
// only a display name for a person, because that is the harmless mistake.
func flatForward(get func(...string) string, set format.Settings, r *record.Reading) *record.Forward {
	id, username, name := get("author_forwarded_from_id"), get("author_forwarded_from_username"), get("author_forwarded_from_name")
	posted := whenUnix(get("unix_timestamp_forwarded_from"))
	if !posted.Known() {
		if posted = whenText(get("timestamp_forwarded_from"), set.Zone); posted.NoZone {
			flag(r, record.FlagNoZone)
		}
	}
	if id == "" && username == "" && name == "" && !posted.Known() {
		return nil
	}
	f := &record.Forward{Posted: posted, From: record.Party{Name: name}}
	if f.From.Name == "" {
		f.From.Name = username
	}
	bidi(r, f.From.Name)
	f.From.Person = username == "" && name != ""
	if n, err := strconv.ParseInt(strings.TrimSuffix(id, ".0"), 10, 64); err == nil && n != 0 {
		f.From.ID = "channel" + strconv.FormatInt(bareID(n), 10)
		if f.From.Person {
			f.From.ID = "user" + strconv.FormatInt(bareID(n), 10)
		}
	} else if f.From.Name != "" {
		flag(r, record.FlagForwardByName)
	}
	return f
}
