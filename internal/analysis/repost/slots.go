package repost

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"dalil/internal/language"
	"dalil/internal/record"
)

// slotKind is a kind of thing by which one event is told from another.
type slotKind uint8

const (
	slotTime slotKind = iota
	slotDate
	slotCount
	slotKinds // how many there are
)

func (k slotKind) String() string { return [...]string{"time", "date", "count"}[k] }

// slot is one thing a text states that tells its event from others.
type slot struct {
	kind slotKind
	// Minutes since midnight as printed, whatever the zone; days since
	// 0001-01-01; the count, without its decimals and at most the largest uint32.
	value uint32
	// Hashes of the nearest words of two letters or more before and behind that
	// are no slots themselves; 0 when there is none.
	left, right uint32
}

// slots are those of one text, by kind and value, no two equal. A value comes
// twice when it stands beside different words.
type slots []slot

const (
	mostSlots = 64             // of a text, the first; an article may have more
	yearOne   = 719_162        // days from 0001-01-01 to 1970-01-01
	allBits   = 1<<32 - 1      // tongues of a number in digits
	reach     = 200            // bytes before a number in which the start of a web address is looked for
	longDigit = 9              // this many in a row are a telephone number or an id
	ornate    = "\ufd3e\ufd3f" // around verses
)

// veto is METHODS 1.2: it returns the first kind that both texts have with no
// value in common. Such texts speak of different events, however alike they
// are.
func (s slots) veto(o slots) (slotKind, bool) {
	for k := range slotKinds {
		if s.of(k).disjoint(o.of(k)) {
			return k, true
		}
	}
	return 0, false
}

// conflict is a veto that looks at context: a kind that both have with no value
// in common, where a value of each stands beside the same word. What only a
// channel's header or footer states stands beside other words.
func (s slots) conflict(o slots) bool {
	for k := range slotKinds {
		a, b := s.of(k), o.of(k)
		if !a.disjoint(b) {
			continue
		}
		for _, x := range a {
			for _, y := range b {
				if x.left != 0 && x.left == y.left || x.right != 0 && x.right == y.right {
					return true
				}
			}
		}
	}
	return false
}

// masks returns one bit for each value, by hash, and 0 for a kind that is not
// there: two masks that are not 0 and have no bit in common prove that the
// values are disjoint.
func (s slots) masks() (m [slotKinds]uint32) {
	for _, x := range s {
		m[x.kind] |= 1 << (x.value * 0x9E3779B1 >> 27)
	}
	return m
}

// words lists the values of a kind for people: "2:10, 20:41", "2025-06-05",
// "3, 17".
func (s slots) words(k slotKind) string {
	var b strings.Builder
	for i, x := range s.of(k) {
		switch {
		case i > 0 && x.value == s.of(k)[i-1].value:
			continue
		case i > 0:
			b.WriteString(", ")
		}
		switch k {
		case slotTime:
			fmt.Fprintf(&b, "%d:%02d", x.value/60, x.value%60)
		case slotDate:
			b.WriteString(time.Unix((int64(x.value)-yearOne)*86400, 0).UTC().Format(time.DateOnly))
		default:
			fmt.Fprint(&b, x.value)
		}
	}
	return b.String()
}

// days returns the days of the dates, ascending.
func (s slots) days() []int32 {
	var days []int32
	for _, x := range s.of(slotDate) {
		days = append(days, int32(x.value))
	}
	return slices.Compact(days)
}

func (s slots) of(k slotKind) slots {
	from := 0
	for from < len(s) && s[from].kind < k {
		from++
	}
	to := from
	for to < len(s) && s[to].kind == k {
		to++
	}
	return s[from:to]
}

// disjoint holds for two lists of one kind that are not empty and have no value
// in common.
func (s slots) disjoint(o slots) bool {
	if len(s) == 0 || len(o) == 0 {
		return false
	}
	for i, j := 0, 0; i < len(s) && j < len(o); {
		switch {
		case s[i].value < o[j].value:
			i++
		case s[i].value > o[j].value:
			j++
		default:
			return false
		}
	}
	return true
}

