package format

import (
	"regexp"
	"sync"
)

// Pattern is a regular expression that is compiled when it is first used. The
// formats know dozens, in many languages: compiled when the program starts they
// would be half of what it takes to start, for commands that read no file at all.
type Pattern struct {
	compiled func() *regexp.Regexp
}

// NewPattern returns the pattern of an expression; like regexp.MustCompile, but
// that a wrong expression panics at its first use.
func NewPattern(expr string) Pattern {
	return Pattern{sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })}
}

// MatchString is that of regexp.Regexp, as are the methods below.
func (p Pattern) MatchString(s string) bool { return p.compiled().MatchString(s) }

func (p Pattern) Match(b []byte) bool { return p.compiled().Match(b) }

func (p Pattern) FindString(s string) string { return p.compiled().FindString(s) }

func (p Pattern) FindStringSubmatch(s string) []string { return p.compiled().FindStringSubmatch(s) }

func (p Pattern) FindAllString(s string, n int) []string { return p.compiled().FindAllString(s, n) }

func (p Pattern) ReplaceAllString(src, repl string) string {
	return p.compiled().ReplaceAllString(src, repl)
}
