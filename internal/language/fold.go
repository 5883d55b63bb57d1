package language

import (
	"slices"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold returns the comparison form of s for search: METHODS 1.1 steps 1-5 and
// 7. Compatibility forms are resolved, invisible characters, Arabic vowel
// signs and tatweel go, the zero-width non-joiner becomes a space, spellings
// of alef, ya, kaf and ha become one, digits become 0-9, letters lower case,
// white space one space, and a letter written more than twice is written
// twice. For search alone Latin and Hebrew letters also lose their marks
// (ā, ḥ, é), and apostrophes and the signs of ayn and hamza inside words go.
//
// The result is valid UTF-8 (a bad byte becomes U+FFFD) and Fold(Fold(s)) is
// Fold(s).
func Fold(s string) string {
	return string(AppendFold(make([]byte, 0, len(s)+8), s))
}

// AppendFold appends Fold(s) to dst.
func AppendFold(dst []byte, s string) []byte {
	f := folder{dst: dst, base: len(dst), rules: searchRules(), runs: true}
	return f.fold(s)
}

// rules say what becomes of each character; one set per form.
type rules struct {
	low   [0x800]fate // runes of one or two UTF-8 bytes
	high  map[rune]fate
	long  []string // what fates of kind expand point to
	marks bool     // Latin and Hebrew letters lose their marks
}

// A fate is what becomes of a rune: the kind in the upper byte, below it the
// rune that replaces it or an index into rules.long.
type fate uint32

const (
	emit    fate = iota << 24 // a character that is not a letter
	letter                    // a letter: runs of it are cut to two
	drop                      // nothing
	space                     // white space
	quote                     // an apostrophe: goes when letters stand on both sides
	double                    // a double quote: goes inside a Hebrew word (צה"ל)
	accent                    // a combining mark: goes on a Latin letter, else composes
	expand                    // several characters
	compose                   // may join with what stands before it: normalise the word

	kindMask fate = 0xFF << 24
	runeMask fate = 1<<24 - 1
)

// The two rule sets are made when first used, which takes some milliseconds,
// and never change.
var (
	searchRules = sync.OnceValue(func() *rules { return makeRules(true) })
	dupRules    = sync.OnceValue(func() *rules { return makeRules(false) })
)

// folder is one run of Fold.
type folder struct {
	dst   []byte
	base  int // where this run's output starts in dst
	rules *rules
	runs  bool // cut runs of a letter

	state
	word struct { // where the current word began: what compose goes back to
		src, dst int
		state
	}
}

// state is what the fate of the next character depends on.
type state struct {
	last    rune // letter written last, 0 after anything else
	run     int  // how often it was written in a row
	pending int  // bytes of a quote at the end of dst that goes if a letter follows
	hebrew  bool // that quote goes only before a Hebrew letter
	gap     bool // white space is due before the next character
}

func (f *folder) fold(s string) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c-'a' < 26 && f.pending == 0 { // the most frequent case, written out
				if f.gap {
					f.flush()
				}
				if rune(c) != f.last {
					f.last, f.run = rune(c), 1
				} else if f.run++; f.run > 2 && f.runs {
					i++
					continue
				}
				f.dst = append(f.dst, c)
				i++
				continue
			}
			f.put(f.rules.low[c])
			i++
			if c <= ' ' {
				f.mark(i)
			}
			continue
		}
		var ft fate
		n := 2
		if c-0xC2 < 0xE0-0xC2 && i+1 < len(s) && s[i+1]&0xC0 == 0x80 {
			ft = f.rules.low[rune(c&0x1F)<<6|rune(s[i+1]&0x3F)]
		} else {
			var r rune
			r, n = utf8.DecodeRuneInString(s[i:])
			ft = f.rules.of(r)
		}
		if k := ft & kindMask; k == compose || k == accent && !isLatin(f.last) {
			i = f.composeWord(s, i+n)
			continue
		}
		f.put(ft)
		i += n
	}
	return f.dst
}

// mark remembers that a word begins at src: white space stands before it, so
// nothing to its left can join with what it holds.
func (f *folder) mark(src int) {
	f.word.src, f.word.dst, f.word.state = src, len(f.dst), f.state
}

