package desk

import (
	"fmt"
	"slices"
	"strings"

	"dalil/internal/language"
	"dalil/internal/record"
)

// MaskToken stands where the name of a private person is masked. It is as long
// for every name: its length tells nothing.
const MaskToken = "█████"

// masker masks mentions of names in texts; nil masks nothing.
type masker struct {
	*language.Mentions
	names []string
}

func newMasker(names []string) *masker { return &masker{language.NewMentions(names), names} }

// same is equal for two that mask the same names, and for no others: what was
// worked out for a reader is kept under it.
func (m *masker) same() record.Digest {
	if m.idle() {
		return record.Digest{}
	}
	names := slices.Sorted(slices.Values(m.names))
	return record.DigestOf(fmt.Appendf(nil, "%q", slices.Compact(names)))
}

// idle reports whether there is nothing to mask.
func (m *masker) idle() bool { return m == nil || m.Empty() }

// in returns the places of names in s, in order and apart.
func (m *masker) in(s string) [][2]int {
	if m.idle() {
		return nil
	}
	return m.In(s)
}

// text masks the names in s. moved says where a byte of s is in the result; ok
// is false for a byte of a name.
func (m *masker) text(s string) (masked string, moved func(at int) (to int, ok bool)) {
	return replaced(s, m.in(s))
}

// replaced puts the token in the place of stretches.
func replaced(s string, at [][2]int) (masked string, moved func(at int) (to int, ok bool)) {
	if len(at) == 0 {
		return s, func(i int) (int, bool) { return i, true }
	}
	var b strings.Builder
	last := 0
	for _, a := range at {
		b.WriteString(s[last:a[0]])
		b.WriteString(MaskToken)
		last = a[1]
	}
	b.WriteString(s[last:])
	return b.String(), func(i int) (int, bool) {
		shift := 0
		for _, a := range at {
			switch {
			case i <= a[0]:
				return i + shift, true
			case i < a[1]:
				return 0, false
			}
			shift += len(MaskToken) - (a[1] - a[0])
		}
		return i + shift, true
	}
}

// Text implements query.Veil.
func (m *masker) Text(s string) string { return m.plain(s) }

// Hides implements query.Veil.
func (m *masker) Hides(word string) bool { return m.Touches(word) }

// plain masks the names in s.
func (m *masker) plain(s string) string {
	masked, _ := m.text(s)
	return masked
}
