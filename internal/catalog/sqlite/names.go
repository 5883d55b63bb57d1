package sqlite

import (
	"cmp"
	"context"
	"hash/fnv"
	"hash/maphash"
	"slices"
	"strings"
	"unicode/utf8"

	"dalil/internal/language"
)

// Bounds of the words kept for name search.
const (
	minNameRunes = 2
	maxNameBytes = 48
)

// nameRow is a row of the table name.
type nameRow struct {
	key  int64
	term string
}

// nameKey is the column form of one of the language.NameKeys of a word. The
// word's script is a part of it: the spellings asked for are nearly always
// those of another script.
func nameKey(key string, script language.Script) int64 {
	h := fnv.New64a()
	h.Write([]byte(script))
	h.Write([]byte(key))
	return int64(h.Sum64())
}

// meet notes a word of a text for the table of names.
func (x *indexer) meet(term string) {
	if len(term) > maxNameBytes || term[0] <= '9' || !x.known.add(term) {
		return
	}
	if utf8.RuneCountInString(term) < minNameRunes {
		return
	}
	word := strings.Clone(term) // term is a part of a whole text
	script := language.ScriptOf(word)
	for _, key := range language.NameKeys(word) {
		x.fresh = append(x.fresh, nameRow{nameKey(key, script), word})
	}
}

// writeTerms adds the words met in this transaction to the table.
func (x *indexer) writeTerms(ctx context.Context) error {
	slices.SortFunc(x.fresh, func(a, b nameRow) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.term, b.term))
	})
	in := newBulk(x.tx, "INSERT OR IGNORE INTO name VALUES", 2, 100)
	for _, r := range x.fresh {
		if err := in.add(ctx, r.key, r.term); err != nil {
			return err
		}
	}
	x.fresh = x.fresh[:0]
	return in.end(ctx)
}

// dropNames removes erased words from the table, those that no other text has.
func (x *indexer) dropNames(ctx context.Context) error {
	words := make([]string, 0, len(x.erased))
	if x.unknown { // the program stopped after an erasure: look at every word
		rows, err := x.db.QueryContext(ctx, "SELECT DISTINCT term FROM name")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var w string
			if err := rows.Scan(&w); err != nil {
				return err
			}
			words = append(words, w)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		rows.Close()
	}
	for w := range x.erased {
		words = append(words, w)
	}
	tx, err := x.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, w := range words {
		var used bool
		if err := tx.QueryRowContext(ctx, "SELECT EXISTS(SELECT 1 FROM words WHERE words MATCH ?)", quote(w)).Scan(&used); err != nil {
			return err
		}
		if used {
			continue
		}
		script := language.ScriptOf(w)
		for _, key := range language.NameKeys(w) {
			if _, err := tx.ExecContext(ctx, "DELETE FROM name WHERE key=? AND term=?", nameKey(key, script), w); err != nil {
				return err
			}
		}
	}
	return tx.Commit()
}

// termSet is a set of words, by 64-bit hash: an import meets every word many
// times and must know cheaply that it has been met. Its zero value is empty. A
// collision, which a case of any size will hardly ever see, would hide one
// word from name search.
type termSet struct {
	seed  maphash.Seed
	slots []uint64
	n     int
}

// add reports whether the word is new.
func (s *termSet) add(term string) bool {
	if len(s.slots) == 0 {
		s.seed, s.slots = maphash.MakeSeed(), make([]uint64, 1<<12)
	}
	h := max(maphash.String(s.seed, term), 1) // 0 is an empty slot
	if !s.put(h) {
		return false
	}
	if s.n++; s.n*2 > len(s.slots) {
		old := s.slots
		s.slots = make([]uint64, 2*len(old))
		for _, h := range old {
			if h != 0 {
				s.put(h)
			}
		}
	}
	return true
}

func (s *termSet) put(h uint64) bool {
	mask := uint64(len(s.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		switch s.slots[i] {
		case h:
			return false
		case 0:
			s.slots[i] = h
			return true
		}
	}
}
