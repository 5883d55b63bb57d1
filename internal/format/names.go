package format

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxElement and maxPath are what common file systems allow, in bytes.
const maxElement, maxPath = 240, 2048

// CleanPath turns a name that a container gives into a Part.Path: relative,
// "/" separated, without "..", drive letters, alternate streams, device names,
// control or direction characters, trailing dots or over-long elements; usable
// on every system. Why says in the user's words what was wrong with the name,
// "" when nothing was. An empty result means that nothing of the name was left.
func CleanPath(name string) (clean, why string) {
	var whys []string
	fault := func(s string) {
		for _, w := range whys {
			if w == s {
				return
			}
		}
		whys = append(whys, s)
	}
	if !utf8.ValidString(name) {
		fault("is no UTF-8")
		name = strings.ToValidUTF8(name, "\uFFFD")
	}
	name = strings.Map(func(r rune) rune {
		switch {
		case r == '\\':
			return '/' // Windows tools write it as the separator
		case unicode.Is(unicode.Cc, r):
			fault("has control characters")
			return '_'
		case IsBidiControl(r):
			fault("has invisible direction characters")
			return -1
		}
		return r
	}, name)
	if strings.HasPrefix(name, "/") {
		fault("is absolute")
	}
	if len(name) >= 2 && name[1] == ':' && isLetter(name[0]) {
		fault("has a drive letter")
		name = name[2:]
	}
	var keep []string
	total := 0
	for _, e := range strings.Split(name, "/") {
		switch e {
		case "", ".":
			continue
		case "..":
			fault("leads out of the container")
			continue
		}
		if e, total = cleanElement(e, fault), total+len(e)+1; total > maxPath {
			fault("is too long")
			break
		}
		keep = append(keep, e)
	}
	return strings.Join(keep, "/"), strings.Join(whys, " and ")
}

// IsBidiControl reports whether r is an invisible character that changes the
// direction of the text around it, or hides in it: a name with one does not
// read as it is spelt. The joiners that Persian spelling needs are none.
func IsBidiControl(r rune) bool {
	return r == 0x061C || r == 0x200E || r == 0x200F || r >= 0x202A && r <= 0x202E ||
		r >= 0x2066 && r <= 0x2069 || r == 0xFEFF || r == 0x200B
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// cleanElement makes one path element harmless; the result is not empty.
func cleanElement(e string, fault func(string)) string {
	if i := strings.IndexAny(e, `:<>"|?*`); i >= 0 {
		if e[i] == ':' {
			fault("names an alternate data stream")
		}
		e = strings.NewReplacer(":", "_", "<", "_", ">", "_", `"`, "_", "|", "_", "?", "_", "*", "_").Replace(e)
	}
	if len(e) > maxElement {
		fault("is too long")
		ext := path.Ext(e)
		if len(ext) > 16 {
			ext = ""
		}
		e = cutText(e, maxElement-len(ext)) + ext
	}
	if t := strings.TrimRight(e, ". "); t != e {
		fault("ends in a dot or space")
		if e = t; e == "" {
			return "_"
		}
	}
	stem, _, _ := strings.Cut(e, ".")
	if isDevice(strings.ToUpper(strings.TrimSpace(stem))) {
		fault("is a device name")
		e = "_" + e
	}
	return e
}

// cutText returns the first n bytes of s, fewer where n is inside a character.
func cutText(s string, n int) string {
	for n > 0 && n < len(s) && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:min(n, len(s))]
}

// isDevice reports whether Windows takes s for a device rather than a file.
func isDevice(s string) bool {
	switch s {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$":
		return true
	}
	if rest, ok := strings.CutPrefix(s, "COM"); ok {
		return isPort(rest)
	}
	rest, ok := strings.CutPrefix(s, "LPT")
	return ok && isPort(rest)
}

func isPort(s string) bool {
	return len(s) == 1 && s[0] >= '0' && s[0] <= '9' || s == "¹" || s == "²" || s == "³"
}

// Names gives every part of one container a path of its own. The zero value is
// ready. It remembers 64 bits of each path, not the path.
type Names struct {
	seen map[uint64]int // how often a path was asked for, by nameKey
}

// Take cleans name as CleanPath does and makes it differ from all paths given
// before, also from those that only look the same (Unicode NFC). A name of
// which nothing is left becomes "unnamed".
func (n *Names) Take(name string) (clean, why string) {
	clean, why = CleanPath(name)
	and := func(s string) {
		if why != "" {
			s = why + " and " + s
		}
		why = s
	}
	if clean == "" {
		and("is empty")
		clean = "unnamed"
	}
	if n.seen == nil {
		n.seen = map[uint64]int{}
	}
	k := nameKey(clean)
	if n.seen[k] == 0 {
		n.seen[k] = 1
		return clean, why
	}
	and("is there twice")
	ext := path.Ext(clean)
	stem := strings.TrimSuffix(clean, ext)
	if base := path.Base(stem); len(base)+len(ext) > maxElement-12 { // room for the number
		if len(ext) > 16 {
			ext = ""
		}
		stem = strings.TrimSuffix(stem, base) + cutText(base, maxElement-12-len(ext))
	}
	for {
		n.seen[k]++
		again := fmt.Sprintf("%s (%d)%s", stem, n.seen[k], ext)
		if a := nameKey(again); n.seen[a] == 0 {
			n.seen[a] = 1
			return again, why
		}
	}
}

func nameKey(s string) uint64 {
	d := sha256.Sum256([]byte(norm.NFC.String(s)))
	return binary.BigEndian.Uint64(d[:])
}
