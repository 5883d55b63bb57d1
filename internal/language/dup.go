package language

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Dup returns the `dup` form of METHODS 1.1, all seven steps: the text by which
// copies of a statement are recognised. Unlike Fold it drops web addresses,
// t.me links, @handles, emoji and flags, writes hashtags as words, and leaves
// the marks of Latin and Hebrew letters alone. Dup(Dup(s)) is Dup(s).
func Dup(s string) string {
	if !mayHoldNoise(s) { // then folding is all there is to do
		f := folder{dst: make([]byte, 0, len(s)+8), rules: dupRules(), runs: true}
		return string(f.fold(s))
	}
	for {
		f := folder{dst: make([]byte, 0, len(s)+8), rules: dupRules()}
		kept, dropped := dropNoise(string(f.fold(s)))
		f = folder{dst: f.dst[:0], rules: dupRules(), runs: true}
		s = string(f.fold(kept))
		if !dropped {
			return s
		}
		// Dropping can bring the halves of an address together. It ends: each
		// round takes at least one "@", "#", emoji or address away.
	}
}

// mayHoldNoise reports whether step 6 could find anything to drop in a text as
// written: it holds a sign that handles, tags and addresses need, or a character
// that is an emoji or may become such a sign when it is folded.
func mayHoldNoise(s string) bool {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			next := byte(0)
			if i+1 < len(s) {
				next = s[i+1]
			}
			// "@", "#", the last point of a host name, the colon of a scheme
			if c == '@' || c == '#' || c == '.' && next > ' ' || c == ':' && next == '/' {
				return true
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == 0x66B: // becomes a point
			return true
		case 0x300 <= r && r < 0x800: // the alphabets that matter most
		case 0x200B <= r && r <= 0x203B && (r < 0x2024 || r > 0x2026): // invisible characters, dashes, quotes
		default:
			return true
		}
		i += n
	}
	return false
}

// dropNoise is step 6. What goes leaves a space, so that its neighbours do not
// grow together; dropped says whether anything went.
func dropNoise(s string) (kept string, dropped bool) {
	var b strings.Builder
	b.Grow(len(s))
	gone := 0 // where what was dropped last ended: a word begins there
	for i := 0; i < len(s); {
		if n := addressAt(s, i, gone); n > 0 {
			b.WriteByte(' ')
			i += n
			gone, dropped = i, true
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '#' && startsWord(s[i+n:]):
			b.WriteByte(' ')
			end := i + n + hashtag(s[i+n:])
			b.WriteString(strings.ReplaceAll(s[i+n:end], "_", " "))
			i, dropped = end, true
			continue
		case isEmoji(r):
			b.WriteByte(' ')
			dropped = true
		default:
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String(), dropped
}

// addressAt returns the length of the web address or handle that begins at byte
// i of s, 0 when none does. What stands before byte from does not matter.
func addressAt(s string, i, from int) int {
	c := s[i]
	if c != '@' && !('a' <= c && c <= 'z' || '0' <= c && c <= '9') {
		return 0
	}
	if i > from {
		if before, _ := utf8.DecodeLastRuneInString(s[:i]); before < utf8.RuneSelf && (isWordByte(s[i-1]) || before == '@' || before == '.' || before == '-') {
			return 0 // inside a word, an e-mail address or a host name
		}
	}
	rest := s[i:]
	if c == '@' {
		if n := hashtag(rest[1:]); n > 0 {
			return 1 + n
		}
		return 0
	}
	if at := strings.Index(rest[:min(len(rest), 12)], "://"); at > 0 && isScheme(rest[:at]) {
		return addressEnd(rest)
	}
	host := 0
	for host < len(rest) && (isWordByte(rest[host]) && rest[host] != '_' || rest[host] == '.' || rest[host] == '-') {
		host++
	}
	name := strings.TrimRight(rest[:host], ".-")
	dot := strings.LastIndexByte(name, '.')
	if dot <= 0 || host < len(rest) && rest[host] == '@' {
		return 0
	}
	top := name[dot+1:]
	path := host == len(name) && host+1 < len(rest) && (rest[host] == '/' || rest[host] == '?')
	switch {
	case strings.HasPrefix(name, "www.") || knownTop(top):
	case path && len(top) >= 2 && strings.Trim(top, "abcdefghijklmnopqrstuvwxyz") == "":
	default:
		return 0
	}
	if path {
		return addressEnd(rest)
	}
	return len(name)
}

// addressEnd returns where an address that begins s ends: at white space, a
// quote or bracket, or a character that is not ASCII; trailing punctuation is
// the sentence's.
func addressEnd(s string) int {
	n := strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`<>"{}|\^`+"`", r) })
	if n < 0 {
		n = len(s)
	}
	return len(strings.TrimRight(s[:n], ".,;:!?')]*"))
}

func isScheme(s string) bool {
	switch s {
	case "http", "https", "ftp", "tg", "hxxp", "hxxps":
		return true
	}
	return false
}

// knownTop holds for the top-level domains that are taken for an address
// without a path. Others ("report.then") are more often a missing space.
func knownTop(s string) bool {
	switch s {
	case "com", "org", "net", "info", "gov", "edu", "me", "tv", "news", "ir", "iq", "krd", "sy", "lb", "ye", "ps", "il", "tr", "ru", "uk", "de", "fr", "io":
		return true
	}
	return false
}

// hashtag returns the length of the tag or handle that begins s: letters,
// digits, marks and underscores.
func hashtag(s string) int {
	for i, r := range s {
		if !inWord(r) && !unicode.IsMark(r) && r != '_' && !(r < utf8.RuneSelf && isWordByte(byte(r))) {
			return i
		}
	}
	return len(s)
}

func startsWord(s string) bool { return hashtag(s) > 0 }

func isWordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '_'
}

// isEmoji holds for pictographs, flags and what modifies them. Arrows and
// geometric shapes count where phones draw them as emoji.
func isEmoji(r rune) bool {
	switch {
	case r < 0x203C:
		return false
	case 0x1F000 <= r && r <= 0x1FAFF, 0xE0020 <= r && r <= 0xE007F: // pictographs, regional indicators, skin tones; flag tags
		return true
	case 0x2600 <= r && r <= 0x27BF, 0xFE00 <= r && r <= 0xFE0F, r == 0x20E3:
		return true
	case 0x231A <= r && r <= 0x231B, 0x23E9 <= r && r <= 0x23FA, r == 0x2328, r == 0x23CF, 0x25AA <= r && r <= 0x25FE, 0x2B05 <= r && r <= 0x2B55, 0x2194 <= r && r <= 0x21AA, r == 0x2934, r == 0x2935, r == 0x3030, r == 0x303D, r == 0x3297, r == 0x3299, r == 0x203C, r == 0x2049:
		return true
	}
	return false
}