// composeWord takes back the current word, normalises it up to the next white
// space and writes it again. It returns where it ends in s.
func (f *folder) composeWord(s string, i int) int {
	for i < len(s) && s[i] > ' ' {
		i++
	}
	f.dst, f.state = f.dst[:max(f.word.dst, f.base)], f.word.state
	w := f.rules.normal(s[f.word.src:i])
	for _, r := range w {
		ft := f.rules.of(r)
		switch ft & kindMask {
		case compose:
			ft = emit | fate(r)
		case accent:
			if isLatin(f.last) {
				ft = drop
			} else {
				ft = emit | fate(r)
			}
		}
		if ft&kindMask == emit && unicode.IsMark(r) {
			f.putMark(r)
			continue
		}
		f.put(ft)
	}
	f.mark(i)
	return i
}

// normal returns w composed, with every character already folded by itself:
// first what stands between two parts of a character has to go, then they join,
// then what they became is folded. Twice is enough for every known script; the
// third time is for those to come.
func (r *rules) normal(w string) string {
	for range 3 {
		b := make([]byte, 0, len(w))
		for _, c := range w {
			switch ft := r.of(c); ft & kindMask {
			case drop:
			case expand:
				b = append(b, r.long[ft&runeMask]...)
			case space:
				b = append(b, ' ')
			case accent, compose:
				b = utf8.AppendRune(b, c)
			default:
				b = utf8.AppendRune(b, rune(ft&runeMask))
			}
		}
		next := string(norm.NFKC.Bytes(b))
		if next == w {
			break
		}
		w = next
	}
	return w
}

// putMark writes a combining mark that stays: it does not break a run, and it
// does not stand between an apostrophe and its letter.
func (f *folder) putMark(r rune) {
	f.flush()
	f.pending = 0
	f.dst = utf8.AppendRune(f.dst, r)
	f.last, f.run = 0, 0
}

func (f *folder) put(ft fate) {
	r := rune(ft & runeMask)
	switch ft & kindMask {
	case letter:
		if f.pending != 0 {
			if !f.hebrew || isHebrew(r) {
				f.dst = f.dst[:len(f.dst)-f.pending]
			} else {
				f.last, f.run = 0, 0
			}
			f.pending = 0
		}
		if f.gap {
			f.flush()
		}
		if r != f.last {
			f.last, f.run = r, 1
		} else if f.run++; f.run > 2 && f.runs {
			return
		}
		f.dst = utf8.AppendRune(f.dst, r)
	case emit:
		f.flush()
		f.last, f.run, f.pending = 0, 0, 0
		f.dst = utf8.AppendRune(f.dst, r)
	case space:
		f.last, f.run, f.pending = 0, 0, 0
		f.gap = len(f.dst) > f.base
	case quote, double:
		f.flush()
		n := utf8.RuneLen(r)
		f.hebrew = ft&kindMask == double
		if f.pending == 0 && f.last != 0 && (!f.hebrew || isHebrew(f.last)) {
			f.pending = n
		} else {
			f.last, f.run, f.pending = 0, 0, 0
		}
		f.dst = utf8.AppendRune(f.dst, r)
	case expand:
		for _, r := range f.rules.long[r] {
			f.put(f.rules.of(r))
		}
	}
}

// flush writes the white space that is due.
func (f *folder) flush() {
	if f.gap {
		f.dst = append(f.dst, ' ')
		f.gap = false
	}
}

func (r *rules) of(c rune) fate {
	if c < 0x800 {
		return r.low[c]
	}
	if ft, ok := r.high[c]; ok {
		return ft
	}
	if unicode.IsLetter(c) {
		return letter | fate(c)
	}
	return emit | fate(c)
}

// makeRules works out what becomes of every code point, for search or for
// duplicates.
func makeRules(search bool) *rules {
	r := rules{high: map[rune]fate{}, marks: search}
	for c := rune(0); c <= unicode.MaxRune; c++ {
		switch { // ideographs, syllables, surrogates, private use and signs of dead scripts stay as they are
		case c == 0x3400:
			c = 0xA000
		case c == 0xAC00:
			c = 0xF900
		case c == 0x12000:
			c = 0x16A00
		case c == 0x17000:
			c = 0x1BC00
		case c == 0x1BD00:
			c = 0x1CC00
		case c == 0x1F300:
			c = 0x1FB00
		case c == 0x20000:
			c = 0x2F800
		case c == 0x2FA20:
			return &r
		}
		if c >= 0x2C80 && single(c) == c && inert(c) {
			continue // what the fallback in of does with it is right
		}
		ft := r.work(c)
		if c < 0x800 {
			r.low[c] = ft
		} else if ft != letter|fate(c) && ft != emit|fate(c) || ft&kindMask == letter != unicode.IsLetter(c) {
			r.high[c] = ft
		}
	}
	return &r
}