// findSlots reads the clock times, dates and counts of a display text. posted,
// in seconds since 1970 or record.NoSeconds, gives the year of dates without
// one, read in zone (nil is UTC).
//
// A date needs a day and a month; one with two readings gives both. A date of
// the Hijri calendar is the day its table gives, although the month may have
// begun a day sooner or later: copies print the same. "Yesterday" and weekdays
// are no slots, for a copy posted a day later keeps the word.
//
// Every other number is a count, years alone and decimals (their integer part)
// too, but not what is glued to Latin letters (M16), in a web address, handle or
// hashtag, nine or more digits long, the mark of a list, or in a verse.
func findSlots(text string, posted int64, zone *time.Location) slots {
	f := slotFinder{text: text, v: slotVocabulary(), posted: posted, zone: zone}
	if !f.scan() {
		f = slotFinder{text: norm.NFKC.String(text), v: f.v, posted: posted, zone: zone, plain: true}
		f.scan()
	}
	if f.n == 0 {
		return nil
	}
	s := slots(slices.Clone(f.found[:f.n]))
	slices.SortFunc(s, func(a, b slot) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.value, b.value), cmp.Compare(a.left, b.left), cmp.Compare(a.right, b.right))
	})
	return slices.Compact(s)
}

// slotFinder walks once over a text, a word or a number at a time.
type slotFinder struct {
	text   string
	v      *slotWords
	posted int64
	zone   *time.Location
	plain  bool // compatibility forms are resolved

	found [mostSlots]slot
	n     int
	open  int    // found[open:n] wait for the word behind them
	last  uint32 // hash of the last word

	num                slotNumber // read so far: its next word may be a part of it
	role               slotRole   // of the word that ended at roleEnd
	roleStart, roleEnd int
}

// scan returns false when the text has compatibility forms that must be
// resolved first.
func (f *slotFinder) scan() bool {
	s, v := f.text, f.v
	for i := 0; i < len(s) && f.n < mostSlots; {
		var c uint32
		n := 1
		if s[i] < utf8.RuneSelf {
			c = uint32(v.class[s[i]])
		} else {
			c, n = v.of(s, i)
		}
		switch {
		case c >= firstLetter:
			h, end, letters := v.word(s, i)
			if v.maybe(h) {
				if w, ok := v.words[h]; ok {
					f.known(w, h, i, end, letters)
					i = end
					continue
				}
			}
			f.ordinary(h, letters)
			i = end
		case c >= firstDigit:
			i = f.digits(i)
		case c == compatible && !f.plain:
			return false
		case c == verse:
			i += n
			if end := strings.IndexAny(s[i:min(len(s), i+2000)], ornate); end >= 0 {
				i += end + len("\ufd3e")
			}
		default:
			i += n
		}
	}
	f.flush()
	return true
}

// ordinary takes in a word that is no slot.
func (f *slotFinder) ordinary(h uint64, letters int) {
	if f.num.on {
		f.flush()
	}
	if letters < 2 { // "و", "ب" before a digit: not the same in every copy
		return
	}
	f.last = uint32(h>>32) | 1
	for ; f.open < f.n; f.open++ {
		f.found[f.open].right = f.last
	}
}

// known takes in a word of the vocabulary.
func (f *slotFinder) known(w slotWord, h uint64, start, end, letters int) {
	before, apart := f.role, !f.blank(f.roleEnd, start)
	if apart {
		before = 0
	}
	numberBefore := f.num.on && f.blank(f.num.end, start)
	f.role, f.roleStart, f.roleEnd = w.role, start, end
	switch {
	case strings.HasSuffix(f.text[:start], zwnj) || strings.HasPrefix(f.text[end:], zwnj):
		f.role = 0 // a part of a word: سه‌شنبه
	case w.role&isNumber != 0 && before&isOrdinal == 0:
		joined := w.number.And || f.num.link || f.num.on && strings.HasSuffix(f.text[:start], "-")
		c, _ := f.v.of(f.text, start)
		if numberBefore && f.num.add(w.number, joined, c) {
			f.num.end, f.num.link = end, false
			return
		}
		f.flush()
		f.num = slotNumber{on: true, weak: w.number.Weak, tongues: w.number.Tongues, left: f.last, hash: h, letters: letters, end: end}
		f.num.start(uint64(w.number.Value))
		if w.number.Value >= 1000 {
			f.num.total, f.num.group = f.num.group, 0
		}
		return
	case w.role&isLink != 0 && numberBefore:
		f.num.link, f.num.end = true, end
		return
	case w.role&isWeekday != 0 && numberBefore:
		f.num.on = false // the "three" of "three-Saturday" is Tuesday
	case w.role&isHour != 0 && numberBefore:
		f.role &^= isHour // "48 hours" announces nothing
	}
	f.ordinary(h, letters)
}

