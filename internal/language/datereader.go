package language

import "time"

// isMark reports whether token i is one of the given characters.
func (r *reader) isMark(i int, marks string) bool {
	t := r.tok(i)
	if t.kind != mark {
		return false
	}
	for _, m := range marks {
		if t.r == m {
			return true
		}
	}
	return false
}

// phrase matches the longest phrase of m at token i. Hyphens, dots and single
// quotes between its words do not matter.
func (r *reader) phrase(m map[string][]phrase, i int) (phrase, int, bool) {
	for _, p := range m[r.tok(i).word] {
		j := i + 1
		for _, w := range p.words[1:] {
			if r.isMark(j, "-.־") {
				j++
			}
			if r.tok(j).word != w {
				j = -1
				break
			}
			j++
		}
		if j > 0 {
			return p, j, true
		}
	}
	return phrase{}, i, false
}

// skipGlue passes over up to n commas, prepositions, weekdays and the like.
func (r *reader) skipGlue(i, n int) int {
	for ; n > 0; n-- {
		t := r.tok(i)
		if !(t.kind == word && (r.words.glue[t.word] || r.words.weekday[t.word]) || r.isMark(i, ",،-–|·") || t.kind == word && t.word == "t" && !t.apart) {
			break
		}
		i++
	}
	return i
}

// skipFiller passes over what may stand around a date that is a whole text.
func (r *reader) skipFiller(i int) int {
	for i < len(r.toks) {
		t := r.tok(i)
		if !(t.kind == word && (r.words.glue[t.word] || r.words.weekday[t.word]) || r.isMark(i, ".,،()[]·:-–")) {
			break
		}
		i++
	}
	return i
}

// day reads a date without a clock time (but for the one that stands before
// the year in Unix dates).
func (r *reader) day(i int) (printed, int, bool) {
	for _, read := range []func(int) (printed, int, bool){r.numeric, r.dayMonth, r.monthDay, r.relativeDay} {
		if p, end, ok := read(i); ok {
			return p, end, true
		}
	}
	return printed{}, 0, false
}

// joined reports whether digits or their separators run on directly before
// token i or after token end-1: then what lies between is part of something
// else, a version, an amount, a telephone number.
func (r *reader) joined(i, end int) bool {
	before := r.tok(i - 1)
	if !r.tok(i).apart && (before.kind == number || before.kind == mark && r.isMark(i-1, "/.-:٫٬") && r.tok(i-2).kind == number && !before.apart) {
		return true
	}
	after := r.tok(end)
	return !after.apart && (after.kind == number || r.isMark(end, "/-.") && r.tok(end+1).kind == number && !r.tok(end+1).apart)
}

// numeric reads 2026-01-10, 10/1/2026, ۱۴۰۴/۱۰/۲۰ and 10.01.2026.
func (r *reader) numeric(i int) (printed, int, bool) {
	a, b, c := r.tok(i), r.tok(i+2), r.tok(i+4)
	if a.kind != number || b.kind != number || c.kind != number || !r.isMark(i+1, "/-.٫–") || !r.isMark(i+3, "/-.٫–") || r.tok(i+1).r != r.tok(i+3).r {
		return printed{}, 0, false
	}
	if b.digits > 2 || r.tok(i+1).apart != b.apart || r.joined(i, i+5) {
		return printed{}, 0, false
	}
	end := i + 5
	switch {
	case a.digits == 4 && c.digits <= 2:
		return r.yearFirst(a.num, b.num, c.num, end)
	case c.digits == 4 && a.digits <= 2:
		p, q := printed{year: c.num, month: b.num, day: a.num}, printed{year: c.num, month: a.num, day: b.num}
		if c.num < 1600 { // a Hijri year: day first, or the year was meant to stand first and the line was turned round
			p, end, ok := r.yearFirst(c.num, b.num, a.num, end)
			return p, end, ok
		}
		p.cal, q.cal = Gregorian, Gregorian
		end, _ = r.era(end, &p)
		switch {
		case a.num > 31 || b.num > 31 || a.num > 12 && b.num > 12:
			return printed{}, 0, false
		case b.num > 12:
			p = q
		case a.num <= 12 && a.num != b.num && r.tok(i+1).r != '.': // dots stand in day-first dates only
			p.other = &q
		}
		return p, end, true
	}
	return printed{}, 0, false
}