// inert holds for a character that normalisation neither changes nor joins to
// what stands before it, and that is not white space.
func inert(c rune) bool {
	var b [utf8.UTFMax]byte
	p := norm.NFKC.Properties(b[:utf8.EncodeRune(b[:], c)])
	return p.CCC() == 0 && p.BoundaryBefore() && p.Decomposition() == nil && !unicode.IsSpace(c) && c != 0xFDFD
}

// work decides the fate of one code point.
func (r *rules) work(c rune) fate {
	var out []rune
	for _, n := range resolve(c) {
		if r.marks {
			out = append(out, bare(n)...)
		} else {
			out = append(out, single(n))
		}
	}
	out = slices.DeleteFunc(out, func(c rune) bool { return c == gone })
	switch len(out) {
	case 0:
		return drop
	case 1:
		return r.kind(out[0])
	}
	for _, n := range out {
		if k := r.kind(n) & kindMask; k == compose {
			return compose | fate(c) // marks that stay: let the normaliser place them
		}
	}
	r.long = append(r.long, string(out))
	return expand | fate(len(r.long)-1)
}

// kind classes a rune that is already folded.
func (r *rules) kind(c rune) fate {
	p := norm.NFKC.PropertiesString(string(c))
	switch {
	case unicode.IsSpace(c) || c < ' ' || c == 0x7F:
		return space
	case r.marks && c == '\'':
		return quote | fate(c)
	case r.marks && c == '"':
		return double | fate(c)
	case r.marks && 0x300 <= c && c <= 0x36F:
		return accent | fate(c)
	case p.CCC() != 0 || !p.BoundaryBefore():
		return compose | fate(c)
	case unicode.IsLetter(c):
		return letter | fate(c)
	}
	return emit | fate(c)
}

// gone stands for a character that is deleted.
const gone rune = -1

// resolve is step 1: NFKC of one code point, with the two ligatures it leaves
// or expands badly.
func resolve(c rune) []rune {
	switch c {
	case 0xFDFC:
		return []rune("ريال")
	case 0xFDFD:
		return []rune("بسم الله الرحمن الرحيم")
	}
	return []rune(norm.NFKC.String(string(c)))
}

// single is steps 2 to 5 and lower case for one code point after step 1.
func single(c rune) rune {
	switch {
	case c == 0x200C:
		return ' '
	case 0x200B <= c && c <= 0x200F, 0x202A <= c && c <= 0x202E, 0x2066 <= c && c <= 0x2069, c == 0xFEFF, c == 0x00AD:
		return gone
	case 0x0610 <= c && c <= 0x061A, 0x064B <= c && c <= 0x065F, c == 0x0670, 0x06D6 <= c && c <= 0x06ED, c == 0x0640:
		return gone
	case 0x0660 <= c && c <= 0x0669:
		return c - 0x0660 + '0'
	case 0x06F0 <= c && c <= 0x06F9:
		return c - 0x06F0 + '0'
	}
	switch c {
	case 0x066A:
		return '%'
	case 0x066B:
		return '.'
	}
	return unicode.ToLower(arabicLetter(c))
}

// bare is single and what search takes off besides: marks on Latin and Hebrew
// letters, the signs of ayn and hamza, curly apostrophes.
func bare(c rune) []rune {
	c = single(c)
	switch {
	case c == gone:
		return []rune{gone}
	case scriptOf(c) == Latn && c >= 0x80:
		return latinBare(c)
	case 0x0591 <= c && c <= 0x05F4:
		return hebrewBare(c)
	}
	switch c {
	case 0x02B9, 0x02BA, 0x02BB, 0x02BC, 0x02BD, 0x02BE, 0x02BF, 0x02BF + 1, 0x02C1, 0x02CA, 0x02CB:
		return []rune{gone} // ʿ ʾ ʻ ʼ and their look-alikes: letters of their own, never in a key
	case 0x2018, 0x2019, 0x201B:
		return []rune{'\''}
	case 0x03C2: // final sigma
		return []rune{0x03C3}
	}
	return []rune{c}
}

func isLatin(r rune) bool  { return 'a' <= r && r <= 'z' || r >= 0xC0 && scriptOf(r) == Latn }
func isHebrew(r rune) bool { return 0x05D0 <= r && r <= 0x05F2 }