const zwnj = "\u200c"

// blank holds when nothing but blanks, hyphens and the like stands between two
// bytes of the text.
func (f *slotFinder) blank(from, to int) bool {
	if to-from > 12 || from > to {
		return false
	}
	for i := from; i < to; {
		c, n := f.v.of(f.text, i)
		if c != ignored && strings.IndexByte(" -:(", f.text[i]) < 0 && !strings.HasPrefix(f.text[i:], "\u00a0") {
			return false
		}
		i += n
	}
	return true
}

// flush puts down the number read so far.
func (f *slotFinder) flush() {
	p := &f.num
	if !p.on {
		return
	}
	p.on = false
	switch v := p.value(); {
	case p.weak:
		f.ordinary(p.hash, p.letters)
	case v >= 2 || p.digits:
		f.put(slotCount, v, p.left)
	}
}

func (f *slotFinder) put(k slotKind, value, left uint32) {
	if f.n < mostSlots {
		f.found[f.n] = slot{kind: k, value: value, left: left}
		f.n++
	}
}

// digits reads what begins with the digits at byte i and returns where it ends.
func (f *slotFinder) digits(i int) int {
	a := f.run(i)
	announced := f.role&isHour != 0 && f.blank(f.roleEnd, i)
	monthBefore := f.role&isMonth != 0 && f.blank(f.roleEnd, i)
	f.flush()
	if f.named(i) || a.n >= longDigit {
		return a.end
	}
	if i > 0 && f.text[i-1] == '+' {
		return f.telephone(a.end)
	}
	if end, ok := f.clock(a, announced); ok {
		return end
	}
	if end, ok := f.date(a, monthBefore); ok {
		return end
	}
	if f.listMark(a) {
		return a.end
	}
	return f.count(a)
}

// digitRun is a run of digits of any script.
type digitRun struct {
	start, end, n int
	value         uint64
}

// run reads the digits at byte i; n is 0 when there are none.
func (f *slotFinder) run(i int) digitRun {
	r := digitRun{start: i, end: i}
	for r.end < len(f.text) {
		c, n := f.v.of(f.text, r.end)
		if c < firstDigit || c >= firstLetter {
			break
		}
		if r.n++; r.n < 18 {
			r.value = r.value*10 + uint64(c-firstDigit)
		}
		r.end += n
	}
	return r
}

// mark returns the character at byte i and where the next one begins; invisible
// characters before it do not matter.
func (f *slotFinder) mark(i int) (rune, int) {
	for i < len(f.text) {
		c, n := f.v.of(f.text, i)
		if c != ignored {
			r, _ := utf8.DecodeRuneInString(f.text[i:])
			return r, f.skip(i + n)
		}
		i += n
	}
	return 0, i
}

// skip passes over invisible characters.
func (f *slotFinder) skip(i int) int {
	for i < len(f.text) && f.text[i] >= utf8.RuneSelf {
		c, n := f.v.of(f.text, i)
		if c != ignored {
			break
		}
		i += n
	}
	return i
}

// clock reads 20:41 and 20:41:05, and behind a word that announces a time 20.41
// and 8.
func (f *slotFinder) clock(h digitRun, announced bool) (int, bool) {
	if h.n > 2 || h.value > 24 {
		return 0, false
	}
	sep, next := f.mark(h.end)
	m := digitRun{}
	if sep == ':' || announced && (sep == '.' || sep == '٫') {
		m = f.run(next)
	}
	switch {
	case m.n == 2 && m.value < 60 && (h.value < 24 || m.value == 0):
		end := m.end
		if sep, next := f.mark(end); sep == ':' {
			if s := f.run(next); s.n != 2 {
				return 0, false
			} else if end = s.end; f.moreDigits(end) {
				return 0, false
			}
		}
		minutes := uint32(h.value*60+m.value) % (24 * 60)
		if h.value <= 12 {
			minutes, end = f.half(h.start, end, minutes)
		}
		f.put(slotTime, minutes, f.last)
		return end, true
	case m.n == 0 && announced && sep != '/' && sep != '-' && sep != ',':
		// The reader knows what stands for morning, and that "at 4 places" is no time.
		d, end, ok := f.read(f.roleStart, f.words(h.end, 3), anyDay)
		if !ok || d.Precision < language.ToMinute || d.ZonePrinted || end < h.end {
			return 0, false
		}
		f.put(slotTime, uint32(d.Time.Hour()*60+d.Time.Minute()), f.last)
		return end, true
	}
	return 0, false
}

