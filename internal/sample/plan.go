package sample

import (
	"cmp"
	"slices"
	"time"
)

// planned is what a message was chosen for before the writing began: its place
// in a family, a needle, or both never.
type planned struct {
	set    bool
	index  int // in its chat
	family int // -1: none
	member int
	needle int // -1: none
}

// family is a claim with what is needed to write its members anywhere in the
// file.
type family struct {
	slots slots
	lang  int
	chat  int // of the original
}

// text is what the original says.
func (f *family) text() string {
	if f.lang == 1 {
		return f.slots.persian()
	}
	return f.slots.arabic()
}

// planFamilies spreads families over chats and time. A family starts at one
// message; its reposts follow within days, each at the next free message of a
// random chat that is later than the original.
func (x *exporter) planFamilies() {
	left := int(x.opt.FamilyShare * float64(x.opt.Messages))
	r := newRNG(x.opt.Seed, streamPlan)
	taken := make([]map[int]bool, len(x.chats))
	for i := range taken {
		taken[i] = map[int]bool{}
	}
	place := func(ci int, at int64) (int, bool) {
		c := &x.chats[ci]
		i := int(max(0, (at-x.opt.Start.Unix())*1000/c.gap))
		for ; i < c.count; i++ {
			if !taken[ci][i] && x.when(c, ci, i) > at {
				return i, true
			}
		}
		return 0, false
	}
	span := int(x.opt.Span / time.Second)
	for misses := 0; left >= 2 && misses < 1000; {
		size := 2 + r.n(3)
		for size < 12 && r.n(3) > 0 {
			size++
		}
		size = min(size, left)
		ci := r.n(len(x.chats))
		i, ok := place(ci, x.opt.Start.Unix()+int64(r.n(max(1, span))))
		if !ok {
			misses++
			continue
		}
		f := len(x.families)
		first := x.when(&x.chats[ci], ci, i)
		taken[ci][i] = true
		x.chats[ci].plan = append(x.chats[ci].plan, planned{true, i, f, 0, -1})
		fam := family{slots: x.randomSlots(&r, f, first), chat: ci}
		if fam.lang = 0; r.n(10) >= 7 {
			fam.lang = 1
		}
		t := ExportFamily{Brand: fam.slots.Brand.ID, Place: fam.slots.Place.ID, Weapon: fam.slots.Weapon.id, Target: fam.slots.Target.id,
			Count: fam.slots.Count, At: fam.slots.At.Unix(), Lang: [...]string{"ar", "fa"}[fam.lang],
			Members: []ExportMember{{Relation: Original}}}
		left--
		at := first
		for m := 1; m < size; m++ {
			at += int64(30 + r.n(1+span/int(max(1, x.opt.Messages))*4+3600))
			ci := r.n(len(x.chats))
			i, ok := place(ci, at)
			if !ok {
				break
			}
			at = x.when(&x.chats[ci], ci, i)
			taken[ci][i] = true
			x.chats[ci].plan = append(x.chats[ci].plan, planned{true, i, f, m, -1})
			t.Members = append(t.Members, ExportMember{Relation: pick(&r, exportRelations)})
			left--
		}
		x.families = append(x.families, fam)
		x.truth.Families = append(x.truth.Families, t)
	}
	for i := range x.chats {
		slices.SortFunc(x.chats[i].plan, func(a, b planned) int { return cmp.Compare(a.index, b.index) })
	}
}

var exportRelations = []Relation{Verbatim, Verbatim, Forwarded, Forwarded, Forwarded, Orthography, Orthography, Wrapped, Wrapped, Stripped, Truncated, Scanned, Quoted}

func (x *exporter) randomSlots(r *rng, series int, posted int64) slots {
	at := time.Unix(posted-int64(900+r.n(6*3600)), 0).In(x.opt.Zone).Truncate(time.Minute)
	return slots{Brand: &brands[r.n(len(brands))], Place: &places[r.n(len(places))], Weapon: &weapons[r.n(len(weapons))],
		Target: &targets[r.n(len(targets))], Count: 1 + r.n(12), At: at, Series: series + 1}
}

// member fills x.m with a message of a family.
func (x *exporter) member(c *chat, ci, i int, id int64, p planned) {
	f := &x.families[p.family]
	t := &x.truth.Families[p.family].Members[p.member]
	t.Ref = Ref{c.id, id}
	r := newRNG(x.opt.Seed, streamFamily, uint64(ci), uint64(i))
	x.m = message{id: id, date: x.when(c, ci, i), parts: x.m.parts[:0], reactions: x.m.reactions[:0]}
	x.sender(c, &r)
	if t.Relation == Forwarded {
		x.m.fwdFrom, x.m.fwdID = x.chats[f.chat].name, x.chats[f.chat].source.id
	}
	text := derive(&r, t.Relation, f.text(), x.wrapper(c, f.lang, &r), x.noise)
	x.text = appendEscaped(x.text[:0], text)
	x.m.parts = append(x.m.parts, part{kind: "plain", text: x.text})
	if r.hit(x.react) {
		x.addReactions(&r)
	}
}

func (x *exporter) wrapper(c *chat, lang int, r *rng) wrapper {
	sentence := func() string {
		b := []byte(nil)
		for range 10 + r.n(12) {
			b = x.langs[lang].word(b, r)
		}
		return string(b[:len(b)-1]) + "."
	}
	if lang == 1 {
		return wrapper{"🔴 فوری | " + c.name, "🆔 @" + string(x.handle(nil, r)), sentence() + " متن بیانیه:", sentence()}
	}
	return wrapper{"🔴 عاجل | " + c.name, "📡 تابعونا: @" + string(x.handle(nil, r)), sentence() + " وهذا نص البيان:", sentence()}
}

// planNeedles chooses the messages for the needles among those that are in no
// family.
func (x *exporter) planNeedles() {
	r := newRNG(x.opt.Seed, streamPlan, 1)
	for n := range x.opt.Needles {
		x.needles = append(x.needles, needle(n))
		x.truth.Needles = append(x.truth.Needles, Needle{Phrase: needle(n)})
		for left, tries := 1+n%5, 0; left > 0 && tries < 100; tries++ {
			c := &x.chats[r.n(len(x.chats))]
			if c.count == 0 {
				continue
			}
			p := planned{true, r.n(c.count), -1, 0, n}
			at, found := slices.BinarySearchFunc(c.plan, p, func(a, b planned) int { return cmp.Compare(a.index, b.index) })
			if !found {
				c.plan = slices.Insert(c.plan, at, p)
				left--
			}
		}
	}
}

// needle returns a phrase of two words that no vocabulary can make: roots and
// patterns never put their first letters in a row.
func needle(n int) string {
	letters := []rune("بتجحدرسصطعقكلمنه")
	first, second := []rune("ظغظ"), []rune("ضخضظ")
	for range 4 {
		first, second = append(first, letters[n%len(letters)]), append(second, letters[len(letters)-1-n%len(letters)])
		n /= len(letters)
	}
	return string(first) + " " + string(second)
}
