package language

import (
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestDup(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"عاجل 🔥🔥 تم الاستهداف\nhttps://t.me/nakhil/12", "عاجل تم الاستهداف"},
		{"see t.me/x_y and www.example.org/a?b=1, then go", "see and , then go"},
		{"(https://example.org/path).", "( )."},
		{"news.example.com said", "said"},
		{"@nakhil_news: #فرقة_النخيل 🇮🇶 15:30", ": فرقه النخيل 15:30"},
		{"mail a.b@example.org now", "mail a.b@example.org now"},
		{"at 16:09 on 10/01/2026 or 10.01.2026, 3.5", "at 16:09 on 10/01/2026 or 10.01.2026, 3.5"},
		{"٤:٠٩", "4:09"}, {"می\u200cرود", "مي رود"}, {"Café'S", "café's"}, {"waaaait", "waait"},
		{"a ♥️ b 👨\u200d👩\u200d👧 c 1️⃣", "a b c 1"},
		{"report.then it", "report.then it"},
	} {
		if got := Dup(c.in); got != c.want {
			t.Errorf("Dup(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestTokens(t *testing.T) {
	for in, want := range map[string][]string{
		"":                         nil,
		"Kata'ib al-Nakhil, 2026!": {"Kata", "ib", "al", "Nakhil", "2026"},
		"مُحَمَّد ١٢٣":             {"مُحَمَّد", "١٢٣"},
		"#فرقة_النخيل":             {"فرقة", "النخيل"},
		"e\u0301a":                 {"e\u0301a"},
		"\u0301 a":                 {"a"},
		"日本 x\xffy":                {"日本", "x", "y"},
	} {
		var got []string
		Tokens(in, func(start, end int) { got = append(got, in[start:end]) })
		if !slices.Equal(got, want) {
			t.Errorf("Tokens(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestJoinedForms(t *testing.T) {
	for in, want := range map[string][]string{
		"no joiner here": nil,
		"او می\u200cرود، نمی\u200cخواهد.": {"ميرود", "نميخواهد"},
		"می\u200cرود می\u200cرود":         {"ميرود"},
		"کتاب\u200cها\u200cی (خوب)":       {"كتابهاي"},
		"\u200c":                          nil,
	} {
		if got := JoinedForms(in); !slices.Equal(got, want) {
			t.Errorf("JoinedForms(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for in, want := range map[string]float64{
		"0": 0, "12": 12, "٢٬٥٧١": 2571, "۲٬۵۷۱": 2571, "2,571": 2571, "2.571": 2571, "2 571": 2571, "2'571": 2571, "1.234.567": 1234567,
		"٣٫٥": 3.5, "2.5": 2.5, "2,57": 2.57, "1,234.5": 1234.5, "1.234,56": 1234.56, "٢٬٥٧١٫٢٥": 2571.25, "-12": -12, "0.125": 0.125, " 7 ": 7, "٣٫١٢٥": 3.125, "१२": 12,
	} {
		if got, err := ParseNumber(in); err != nil || math.Abs(got-want) > 1e-9 {
			t.Errorf("ParseNumber(%q) = %v, %v; want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "abc", "1,,2", ",1", "1,", "12,34,567", "1234,567,890", "1.2.3", "--1", "1e5", "12x"} {
		if got, err := ParseNumber(in); err == nil {
			t.Errorf("ParseNumber(%q) = %v, want an error", in, got)
		}
	}
	if got := FoldDigits("٠٩ ۰۹ ०९ ٣٫٥٪ ب"); got != "09 09 09 3.5% ب" {
		t.Errorf("FoldDigits = %q", got)
	}
}

func FuzzParseNumber(f *testing.F) {
	for _, s := range []string{"٢٬٥٧١٫٢٥", "1.234,56", "-2 571", "\u202f", "𝟙𝟚"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if v, err := ParseNumber(s); err == nil && math.IsNaN(v) {
			t.Fatalf("ParseNumber(%q) is not a number", s)
		}
		if d := FoldDigits(s); FoldDigits(d) != d {
			t.Fatalf("FoldDigits(%q) = %q is not stable", s, d)
		}
	})
}

func TestVisibleProse(t *testing.T) {
	for in, want := range map[string]string{
		"می\u200cرود":                "می\u200cرود",
		"\u200cرود":                  "<U+200C>رود",
		"می\u200c رود":               "می<U+200C> رود",
		"a\u200c\u200cb":             "a<U+200C><U+200C>b",
		"evil\u202efdp.exe":          "evil<U+202E>fdp.exe",
		"a\u200d":                    "a<U+200D>",
		"\U0001F468\u200d\U0001F469": "\U0001F468\u200d\U0001F469",
	} {
		if got := VisibleProse(in); got != want {
			t.Errorf("VisibleProse(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"plain\ttext\n": "plain\ttext\n", "a\u202eb": "a<U+202E>b", "می\u200cرود": "می<U+200C>رود", "x\x00\x1b": "x<U+0000><U+001B>",
		"\u2066\u061c\ufeff": "<U+2066><U+061C><U+FEFF>", "\xff": "<0xFF>", "\ufffd": "\ufffd", "\U000E0041": "<U+E0041>", "مُ": "مُ",
	} {
		if got := Visible(in); got != want {
			t.Errorf("Visible(%q) = %q, want %q", in, got, want)
		}
	}
	for s, want := range map[string]bool{"": false, "abc שלום": false, "می\u200cرود": false, "\u200f": true, "a\u202e": true, "\u2069": true, "\u061c": true} {
		if got := HasBidiControls(s); got != want {
			t.Errorf("HasBidiControls(%q) = %v", s, got)
		}
	}
}

func TestVariants(t *testing.T) {
	for in, want := range map[string][]string{
		"كتاب":    {"كتاب", "الكتاب", "والكتاب", "بالكتاب", "للكتاب", "وكتاب", "لكتاب"},
		"الكتاب":  {"الكتاب", "كتاب", "والكتاب", "للكتاب"},
		"للكتاب":  {"كتاب", "الكتاب"},
		"والكتاب": {"كتاب", "الكتاب"},
	} {
		got := Variants(in)
		if got[0] != in {
			t.Errorf("Variants(%q) begins with %q", in, got[0])
		}
		for _, w := range want {
			if !slices.Contains(got, w) {
				t.Errorf("Variants(%q) = %q lacks %q", in, got, w)
			}
		}
		if len(slices.Compact(slices.Sorted(slices.Values(got)))) != len(got) {
			t.Errorf("Variants(%q) = %q repeats", in, got)
		}
	}
	for _, in := range []string{"", "book", "ו"} {
		if got := Variants(in); !slices.Equal(got, []string{in}) {
			t.Errorf("Variants(%q) = %q", in, got)
		}
	}
}

func TestArticles(t *testing.T) {
	for w, want := range map[string]bool{"al": true, "Al": true, "el": true, "ال": true, "ash": true, "ali": false, "": false, "الله": false} {
		if got := IsArticle(w); got != want {
			t.Errorf("IsArticle(%q) = %v", w, got)
		}
	}
	for w, want := range map[string]string{"الكتاب": "كتاب", "الله": "الله", "ال": "ال", "كتاب": "كتاب", "الحق": "حق"} {
		if got := StripArticle(w); got != want {
			t.Errorf("StripArticle(%q) = %q, want %q", w, got, want)
		}
	}
}

func FuzzNames(f *testing.F) {
	for _, s := range sameNames {
		f.Add(s[0], s[1])
	}
	f.Add("al al", "ال")
	f.Add("ه", "\xff")
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a) > 200 || len(b) > 200 {
			return
		}
		s := SameName(a, b)
		if s < 0 || s > 1 || math.IsNaN(s) {
			t.Fatalf("SameName(%q, %q) = %v", a, b, s)
		}
		if r := SameName(b, a); math.Abs(r-s) > 1e-9 {
			t.Fatalf("SameName(%q, %q) = %v, the other way %v", a, b, s, r)
		}
		for _, w := range strings.Fields(a) {
			keys := NameKeys(w)
			for _, k := range keys {
				if k == "" || !utf8.ValidString(k) {
					t.Fatalf("NameKeys(%q) = %q", w, keys)
				}
			}
		}
	})
}

func FuzzTokens(f *testing.F) {
	for _, s := range scraps {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		last := 0
		Tokens(s, func(start, end int) {
			if start < last || end <= start || end > len(s) {
				t.Fatalf("Tokens(%q): %d-%d after %d", s, start, end, last)
			}
			last = end
		})
		for _, w := range JoinedForms(s) {
			if w == "" || Fold(w) != w {
				t.Fatalf("JoinedForms(%q) has %q", s, w)
			}
		}
		if v := Visible(s); HasBidiControls(v) || !utf8.ValidString(v) {
			t.Fatalf("Visible(%q) = %q", s, v)
		}
	})
}