// moreDigits holds when the number goes on at byte i after a colon: a code or
// an address.
func (f *slotFinder) moreDigits(i int) bool {
	sep, next := f.mark(i)
	return sep == ':' && f.run(next).n > 0
}

// half moves a time before one in the afternoon to the half of the day that the
// words behind it name.
func (f *slotFinder) half(start, end int, minutes uint32) (uint32, int) {
	for _, n := range []int{3, 1} { // fewer when a zone was among them, which would move the time
		to := f.words(end, n)
		if to == end {
			break
		}
		d, last, ok := f.read(start, to, anyDay)
		if !ok || d.Precision < language.ToMinute {
			break
		}
		if !d.ZonePrinted {
			return uint32(d.Time.Hour()*60 + d.Time.Minute()), max(last, end)
		}
	}
	return minutes, end
}

// words returns the end of up to n words behind byte i, of the same line and
// before the next digit.
func (f *slotFinder) words(i, n int) int {
	end := i
	for i < len(f.text) && n > 0 {
		c, size := f.v.of(f.text, i)
		switch {
		case c >= firstLetter:
			_, i, _ = f.v.word(f.text, i)
			end = i
			n--
			continue
		case c >= firstDigit || f.text[i] == '\n':
			return end
		}
		i += size
	}
	return end
}

// read gives a piece of the text to the reader of dates and returns what stands
// at its start.
func (f *slotFinder) read(from, to int, near time.Time) (language.Date, int, bool) {
	found := language.FindDates(f.text[from:to], time.UTC, near)
	if len(found) == 0 || found[0].Start > 0 {
		return language.Date{}, 0, false
	}
	return found[0].Date, from + found[0].End, true
}

// anyDay is for clock times, which the reader puts on the day of the post.
var anyDay = time.Unix(0, 0).UTC()

// near is when the text was posted: the clock on the wall, as if it were UTC.
func (f *slotFinder) near() time.Time {
	if f.posted == record.NoSeconds {
		return time.Time{}
	}
	t := time.Unix(f.posted, 0).UTC()
	if f.zone != nil {
		_, offset := t.In(f.zone).Zone()
		t = t.Add(time.Duration(offset) * time.Second)
	}
	return t
}

// date reads 5/6/2025 and 2025-06-05, and days beside the name of a month.
func (f *slotFinder) date(a digitRun, monthBefore bool) (int, bool) {
	from, to := a.start, f.numericDate(a)
	if to == 0 && a.n <= 2 && a.value >= 1 && a.value <= 31 {
		if to = f.monthBehind(a.end); to == 0 && monthBefore {
			from, to = f.roleStart, f.year(a.end)
		}
	}
	if to == 0 {
		return 0, false
	}
	d, end, ok := f.read(from, to, f.near())
	if !ok || d.Precision < language.ToDay || end <= a.start {
		return 0, false
	}
	days := d.Readings
	if !d.Ambiguous {
		days = []time.Time{d.Time}
	}
	for _, t := range days {
		if day := t.Unix()/86400 + yearOne; day > 0 {
			f.put(slotDate, uint32(day), f.last)
		}
	}
	if rest := f.text[end:]; len(rest) > 1 && rest[0] == 'T' && f.run(end+1).n > 0 {
		end++ // 2025-06-05T20:41
	}
	return end, true
}

// numericDate returns where a date in figures ends, with the words behind it
// that may name its calendar; 0 when the digits are none.
func (f *slotFinder) numericDate(a digitRun) int {
	sep, next := f.mark(a.end)
	if a.n != 4 && a.n > 2 || !strings.ContainsRune("/-.٫–", sep) || sep == 0 {
		return 0
	}
	b := f.run(next)
	again, next := f.mark(b.end)
	if b.n == 0 || b.n > 2 || again != sep {
		return 0
	}
	c := f.run(next)
	if !(a.n == 4 && (c.n == 1 || c.n == 2) || a.n <= 2 && c.n == 4) {
		return 0
	}
	if again, next := f.mark(c.end); again == sep && f.run(next).n > 0 {
		return 0
	}
	return f.words(c.end, 2)
}