// yearFirst settles the calendar of a date in figures. Years around 1400 are
// Solar Hijri or Hijri; a sign after the year says which, else the reading that
// is not in the future and not forty years gone. The two lie 43 years apart, so
// both fit only when near is unknown.
func (r *reader) yearFirst(y, m, d, end int) (printed, int, bool) {
	p := printed{cal: Gregorian, year: y, month: m, day: d}
	if y >= 1600 {
		end, _ = r.era(end, &p)
		return p, end, m <= 12 && d <= 31
	}
	if y < 1200 {
		return printed{}, 0, false
	}
	if next, ok := r.era(end, &p); ok {
		return p, next, p.cal != Gregorian
	}
	solar, lunar := p, p
	solar.cal, lunar.cal = SolarHijri, Hijri
	s, fits := r.instant(solar)
	l, lunarFits := r.instant(lunar)
	recent := func(d Date) bool {
		age := r.near.Sub(d.Time)
		return age > -366*24*time.Hour && age < 40*366*24*time.Hour
	}
	switch {
	case !fits && !lunarFits:
		return printed{}, 0, false
	case !lunarFits, fits && !r.near.IsZero() && recent(s) && !recent(l):
		return solar, end, true
	case !fits, !r.near.IsZero() && recent(l) && !recent(s):
		return lunar, end, true
	}
	solar.other = &lunar
	return solar, end, true
}

// era reads the sign of a calendar after a year: هـ, هـ.ش, م, AH.
func (r *reader) era(i int, p *printed) (int, bool) {
	found := false
	for {
		j := i
		if r.isMark(j, ".") && found {
			j++
		}
		if r.isMark(j, "(") {
			j++
		}
		cal, ok := r.words.era[r.tok(j).word]
		if !ok || r.tok(j).kind != word {
			return i, found
		}
		p.cal, found = cal, true
		i = j + 1
		if r.isMark(i, ")") {
			i++
		}
	}
}

// year reads a year of four digits and the sign of its calendar.
func (r *reader) year(i int, p *printed) (int, bool) {
	t := r.tok(i)
	if t.kind != number || t.digits != 4 || r.joined(i, i+1) && !r.isMark(i-1, "/-.") {
		return i, false
	}
	switch p.cal {
	case Hijri, SolarHijri:
		if t.num < 1200 || t.num > 1600 {
			return i, false
		}
		p.year = t.num
		q := printed{}
		if next, ok := r.era(i+1, &q); ok && q.cal != Gregorian {
			return next, true
		}
		return i + 1, true
	}
	q := printed{cal: p.cal}
	end, _ := r.era(i+1, &q)
	if q.cal == Gregorian && (t.num < 1500 || t.num > 2200) {
		return i, false
	}
	if p.month != 0 && q.cal != Gregorian {
		return i, false
	}
	p.year, p.cal = t.num, q.cal
	return end, true
}

// month reads a month name, also twice in one date ("يناير/كانون الثاني").
func (r *reader) month(i int) (phrase, int, bool) {
	m, end, ok := r.phrase(r.words.months, i)
	if !ok {
		return m, i, false
	}
	if m.weak && r.tok(i).capital {
		m.weak = false
	}
	if r.isMark(end, ".") && !r.tok(end).apart && end == i+1 {
		end++
	}
	if r.isMark(end, "/(-") {
		if again, next, ok := r.phrase(r.words.months, end+1); ok && again.value == m.value && again.cal == m.cal {
			end, m.weak = next, false
			if r.isMark(end, ")") {
				end++
			}
		}
	}
	return m, end, true
}

