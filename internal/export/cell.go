package export

import (
	"bytes"
	"strings"
	"unicode"
)

// WriteCell writes a cell of a table (RFC 4180), behind a comma when it is not the
// first of its row. Unlike encoding/csv it leaves line ends inside of one as they
// are.
func WriteCell(b *bytes.Buffer, i int, s string) {
	if i > 0 {
		b.WriteByte(',')
	}
	writeCell(b, s)
}

func writeCell(b *bytes.Buffer, s string) {
	if !strings.ContainsAny(s, "\",\r\n;\t") && s == strings.TrimSpace(s) {
		b.WriteString(s)
		return
	}
	b.WriteByte('"')
	b.WriteString(strings.ReplaceAll(s, `"`, `""`))
	b.WriteByte('"')
}

// Guarded puts an apostrophe before what a spreadsheet would run.
func Guarded(s string) string {
	if formula(s) {
		return "'" + s
	}
	return s
}

// Unguarded takes the apostrophe of Guarded off again. A spreadsheet may have
// taken it off before.
func Unguarded(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok && formula(rest) {
		return rest
	}
	return s
}

// formula reports whether a spreadsheet could take a cell for a formula: it
// begins with a sign that starts one, also in its wide or small form, and also
// behind what a program may drop on the way: spaces, quotes, characters that
// cannot be seen.
func formula(s string) bool {
	if s != "" && strings.IndexByte("\t\r\n", s[0]) >= 0 {
		return true
	}
	first := strings.TrimLeftFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.In(r, unicode.Cf, unicode.Cc) || strings.ContainsRune("'\"`´‘’“”«»＇＂\ufffd", r)
	})
	for _, r := range first {
		return strings.ContainsRune("=+-@|%＝＋－＠｜％﹦﹢﹣﹫﹪−", r)
	}
	return false
}