// monthBehind returns where a date ends whose day ends at byte i, 0 when no
// month is among the next three words.
func (f *slotFinder) monthBehind(i int) int {
	for range 3 {
		for {
			if i >= len(f.text) {
				return 0
			}
			c, n := f.v.of(f.text, i)
			if c >= firstLetter {
				break
			}
			if c >= firstDigit || f.text[i] == '\n' {
				return 0
			}
			i += n
		}
		h, end, _ := f.v.word(f.text, i)
		if f.v.maybe(h) && f.v.words[h].role&isMonth != 0 {
			return f.year(f.words(end, 2))
		}
		i = end
	}
	return 0
}

// year returns the end of a year that follows byte i, with the word behind it
// that may name its calendar, or i.
func (f *slotFinder) year(i int) int {
	end := i
	for j := i; j < len(f.text) && j < i+12; {
		c, n := f.v.of(f.text, j)
		if c >= firstLetter || f.text[j] == '\n' {
			break
		}
		if c >= firstDigit {
			if y := f.run(j); y.n == 4 {
				return f.words(y.end, 1)
			}
			break
		}
		j += n
	}
	return end
}

// named holds for digits in a web address, a handle or a hashtag, and behind
// Latin letters and a hyphen (F-16).
func (f *slotFinder) named(i int) bool {
	s := f.text
	from, telling := i, false
	for from > 0 && s[from-1] > ' ' && i-from < reach {
		from--
		switch s[from] {
		case '/', '@', '#', '.', '-':
			telling = true
		}
	}
	if !telling {
		return false
	}
	s = s[from:i]
	if n := len(s); n > 1 && s[n-1] == '-' && asciiLetter(s[n-2]) {
		return true
	}
	if at := strings.LastIndexAny(s, "@#"); at >= 0 && strings.IndexFunc(s[at+1:], func(r rune) bool {
		return r != '_' && !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) && r != 0x200c
	}) < 0 {
		return true
	}
	if strings.Contains(s, "://") || strings.Contains(s, "www.") {
		return true
	}
	slash := strings.IndexByte(s, '/') // t.me/channel/17
	return slash > 1 && asciiLetter(s[slash-1]) && strings.IndexByte(s[:slash], '.') >= 0
}

// telephone passes over the groups of a telephone number.
func (f *slotFinder) telephone(i int) int {
	for end := i; end < len(f.text) && end < i+3; end++ {
		if r := f.run(end); r.n > 0 {
			i, end = r.end, r.end-1
		} else if !strings.ContainsRune(" -()", rune(f.text[end])) {
			break
		}
	}
	return i
}

// listMark holds for "1- ", "2)" and "3." that begin a line, and for the
// digit of a keycap.
func (f *slotFinder) listMark(a digitRun) bool {
	if strings.HasPrefix(f.text[a.end:], "\ufe0f") || strings.HasPrefix(f.text[a.end:], "\u20e3") {
		return true
	}
	sep, next := f.mark(a.end)
	if a.n > 2 || sep == 0 || !strings.ContainsRune(".)-–", sep) || f.run(next).n > 0 {
		return false
	}
	for i := a.start; i > 0; {
		r, n := utf8.DecodeLastRuneInString(f.text[:i])
		if r == '\n' {
			return true
		}
		if c, _ := f.v.of(f.text, i-n); r != ' ' && c != ignored {
			return false
		}
		i -= n
	}
	return true
}

// count reads a number with its thousands and decimals, as
// language.ParseNumber does.
func (f *slotFinder) count(a digitRun) int {
	p := slotNumber{on: true, digits: true, tongues: allBits, left: f.last, end: a.end}
	p.start(a.value)
	var first rune
	for groups := 0; ; groups++ {
		sep, next := f.mark(p.end)
		if sep == 0 || !strings.ContainsRune(",٬.٫،'’", sep) {
			break
		}
		g := f.run(next)
		if g.n == 0 || strings.HasSuffix(f.text[:a.start], string(sep)) { // ",4,5" of a list
			break
		}
		if groups == 0 {
			first = sep
		}
		if g.n == 3 && sep != '٫' && sep == first && (a.n <= 3 && a.value > 0 || groups > 0) {
			p.group = p.group*1000 + g.value
			p.end = g.end
			continue
		}
		if g.n > 4 || strings.ContainsRune("٬'’", sep) || groups > 0 && sep == first {
			break // a list: the rest are numbers of their own
		}
		if after, next := f.mark(g.end); after == sep && f.run(next).n > 0 {
			break
		}
		for range g.n {
			p.group, p.scale = p.group*10, p.scale*10
		}
		p.group += g.value
		p.end = g.end
		break
	}
	if c, _ := f.v.of(f.text, p.end); c >= firstLetter && c < lastLatin {
		return p.end
	}
	f.flush()
	f.num = p
	return p.end
}

