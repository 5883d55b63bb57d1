package chart

import (
	"fmt"
	"strings"
)

// Say says an English text in the language of a page. Behind the text come the
// names and values of its {places}. The English is the key; nil says it as it
// is.
type Say func(english string, fill ...any) string

func (s Say) f(english string, fill ...any) string {
	if s != nil {
		return s(english, fill...)
	}
	for i := 0; i+1 < len(fill); i += 2 {
		english = strings.ReplaceAll(english, "{"+fmt.Sprint(fill[i])+"}", fmt.Sprint(fill[i+1]))
	}
	return english
}
