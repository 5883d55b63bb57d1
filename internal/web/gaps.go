package web

import (
	"context"
	"slices"
	"strconv"

	"dalil/internal/desk"
	"dalil/internal/record"
)

// gapRow is something that could not be seen, with whose it was.
type gapRow struct {
	record.Gap
	ID     string
	Words  phrase
	Source string // name; "" when it is about every source
	URL    string
}

func (s *server) gapRows(ctx context.Context, gaps []record.Gap) ([]gapRow, error) {
	rows := make([]gapRow, len(gaps))
	names := map[uint64]string{}
	for i, g := range gaps {
		rows[i] = gapRow{Gap: g, ID: s.desk.Case.IDs.ID(record.KindGap, g.Leaf), Words: s.gapWords(g)}
		if g.Source == 0 {
			continue
		}
		if _, ok := names[g.Source]; !ok {
			src, err := s.desk.Reader().Source(ctx, g.Source)
			if err != nil {
				return nil, err
			}
			names[g.Source] = src.Name
		}
		rows[i].Source, rows[i].URL = names[g.Source], s.atSource(g.Source)
	}
	return rows, nil
}

// unseenWords say why a source could not be seen while a text travelled.
func unseenWords(u desk.Unseen) phrase {
	switch u.First {
	case "":
		return phrase{Text: key("outage")}
	case u.Last:
		return phrase{key("id {first} was never seen"), []string{"first", u.First}}
	}
	return phrase{key("ids {first}–{last} were never seen"), []string{"first", u.First, "last", u.Last}}
}

// gapJSON is the `gap` object of the CLI contract.
type gapJSON struct {
	ID     string      `json:"id"`
	Source string      `json:"source_name"`
	Why    string      `json:"why"`
	First  string      `json:"first_id,omitempty"`
	Last   string      `json:"last_id,omitempty"`
	From   record.When `json:"from,omitzero"`
	To     record.When `json:"to,omitzero"`
	Note   string      `json:"note,omitempty"`
}

func gapsJSON(rows []gapRow) []gapJSON {
	at := func(sec int64) record.When {
		if sec == record.NoSeconds {
			return record.When{}
		}
		return record.AtUnix(sec)
	}
	list := make([]gapJSON, len(rows))
	for i, g := range rows {
		name := g.Source
		if g.Gap.Source == 0 {
			name = "every source"
		}
		list[i] = gapJSON{g.ID, name, g.Why, g.First, g.Last, at(g.From), at(g.To), g.Note}
	}
	return list
}

// nearby chooses the gaps that bear on one statement: the holes next to its id
// on both sides, and the times without sight around its own.
func nearby(gaps []record.Gap, st record.Statement) []record.Gap {
	const window = 3 * 24 * 3600 // seconds around the statement in which an outage matters
	id, err := strconv.ParseInt(st.ExternalID, 10, 64)
	var before, after *record.Gap
	var near []record.Gap
	for i := range gaps {
		g := &gaps[i]
		if g.First == "" {
			from, to := g.From, g.To
			if to == record.NoSeconds {
				to = 1<<62 - 1
			}
			if st.Posted.Known() && from-window <= st.Posted.Unix && st.Posted.Unix <= to+window {
				near = append(near, *g)
			}
			continue
		}
		first, err1 := strconv.ParseInt(g.First, 10, 64)
		last, err2 := strconv.ParseInt(g.Last, 10, 64)
		if err != nil || err1 != nil || err2 != nil {
			continue
		}
		if last < id && (before == nil || number64(before.Last) < last) {
			before = g
		}
		if first > id && (after == nil || number64(after.First) > first) {
			after = g
		}
	}
	for _, g := range []*record.Gap{after, before} {
		if g != nil {
			near = slices.Insert(near, 0, *g)
		}
	}
	return near
}

func number64(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64) // was read before
	return n
}