// slotNumber is a number that is being read, word by word.
type slotNumber struct {
	on, digits, link bool
	weak             bool   // a single word that is most often none
	tongues          uint32 // languages of all its parts
	total, group     uint64 // thousands that are done; what is below them
	scale            uint64 // the group is in units of 1/scale
	last             uint64 // value of the last part
	end              int
	left             uint32
	hash             uint64 // of a weak word
	letters          int
}

func (p *slotNumber) start(v uint64) { p.group, p.scale, p.last = v, 1, v }

func (p *slotNumber) value() uint32 {
	return uint32(min(p.total+p.group/max(p.scale, 1), 1<<32-1))
}

// add takes in the next word of a number, or returns false when it begins
// another one. joined says whether "and" or a hyphen stands between, first is
// the word's first letter: Arabic letters need the "and", others do not.
func (p *slotNumber) add(n language.Number, joined bool, first uint32) bool {
	v := uint64(n.Value)
	tongues := p.tongues & n.Tongues
	if tongues == 0 || v == 0 || p.last == 0 {
		return false
	}
	latin := first < lastLatin
	below := joined || first < 'ء'
	switch {
	case v == 1000 || v == 1e6 || v == 1e9:
		if joined || p.group == 0 || p.group/p.scale >= 1e6 || p.total%(v*1000) != 0 {
			return false
		}
		p.total += p.group * v / p.scale
		p.group, p.scale = 0, 1
	case p.digits:
		return false
	case v == 100 && !joined && p.group > 1 && p.group < 10:
		p.group *= 100
	case v == 10 && !joined && !latin && p.last < 10 && p.group%100 == p.last: // teens
		p.group += 10
	case v >= 20 && v < 100 && joined && !latin && p.last < 10 && p.group%100 == p.last: // five and twenty
		p.group += v
	case below && v < 1000 && p.group == 0 && p.total > 0,
		below && v < 100 && p.group >= 100 && p.group%100 == 0,
		below && v < 10 && p.group%100 >= 20 && p.group%10 == 0:
		p.group += v
	default:
		return false
	}
	p.last, p.weak, p.tongues = v, false, tongues
	return true
}

// slotRole says what a word may be beside a number.
type slotRole uint8

const (
	isNumber  slotRole = 1 << iota
	isLink             // and
	isHour             // announces a clock time
	isMonth            // begins the name of a month
	isWeekday          // makes a weekday of the number before it
	isOrdinal          // makes no count of the number behind it: الثاني عشر, באר שבע
)

// slotWord is a word that matters to numbers.
type slotWord struct {
	role   slotRole
	number language.Number
}

// slotWords is what findSlots knows of characters and words. The characters are
// those below U+0800, where the scripts of almost all posts are.
type slotWords struct {
	class [0x800]uint16
	words map[uint64]slotWord
	bits  [1 << 10]uint64 // by the upper bits of their hashes: almost every word is not among them
}

// Classes of characters; a letter's class is its folded form.
const (
	separates   = 0
	ignored     = 1 // vowel signs, tatweel, direction marks
	compatible  = 2 // to be resolved first
	verse       = 3
	firstDigit  = 0x10
	firstLetter = firstDigit + 10
	lastLatin   = 0x250
)

