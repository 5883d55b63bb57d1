package pdf

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// font turns the codes of a string into text and widths.
type font struct {
	wide    bool           // codes of two bytes
	ucs2    bool           // the codes are UTF-16
	unicode map[int]string // by ToUnicode
	simple  [256]string    // by encoding, for codes of one byte
	widths  map[int]float64
	missing float64 // width of codes without one, in thousandths
	vague   bool    // nothing in the file says what the codes mean
}

const (
	maxFonts = 4096    // fonts read of one document
	maxSteps = 1 << 18 // entries read of one of a font's tables
)

// fontOf reads a font; the same object is read once.
func (d *document) fontOf(v any) *font {
	r, isRef := v.(ref)
	if f := d.fonts[r]; isRef && f != nil {
		return f
	}
	if d.fontsRead++; d.fontsRead > maxFonts {
		return &font{missing: 500, vague: true}
	}
	f := d.readFont(d.dict(v))
	if isRef {
		d.fonts[r] = f
	}
	return f
}

func (d *document) readFont(x dict) *font {
	f := &font{widths: map[int]float64{}, missing: 500}
	if s, ok := d.resolve(x["ToUnicode"]).(*stream); ok {
		data, _ := d.unpack(s) // the part that can be unpacked still maps codes
		f.unicode = readCMap(data)
	}
	if d.nameOf(x["Subtype"]) == "Type0" {
		f.wide = true
		enc := string(d.nameOf(x["Encoding"]))
		f.ucs2 = strings.Contains(enc, "UCS2") || strings.Contains(enc, "UTF16")
		f.vague = len(f.unicode) == 0 && !f.ucs2
		f.missing = 1000
		if kids := d.array(x["DescendantFonts"]); len(kids) > 0 {
			d.cidWidths(f, d.dict(kids[0]))
		}
		return f
	}
	base := charmap.Windows1252
	enc := d.resolve(x["Encoding"])
	diff := d.dict(enc)
	if n, ok := enc.(name); ok && n == "MacRomanEncoding" || d.nameOf(diff["BaseEncoding"]) == "MacRomanEncoding" {
		base = charmap.Macintosh
	}
	for i := range f.simple {
		if r := base.DecodeByte(byte(i)); i >= 32 && r != utf8.RuneError {
			f.simple[i] = string(r)
		}
	}
	code := 0
	for i, v := range d.array(diff["Differences"]) {
		if i > 4096 {
			break
		}
		switch v := d.resolve(v).(type) {
		case float64:
			code = int(v)
		case name:
			if code >= 0 && code < 256 {
				f.simple[code] = glyphText(string(v))
			}
			code++
		}
	}
	first := int(d.number(x["FirstChar"]))
	widths := d.array(x["Widths"])
	for i, w := range widths[:min(len(widths), 256)] {
		if n := d.number(w); n > 0 {
			f.widths[first+i] = n
		}
	}
	if d.nameOf(x["Subtype"]) == "Type3" {
		// Its widths are in units of its own; only proportions are needed.
		if m := d.array(x["FontMatrix"]); len(m) == 6 {
			if k := d.number(m[0]) * 1000; k > 0 {
				for c := range f.widths {
					f.widths[c] *= k
				}
			}
		}
	}
	return f
}

// cidWidths reads "c [w1 w2 …]" and "first last w".
func (d *document) cidWidths(f *font, x dict) {
	if w := d.number(x["DW"]); w > 0 {
		f.missing = w
	}
	w := d.array(x["W"])
	steps := 0
	for i := 0; i+1 < len(w) && steps < maxSteps; {
		from := int(d.number(w[i]))
		if list, ok := d.resolve(w[i+1]).(array); ok {
			for k, n := range list[:min(len(list), 1<<16)] {
				f.widths[from+k] = d.number(n)
				steps++
			}
			i += 2
			continue
		}
		if i+2 >= len(w) {
			return
		}
		to := int(d.number(w[i+1]))
		for c := from; c <= to && c-from < 1<<16; c++ {
			f.widths[c] = d.number(w[i+2])
			steps++
		}
		steps++
		i += 3
	}
}

// next takes one code off a string: its text, its width in thousandths of the
// font's size, and whether it is the one-byte space that word spacing widens.
func (f *font) next(s string) (text string, width float64, blank bool, rest string) {
	n, code := 1, int(s[0])
	if f.wide && len(s) > 1 {
		n, code = 2, code<<8|int(s[1])
	}
	rest = s[n:]
	width, ok := f.widths[code]
	if !ok {
		width = f.missing
	}
	switch t, ok := f.unicode[code]; {
	case ok:
		text = t
	case f.ucs2:
		text = string(rune(code))
	case !f.wide:
		text = f.simple[code]
	}
	return text, width, n == 1 && code == 32, rest
}

