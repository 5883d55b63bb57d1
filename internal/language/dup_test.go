package language

import "testing"

// inRounds is Dup without the short way for texts that hold nothing to drop.
func inRounds(s string) string {
	for {
		f := folder{dst: make([]byte, 0, len(s)+8), rules: dupRules()}
		kept, dropped := dropNoise(string(f.fold(s)))
		f = folder{dst: f.dst[:0], rules: dupRules(), runs: true}
		s = string(f.fold(kept))
		if !dropped {
			return s
		}
	}
}

func FuzzDupShortWay(f *testing.F) {
	for _, s := range []string{"a.b c", "www.x.com", "قال: نعم. ثم", "x://y", "۱۲٫۵", "سلام\u200cعليكم", "aaa bbbb", "e\u0301.com", "www٫x.com", "A.B@c", "ﷺ", "1.com"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if a, b := Dup(s), inRounds(s); a != b {
			t.Fatalf("%q: %q, in rounds %q", s, a, b)
		}
	})
}