// dayMonth reads "10 January 2026", "21 رجب 1447", "۲۰ دی ۱۴۰۴", "10 January".
func (r *reader) dayMonth(i int) (printed, int, bool) {
	d := r.tok(i)
	if d.kind != number || d.digits > 2 || d.num < 1 || d.num > 31 || r.joined(i, i+1) && !r.isMark(i+1, "-/.") {
		return printed{}, 0, false
	}
	j := i + 1
	for range 3 {
		if t := r.tok(j); !(t.kind == word && r.words.glue[t.word] || r.isMark(j, ".-/–") && !t.apart || r.isMark(j, ",،")) {
			break
		}
		j++
	}
	m, end, ok := r.month(j)
	if !ok {
		return printed{}, 0, false
	}
	p := printed{cal: m.cal, month: m.value, day: d.num}
	return r.withYear(p, m, end)
}

// monthDay reads "January 10, 2026", "Jan 10 16:09:00 2026" and, with a year
// only, "January 2026".
func (r *reader) monthDay(i int) (printed, int, bool) {
	m, end, ok := r.month(i)
	if !ok {
		return printed{}, 0, false
	}
	p := printed{cal: m.cal, month: m.value}
	if next, ok := r.year(r.skipGlue(end, 2), &p); ok {
		return p, next, true
	}
	d := r.tok(end)
	if d.kind != number || d.digits > 2 || d.num < 1 || d.num > 31 {
		return printed{}, 0, false
	}
	if r.isMark(end+1, ":") && r.tok(end+2).kind == number {
		return printed{}, 0, false // "January 16:09" gives no day
	}
	p.day = d.num
	end++
	if t := r.tok(end); t.kind == word && !t.apart && r.words.glue[t.word] { // 3rd
		end++
	}
	if c, next, ok := r.clock(end, true); ok && c.min >= 0 {
		q := p
		q.hour, q.min, q.sec, q.hasTime, q.hasSec, q.zone = c.hour, c.min, c.sec, true, c.hasSec, c.zone
		if last, ok := r.year(next, &q); ok {
			return q, last, true
		}
	}
	return r.withYear(p, m, end)
}

// withYear reads the year after a day and a month; a month name that is an
// everyday word needs one.
func (r *reader) withYear(p printed, m phrase, end int) (printed, int, bool) {
	at := r.skipGlue(end, 2)
	if r.isMark(at, "/.") && !r.tok(at).apart {
		at++
	}
	if next, ok := r.year(at, &p); ok {
		return p, next, true
	}
	if t := r.tok(at); t.kind == number && t.digits > 4 && !r.isMark(at-1, ",،") {
		return printed{}, 0, false // a year with something glued to it
	}
	if m.weak && r.prose {
		return printed{}, 0, false
	}
	return p, end, true
}

// relativeDay reads "yesterday", "أول أمس".
func (r *reader) relativeDay(i int) (printed, int, bool) {
	w, end, ok := r.phrase(r.words.relative, i)
	if !ok {
		return printed{}, 0, false
	}
	return printed{relative: true, offset: w.value}, end, true
}