// slotVocabulary is made when the first text is read.
var slotVocabulary = sync.OnceValue(func() *slotWords {
	v := slotWords{words: map[uint64]slotWord{}}
	for r := range rune(len(v.class)) {
		v.class[r] = uint16(classOf(r))
	}
	add := func(word string, w slotWord) {
		h, end, _ := v.word(word, 0)
		if end < len(word) {
			return
		}
		old := v.words[h]
		w.role |= old.role
		if w.number.Tongues == 0 {
			w.number = old.number
		}
		v.words[h] = w
		v.bits[h>>54] |= 1 << (h >> 48 & 63)
	}
	for word, n := range language.NumberWords() {
		add(word, slotWord{isNumber, n})
	}
	for _, word := range language.NumberLinks() {
		add(word, slotWord{role: isLink})
	}
	for word := range language.HourWords() {
		if utf8.RuneCountInString(word) > 1 {
			add(word, slotWord{role: isHour})
		}
	}
	for word := range language.MonthWords() {
		add(word, slotWord{role: isMonth})
	}
	for word := range strings.FieldsSeq("شنبه شەممە شەمە") {
		add(language.Fold(word), slotWord{role: isWeekday})
	}
	for word := range strings.FieldsSeq("حادي حادية ثاني ثانية ثالث ثالثة رابع رابعة خامس خامسة سادس سادسة سابع سابعة ثامن ثامنة تاسع تاسعة") {
		for _, prefix := range []string{"", "ال", "و", "وال"} {
			add(language.Fold(prefix+word), slotWord{role: isOrdinal})
		}
	}
	for word := range strings.FieldsSeq("יום ביום באר") { // Monday is "second day"; Beersheba
		add(word, slotWord{role: isOrdinal})
	}
	return &v
})

// classOf works out the class of any character.
func classOf(r rune) uint32 {
	switch {
	case r == '_':
		return '_' // holds a hashtag together
	case r == 0xfd3e || r == 0xfd3f:
		return verse
	case 0xfb50 <= r && r <= 0xfdcf || 0xfe70 <= r && r <= 0xfefc || 0xff10 <= r && r <= 0xff5a || 0x1d400 <= r && r <= 0x1d7ff:
		return compatible
	case r == 0x200c:
		return separates
	case unicode.IsDigit(r):
		if d := language.FoldDigits(string(r)); len(d) == 1 {
			return firstDigit + uint32(d[0]-'0')
		}
	case unicode.IsMark(r) || unicode.Is(unicode.Cf, r):
		return ignored
	case unicode.IsLetter(r):
		folded, _ := utf8.DecodeRuneInString(language.Fold(string(r)))
		if unicode.IsLetter(folded) {
			return uint32(folded)
		}
		return ignored // tatweel
	}
	return separates
}

// of returns the class of the character at byte i, 0 past the end, and its
// length.
func (v *slotWords) of(s string, i int) (uint32, int) {
	if i >= len(s) {
		return separates, 0
	}
	c := s[i]
	if c < utf8.RuneSelf {
		return uint32(v.class[c]), 1
	}
	if c-0xC2 < 0xE0-0xC2 && i+1 < len(s) && s[i+1]&0xC0 == 0x80 {
		return uint32(v.class[uint32(c&0x1F)<<6|uint32(s[i+1]&0x3F)]), 2
	}
	r, n := utf8.DecodeRuneInString(s[i:])
	switch { // the ones met in posts: punctuation, emoji
	case 0x200d <= r && r < 0x2010:
		return ignored, n
	case 0x2010 <= r && r < 0x202a, 0x2030 <= r && r < 0x2060, 0x2100 <= r && r < 0x2c00, r >= 0x1f000:
		return separates, n
	}
	return classOf(r), n
}

// word returns the hash of the folded word that begins at byte i, where it ends
// and how many letters it has. Digits behind Latin letters belong to it.
func (v *slotWords) word(s string, i int) (hash uint64, end, letters int) {
	hash = 0xCBF29CE484222325
	last := uint32(0)
	for i < len(s) {
		var c uint32
		n := 1
		switch b := s[i]; {
		case b < utf8.RuneSelf:
			c = uint32(v.class[b])
		case b-0xC2 < 0xE0-0xC2 && i+1 < len(s) && s[i+1]&0xC0 == 0x80:
			c, n = uint32(v.class[uint32(b&0x1F)<<6|uint32(s[i+1]&0x3F)]), 2
		default:
			c, n = v.of(s, i)
		}
		switch {
		case c >= firstLetter:
			last = c
		case c >= firstDigit && last < lastLatin && last > 0:
		case c == ignored:
			i += n
			continue
		default:
			return hash, i, letters
		}
		hash = (hash ^ uint64(c)) * 0x9E3779B97F4A7C15
		letters++
		i += n
	}
	return hash, i, letters
}

// maybe holds for the hashes of all words of the vocabulary and few others.
func (v *slotWords) maybe(h uint64) bool { return v.bits[h>>54]>>(h>>48&63)&1 != 0 }

func asciiLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// share reports whether both state a value of a kind.
func (s slots) share(o slots, k slotKind) bool {
	a, b := s.of(k), o.of(k)
	return len(a) > 0 && len(b) > 0 && !a.disjoint(b)
}
