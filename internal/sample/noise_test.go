package sample

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

const claimText = "«بيت شعر»\n\nبيان رقم (7)\n\nاستهدف أبناء الصخر قاعدة في أم طليح بثلاثة صواريخ الساعة 20:41.\n\nأبناء الصخر"

func TestDerive(t *testing.T) {
	w := wrapper{"رأس", "ذيل", "قبل", "بعد"}
	for _, c := range []struct {
		rel   Relation
		check func(string) bool
	}{
		{Verbatim, func(s string) bool { return s == claimText }},
		{Forwarded, func(s string) bool { return s == claimText }},
		{Wrapped, func(s string) bool { return s == "رأس\n\n"+claimText+"\n\nذيل" }},
		{Quoted, func(s string) bool { return s == "قبل\n\n"+claimText+"\n\nبعد" }},
		{Stripped, func(s string) bool {
			return !strings.Contains(s, "شعر") && strings.HasSuffix(s, "20:41.") && strings.HasPrefix(s, "بيان")
		}},
		{Truncated, func(s string) bool {
			n := utf8.RuneCountInString(s)
			return strings.HasPrefix(claimText, strings.TrimSuffix(s, " …")) && n < utf8.RuneCountInString(claimText)*7/10
		}},
		{Orthography, func(s string) bool { return s != claimText && len(strings.Fields(s)) == len(strings.Fields(claimText)) }},
		{Scanned, func(s string) bool { return s != claimText && onlyDigits(s) == onlyDigits(claimText) }},
	} {
		for seed := range uint64(50) {
			r := newRNG(seed)
			if got := derive(&r, c.rel, claimText, w, 150); !c.check(got) || !utf8.ValidString(got) {
				t.Fatalf("%s, seed %d: %q", c.rel, seed, got)
			}
		}
	}
}

func onlyDigits(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsDigit(c) {
			return c
		}
		return -1
	}, s)
}

func TestCountAR(t *testing.T) {
	for _, c := range []struct {
		n    int
		kind string
		want string
	}{
		{1, "rocket", "صاروخ واحد"}, {1, "ied", "عبوة ناسفة واحدة"}, {2, "mortar", "قذيفتي هاون"},
		{3, "rocket", "ثلاثة صواريخ"}, {3, "ied", "ثلاث عبوات ناسفة"}, {8, "drone", "ثماني طائرات مسيّرة انقضاضية"}, {11, "rocket", "11 صاروخ"},
	} {
		if got := countAR(c.n, weaponOf(c.kind).ar); got != c.want {
			t.Errorf("%d %s: %s, want %s", c.n, c.kind, got, c.want)
		}
	}
}

func FuzzEntities(f *testing.F) {
	for _, s := range []string{"", "نص بلا روابط", "#وسم و @handle", "https://t.me/x\n#a", "a#b @", "##", "@\n@"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var b, want []byte
		for _, p := range entities(s) {
			if len(p.text) == 0 && s != "" && !strings.ContainsFunc(s, unicode.IsControl) {
				t.Errorf("empty part in %q", s)
			}
			b = append(b, p.text...)
		}
		if want = appendEscaped(want, s); string(b) != string(want) {
			t.Errorf("parts of %q join to %q", s, b)
		}
	})
}