// clock reads a time of day: 16:09, 4:09 pm, "at 16.09", "الساعة 4", 16:09:30Z.
// bare allows one without a word that announces it.
func (r *reader) clock(i int, bare bool) (printed, int, bool) {
	var p printed
	announced := false
	part, start, hasPart := r.phrase(r.words.part, i) // "Thursday evening at 8" comes with the part first in some languages
	if hasPart && r.words.hour[r.tok(start).word] {
		i = start
	} else {
		hasPart = false
	}
	for r.tok(i).kind == word && r.words.hour[r.tok(i).word] {
		announced = true
		i++
	}
	if r.isMark(i, ":") && announced {
		i++
	}
	h := r.tok(i)
	if h.kind != number || h.digits > 2 || h.num > 24 {
		return p, 0, false
	}
	p.hour, p.hasTime = h.num, true
	end := i + 1
	minutes := false
	if m := r.tok(i + 2); r.isMark(i+1, ":٫.") && m.kind == number && m.digits == 2 && m.num < 60 && !m.apart && (r.tok(i+1).r == ':' || announced) {
		p.min, end, minutes = m.num, i+3, true
		if s := r.tok(i + 4); r.isMark(i+3, ":") && s.kind == number && s.digits == 2 && s.num <= 60 && !s.apart {
			p.sec, p.hasSec, end = min(s.num, 59), true, i+5
			if r.isMark(end, ".,") && r.tok(end+1).kind == number && !r.tok(end+1).apart {
				end += 2 // a fraction of a second
			}
		}
	}
	if !hasPart {
		if q, next, ok := r.phrase(r.words.part, end); ok {
			part, hasPart, end = q, true, next
			if r.isMark(end, ".") && r.tok(end-1).word == "m" {
				end++
			}
		} else if a, m := r.tok(end), r.tok(end+2); (a.word == "a" || a.word == "p") && r.isMark(end+1, ".") && m.word == "m" {
			hasPart, part.value = true, beforeNoon
			if a.word == "p" {
				part.value = afterNoon
			}
			if end += 3; r.isMark(end, ".") {
				end++
			}
		}
	}
	if hasPart && !r.applyPart(&p, part.value) {
		return p, 0, false
	}
	if !minutes && !hasPart && !announced || minutes && !hasPart && !announced && !bare || !minutes && announced && r.prose && r.words.months[r.tok(end).word] != nil {
		return p, 0, false
	}
	if r.isMark(end, ":") && r.tok(end+1).kind == number || minutes && !r.tok(i).apart && r.isMark(i-1, ":.") {
		return p, 0, false
	}
	if !minutes && announced && !hasPart && (r.prose && r.tok(i-1).word == "at" || r.prose && len(r.tok(i-1).word) < 3) {
		return p, 0, false // "at 4 places", "um 10 Menschen"
	}
	if p.hour == 24 && (p.min > 0 || p.sec > 0) {
		return p, 0, false
	}
	p.zone, end = r.zone(end)
	return p, end, true
}

// applyPart moves a 12-hour time to its half of the day.
func (r *reader) applyPart(p *printed, part int) bool {
	if p.hour > 12 {
		return part != beforeNoon // 16:09 pm is printed often enough
	}
	switch {
	case part == beforeNoon && p.hour == 12, part == atNight && p.hour == 12:
		p.hour = 0
	case part == afterNoon && p.hour < 12, part == atNight && p.hour >= 6:
		p.hour += 12
	}
	return true
}

// zone reads a zone after a clock time: Z, +0300, GMT+3, بتوقيت غرينتش.
func (r *reader) zone(i int) (*time.Location, int) {
	j := i
	if r.isMark(j, "(") {
		j++
	}
	for range 2 {
		switch r.tok(j).word {
		case "بتوقيت", "توقيت", "به", "وقت":
			j++
		}
	}
	if loc, ok := r.words.zone[r.tok(j).word]; ok && r.tok(j).kind == word {
		j++
		if r.tok(j).word == "time" {
			j++
		}
		if off, next, ok := r.offset(j); ok && loc == time.UTC {
			loc, j = off, next
		}
		if r.isMark(j, ")") {
			j++
		}
		return loc, j
	}
	if off, next, ok := r.offset(i); ok {
		return off, next
	}
	return nil, i
}

// offset reads +03:00, -0500, +3.
func (r *reader) offset(i int) (*time.Location, int, bool) {
	sign := 1
	switch {
	case r.isMark(i, "+"):
	case r.isMark(i, "-−"):
		sign = -1
	default:
		return nil, i, false
	}
	h := r.tok(i + 1)
	if h.kind != number || h.apart {
		return nil, i, false
	}
	hours, minutes, end := h.num, 0, i+2
	switch {
	case h.digits == 4:
		hours, minutes = h.num/100, h.num%100
	case h.digits <= 2 && r.isMark(end, ":") && r.tok(end+1).digits == 2:
		minutes, end = r.tok(end+1).num, end+2
	case h.digits > 2 || sign < 0 && h.digits < 2:
		return nil, i, false
	}
	if hours > 14 || minutes > 59 {
		return nil, i, false
	}
	return time.FixedZone("", sign*(hours*3600+minutes*60)), end, true
}