// readCMap reads the bfchar and bfrange sections of a ToUnicode map.
func readCMap(b []byte) map[int]string {
	m := map[int]string{}
	l := lexer{b: b}
	var args []any
	for steps := 0; steps < maxSteps; {
		v := l.token(0)
		k, ok := v.(keyword)
		if !ok {
			if len(args) < 1<<16 {
				args = append(args, v)
			}
			continue
		}
		switch k {
		case eof:
			return m
		case "endbfchar":
			for i := 0; i+1 < len(args); i += 2 {
				from, ok1 := args[i].(str)
				to, ok2 := args[i+1].(str)
				if ok1 && ok2 {
					m[codeOf(from)] = utf16BE(string(to))
				}
			}
		case "endbfrange":
			for i := 0; i+2 < len(args); i += 3 {
				lo, ok1 := args[i].(str)
				hi, ok2 := args[i+1].(str)
				if !ok1 || !ok2 {
					continue
				}
				from, to := codeOf(lo), min(codeOf(hi), codeOf(lo)+1<<16)
				switch dst := args[i+2].(type) {
				case array:
					for k := 0; k < len(dst) && from+k <= to && steps < maxSteps; k++ {
						steps++
						if s, ok := dst[k].(str); ok {
							m[from+k] = utf16BE(string(s))
						}
					}
				case str:
					text := []rune(utf16BE(string(dst)))
					if len(text) == 0 || len(text) > 8 {
						continue
					}
					for c := from; c <= to && steps < maxSteps; c++ {
						steps++
						m[c] = string(text)
						text[len(text)-1]++
					}
				}
			}
		}
		args, l.count = args[:0], 0
		steps++
	}
	return m
}

func codeOf(s str) int {
	n := 0
	for i := 0; i < len(s) && i < 4; i++ {
		n = n<<8 | int(s[i])
	}
	return n
}

// glyphNames are Adobe's names of the glyphs of Latin text that are not the
// letter itself, as "name character" pairs.
const glyphNames = `space   exclam ! quotedbl " numbersign # dollar $ percent % ampersand & quotesingle ' parenleft ( parenright ) asterisk * plus + comma , hyphen - minus − period . slash / zero 0 one 1 two 2 three 3 four 4 five 5 six 6 seven 7 eight 8 nine 9 colon : semicolon ; less < equal = greater > question ? at @ bracketleft [ backslash \ bracketright ] asciicircum ^ underscore _ grave ` + "`" + ` braceleft { bar | braceright } asciitilde ~ quoteleft ‘ quoteright ’ quotedblleft “ quotedblright ” quotesinglbase ‚ quotedblbase „ guilsinglleft ‹ guilsinglright › guillemotleft « guillemotright » endash – emdash — bullet • ellipsis … dagger † daggerdbl ‡ section § paragraph ¶ degree ° copyright © registered ® trademark ™ currency ¤ cent ¢ sterling £ yen ¥ Euro € periodcentered · exclamdown ¡ questiondown ¿ fi fi fl fl ff ff ffi ffi ffl ffl AE Æ ae æ OE Œ oe œ Oslash Ø oslash ø germandbls ß dotlessi ı Lslash Ł lslash ł Eth Ð eth ð Thorn Þ thorn þ Gbreve Ğ gbreve ğ Idotaccent İ Scedilla Ş scedilla ş Ccedilla Ç ccedilla ç Scaron Š scaron š Zcaron Ž zcaron ž Ntilde Ñ ntilde ñ Aring Å aring å Aacute Á aacute á Agrave À agrave à Acircumflex Â acircumflex â Adieresis Ä adieresis ä Atilde Ã atilde ã Eacute É eacute é Egrave È egrave è Ecircumflex Ê ecircumflex ê Edieresis Ë edieresis ë Iacute Í iacute í Igrave Ì igrave ì Icircumflex Î icircumflex î Idieresis Ï idieresis ï Oacute Ó oacute ó Ograve Ò ograve ò Ocircumflex Ô ocircumflex ô Odieresis Ö odieresis ö Otilde Õ otilde õ Uacute Ú uacute ú Ugrave Ù ugrave ù Ucircumflex Û ucircumflex û Udieresis Ü udieresis ü Yacute Ý yacute ý ydieresis ÿ`

// glyphText returns the text of a glyph by its name: a letter, a name of the
// list above, "uni0627", "u1F600", or "afii57415" of the old Arabic and Hebrew
// sets, each also with a suffix (".medi"). "" when the name says nothing.
func glyphText(n string) string {
	if i := strings.IndexByte(n, '.'); i > 0 {
		n = n[:i]
	}
	switch {
	case len(n) == 1:
		return n
	case n == "space":
		return " "
	case strings.HasPrefix(n, "uni") && len(n) >= 7:
		var out []byte
		for h := n[3:]; len(h) >= 4; h = h[4:] {
			v, err := strconv.ParseUint(h[:4], 16, 16)
			if err != nil {
				return string(out)
			}
			out = append(out, byte(v>>8), byte(v))
		}
		return utf16BE(string(out))
	case n[:min(1, len(n))] == "u" && len(n) >= 5 && len(n) <= 7:
		if v, err := strconv.ParseUint(n[1:], 16, 21); err == nil {
			return string(rune(v))
		}
	case strings.HasPrefix(n, "afii57"):
		v, err := strconv.Atoi(n[4:])
		if err != nil {
			return ""
		}
		for _, r := range []struct{ from, to, rune int }{
			{57392, 57401, 0x660}, {57409, 57434, 0x621}, {57440, 57458, 0x640}, {57664, 57690, 0x5D0},
			{57388, 57388, 0x60C}, {57403, 57403, 0x61B}, {57407, 57407, 0x61F}, {57506, 57506, 0x67E}, {57507, 57507, 0x686}, {57508, 57508, 0x698}, {57509, 57509, 0x6AF},
		} {
			if v >= r.from && v <= r.to {
				return string(rune(r.rune + v - r.from))
			}
		}
	}
	list := strings.Split(glyphNames, " ")
	for i := 3; i+1 < len(list); i += 2 { // the first pair is the space itself
		if list[i] == n {
			return list[i+1]
		}
	}
	return ""
}
