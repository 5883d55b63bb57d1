package sqlite

import (
	"slices"
	"strconv"
	"strings"

	"dalil/internal/language"
	"dalil/internal/record"
)

// entry is what the index is told of a statement version: its place, its texts
// and its tags. It holds on to the texts only, not to the whole statement.
type entry struct {
	rowid  int64
	text   string
	beside []string // title, byline, descriptions of pictures; nil when there are none
	tag    string
	erased bool
}

func entryOf(st *record.Statement) entry {
	e := entry{rowid: rowidOf(st.Posted, st.CapturedAt, st.Leaf), text: st.Text, tag: tags(st), erased: st.Erased}
	if st.Title != "" || st.Byline != "" || len(st.Media) > 0 {
		e.beside = beside(st)
	}
	return e
}

// document turns an entry into the two columns of words. It is reused from one
// to the next.
type document struct{ text, extra, folded []byte }

// fill returns the columns. meet is called with every word that goes in, as
// often as it does.
func (d *document) fill(e *entry, meet func(term string)) (text, extra string) {
	d.text = d.words(d.text[:0], e.text, meet)
	d.extra = d.joined(d.extra[:0], e.text, meet)
	for _, s := range e.beside {
		d.extra = d.joined(d.words(d.extra, s, meet), s, meet)
	}
	return string(d.text), string(d.extra)
}

// joined appends the words of s that hold a zero-width non-joiner, without it.
func (d *document) joined(dst []byte, s string, meet func(string)) []byte {
	for _, w := range language.JoinedForms(s) {
		dst = d.words(dst, w, meet)
	}
	return dst
}

// words appends the folded words of s to dst, each with a space behind it. FTS5
// then has nothing to do but to split at spaces.
func (d *document) words(dst []byte, s string, meet func(string)) []byte {
	d.folded = language.AppendFold(d.folded[:0], s)
	f := string(d.folded)
	language.Tokens(f, func(start, end int) {
		dst = append(append(dst, f[start:end]...), ' ')
		meet(f[start:end])
	})
	return dst
}

// foldWords returns the folded words of s.
func foldWords(s string) []string {
	var words []string
	f := language.Fold(s)
	language.Tokens(f, func(start, end int) { words = append(words, f[start:end]) })
	return words
}

// Tags: one word per property of a version.
const (
	tagOld       = "old=1" // a newer version replaced it
	tagWithdrawn = "state=withdrawn"
	tagMissing   = "missing=yes"
	tagEdited    = "edited=yes"
)

func tagFrom(source uint64) string { return "from=" + strconv.FormatUint(source, 10) }
func tagLang(lang string) string   { return "lang=" + tagValue(lang) }
func tagHas(what string) string    { return "has=" + what }

// kinds are the values of type:. A kind that is not here yet is "other", so that
// the tags of all of them together are on every row.
var kinds = [...]record.StatementKind{record.Post, record.Service, record.Article, record.Comment, record.Document, record.Image, record.Record, "other"}

func tagType(kind record.StatementKind) string {
	if !slices.Contains(kinds[:], kind) {
		kind = "other"
	}
	return "type=" + tagValue(string(kind))
}

// tagValue keeps the letters and digits of s, in lower case: a tag is one word.
func tagValue(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			return r
		}
		return -1
	}, s)
}

// tags returns the tag column of a version.
func tags(st *record.Statement) string {
	t := []string{tagFrom(st.Source), tagType(st.Kind)}
	for _, lang := range languages(st) {
		t = append(t, tagLang(lang))
	}
	for _, h := range having(st) {
		t = append(t, tagHas(h))
	}
	for _, c := range []struct {
		holds bool
		tag   string
	}{
		{st.Until != 0, tagOld}, {isEdited(st), tagEdited},
		{st.MissingFrom != 0, tagMissing}, {st.Withdrawn, tagWithdrawn},
	} {
		if c.holds {
			t = append(t, c.tag)
		}
	}
	return strings.Join(t, " ")
}

// languages returns what lang: finds a version by: its language, that of its
// headline where it is another one, and each without its region.
func languages(st *record.Statement) []string {
	var all []string
	add := func(lang string) {
		base, _, _ := strings.Cut(lang, "-")
		for _, l := range []string{lang, base} {
			if l != "" && !slices.Contains(all, l) {
				all = append(all, l)
			}
		}
	}
	add(st.Lang)
	if st.Title != "" {
		if lang, _ := language.Identify(st.Title); lang != language.Undetermined {
			add(lang)
		}
	}
	return all
}

// isEdited holds when the source says so, or when we hold more than one version.
func isEdited(st *record.Statement) bool {
	return st.Edited.Known() || st.Version > 1 || st.Until != 0
}

// having returns the values of has: that are true of a version.
func having(st *record.Statement) []string {
	var image, video, link bool
	image = st.Kind == record.Image
	for i := range st.Media {
		m := &st.Media[i]
		image = image || m.Kind == "photo" || m.Kind == "image" || strings.HasPrefix(m.Type, "image/")
		video = video || strings.HasPrefix(m.Kind, "video") || m.Kind == "animation" || strings.HasPrefix(m.Type, "video/")
	}
	for i := range st.Entities {
		k := st.Entities[i].Kind
		link = link || k == "link" || k == "text_link" || k == "url"
	}
	var has []string
	for _, c := range []struct {
		holds bool
		what  string
	}{
		{image, "image"}, {video, "video"}, {len(st.Media) > 0 || image, "media"}, {st.Forward != nil, "forward"},
		{st.ReplyTo != "", "reply"}, {link, "link"}, {len(st.Flags) > 0, "flag"}, {st.Translations > 0, "translation"},
	} {
		if c.holds {
			has = append(has, c.what)
		}
	}
	return has
}

// beside returns the searchable texts of a version other than its Text.
func beside(st *record.Statement) []string {
	all := []string{st.Title, st.Byline}
	for i := range st.Media {
		all = append(all, st.Media[i].Alt)
	}
	return all
}
