package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"dalil/internal/desk"
	"dalil/internal/record"
)

// entryData is one entry of the log, laid open.
type entryData struct {
	desk.Entry
	ID, URL string // of the record's own page; URL is "" when this is it
	What    string
	Body    string // indented, if it is JSON
	Holds   bool
	Links   []entryLink // entries it names
	Before  string      // addresses
	After   string

	Until, With string // the case as known then, without this entry and with it
}

type entryLink struct{ Name, URL, Text string }

func (s *server) entry(r *http.Request) (reply, error) {
	n, err := strconv.ParseUint(r.PathValue("n"), 10, 64)
	if err != nil {
		return reply{}, record.WithHint(fmt.Errorf("%w: %.40q is no number of an entry", record.ErrInvalid, r.PathValue("n")), "entries are numbered from 0")
	}
	if s.desk.Known() != nil && !s.known(n) && s.nowadays().known(n) {
		return reply{}, told(record.ErrNotFound, phrase{key("log entry {n} was recorded later than this moment"), []string{"n", r.PathValue("n")}}, phrase{Text: key("go back to now to see it")})
	}
	e, err := s.desk.Entry(r.Context(), n)
	if err != nil {
		return reply{}, err
	}
	d := entryData{Entry: e, What: leafWords(e.Leaf.Kind), Holds: len(e.Problems) == 0}
	if d.ID, d.URL = s.named(e.Leaf.Kind, n); d.URL == entryAt(n) {
		d.URL = ""
	}
	var indented bytes.Buffer
	if d.Body = e.Body; json.Indent(&indented, []byte(e.Body), "", "  ") == nil {
		d.Body = indented.String()
	}
	for _, x := range []struct {
		name string
		leaf uint64
	}{{key("run"), e.Leaf.Run}, {key("capture"), e.Leaf.Capture}, {key("source"), e.Leaf.Source}, {key("target"), e.Leaf.Target}, {key("container"), e.Leaf.Parent}, {key("saw"), e.Leaf.Expects}} {
		if x.leaf != 0 {
			d.Links = append(d.Links, entryLink{x.name, entryAt(x.leaf), strconv.FormatUint(x.leaf, 10)})
		}
	}
	d.Until, d.With = "/statements?at=@"+strconv.FormatUint(n, 10), thenAt("/statements", n)
	if n > 0 {
		d.Before = entryAt(n - 1)
	}
	if n+1 < e.Size && s.known(n+1) {
		d.After = entryAt(n + 1)
	}
	return reply{page: "entry", title: key("Log entry"), data: d, json: map[string]any{
		"index": n, "id": d.ID, "kind": e.Leaf.Kind, "entry": e.Bytes, "body": e.Body, "body_gone": e.Gone, "signed": e.Signed, "by": e.Leaf.By, "size": e.Size,
		"root": e.Root, "inclusion": e.Inclusion, "checkpoint": e.Checkpoint, "holds": d.Holds, "problems": e.Problems}}, nil
}

// entriesData is a stretch of the log as it is.
type entriesData struct {
	From, To, Size uint64 // To is the last one shown
	Rows           []entryRow
	Older, Newer   string
}

type entryRow struct {
	desk.Entry
	URL  string
	What string
}

const entriesShown = 100

func (s *server) entries(r *http.Request) (reply, error) {
	size := s.desk.Case.Archive.Size()
	if m := s.desk.Known(); m != nil {
		size = m.Size
	}
	last := size
	if n, err := strconv.ParseUint(r.URL.Query().Get("upto"), 10, 64); err == nil && n < size {
		last = n + 1
	}
	from := uint64(0)
	if last > entriesShown {
		from = last - entriesShown
	}
	list, err := s.desk.Entries(r.Context(), from, int(last-from))
	if err != nil {
		return reply{}, err
	}
	d := entriesData{From: from, To: last - 1, Size: size}
	lines := []json.RawMessage{}
	for i := len(list) - 1; i >= 0; i-- {
		d.Rows = append(d.Rows, entryRow{list[i], entryAt(list[i].Index), leafWords(list[i].Leaf.Kind)})
		lines = append(lines, json.RawMessage(list[i].Bytes))
	}
	if from > 0 {
		d.Older = fmt.Sprintf("/log/entries?upto=%d", from-1)
	}
	if last < size {
		d.Newer = fmt.Sprintf("/log/entries?upto=%d", min(last+entriesShown, size)-1)
	}
	return reply{page: "entries", title: key("Every entry of the log"), data: d, json: map[string]any{"from": from, "size": size, "newest_first": lines}}, nil
}

// leafWords say what an entry records.
func leafWords(k record.LeafKind) string {
	switch k {
	case record.LeafCase:
		return key("the case was made")
	case record.LeafConfig:
		return key("the settings were changed")
	case record.LeafKey:
		return key("a person’s key")
	case record.LeafRun:
		return key("work began")
	case record.LeafEnd:
		return key("work ended: its receipt")
	case record.LeafSource:
		return key("a source is known from here on")
	case record.LeafCapture:
		return key("bytes were captured")
	case record.LeafStatement:
		return key("a version of a statement")
	case record.LeafMissing:
		return key("a statement was not in a later export")
	case record.LeafSeen:
		return key("a statement was there again")
	case record.LeafGap:
		return key("something could not be seen")
	case record.LeafDecision:
		return key("a person decided")
	case record.LeafTombstone:
		return key("something was destroyed on a decision")
	case record.LeafAnalysis:
		return key("an analysis ran")
	}
	return string(k)
}
