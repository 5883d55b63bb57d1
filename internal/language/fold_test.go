package language

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestFold(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"  Hello\t\n WORLD ", "hello world"},
		// 1: compatibility forms
		{"\uFDFC", "ريال"}, {"\uFDFD", "بسم الله الرحمن الرحيم"}, {"\uFEFB", "لا"}, {"\uFDF2", "الله"},
		{"ﻛﺘﺎﺋﺐ", "كتايب"}, {"ﷺ", "صلي الله عليه وسلم"}, {"ｆｕｌｌ", "full"}, {"①②", "12"}, {"ﬁ", "fi"},
		// 2: invisible characters
		{"ab\u200b\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\u00adc", "abc"},
		{"می\u200cرود", "مي رود"},
		// 3: vowel signs, tatweel
		{"مُحَمَّدٌ", "محمد"}, {"كـــتـاب", "كتاب"}, {"هٰذا", "هذا"}, {"قرآنۖ", "قران"},
		// 4: letters
		{"أإآٱا", "اا"}, {"ب أ إ آ ٱ ا", "ب ا ا ا ا ا"}, {"ى ي ی ې ئ", "ي ي ي ي ي"}, {"ؤ و", "و و"}, {"ك ک ڪ", "ك ك ك"}, {"ة ه ۀ ہ ە ۂ", "ه ه ه ه ه ه"},
		{"پ چ ژ گ", "پ چ ژ گ"}, {"ا\u0654 و\u0654 ي\u0654 ه\u0654", "ا و ي ه"},
		// 5: digits
		{"٠١٢٣٤٥٦٧٨٩ ۰۱۲۳۴۵۶۷۸۹", "0123456789 0123456789"}, {"٥٠٪ ٣٫٥", "50% 3.5"},
		// 7: case, spaces, runs
		{"Sooooo 1000000 !!!", "soo 1000000 !!!"}, {"ههههههه", "هه"}, {"AaAa", "aa"}, {"lلـلـلل", "lلل"},
		// Latin and Hebrew for search
		{"al-Ḥashd al-Shaʿbī", "al-hashd al-shabi"}, {"Sha'bi's Kata’ib", "shabis kataib"}, {"'quoted'", "'quoted'"}, {"ʿAlī ʾAḥmad", "ali ahmad"},
		{"E\u0301te\u0301 é ñ ç ş ğ İI ı", "ete e n c s g ii i"}, {"Straße Łódź Øre", "strasse lodz ore"},
		{"צה״ל צה\"ל צהל", "צהל צהל צהל"}, {"שָׁלוֹם", "שלום"}, {"װאָס ייִדיש", "וואס יידיש"}, {"a\"b", "a\"b"},
		// elsewhere
		{"И\u0306 Й й Ё", "й й й ё"}, {"ΣΊΣΥΦΟΣ ς", "σίσυφοσ σ"},
		{"https://example.org/A?b=C", "https://example.org/a?b=c"},
		{"a\xffb", "a\uFFFDb"}, {"\x00a\x00", "a"},
	} {
		if got := Fold(c.in); got != c.want {
			t.Errorf("Fold(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

// TestFoldTable holds Fold against METHODS 1.1 code point by code point, in the
// blocks the table names.
func TestFoldTable(t *testing.T) {
	in := func(r rune, ranges ...rune) bool {
		for i := 0; i < len(ranges); i += 2 {
			if ranges[i] <= r && r <= ranges[i+1] {
				return true
			}
		}
		return false
	}
	for r := rune(0x600); r <= 0x6FF; r++ {
		want := string(r)
		switch {
		case in(r, 0x0610, 0x061A, 0x064B, 0x065F, 0x0670, 0x0670, 0x06D6, 0x06ED, 0x0640, 0x0640):
			want = ""
		case in(r, 0x0660, 0x0669):
			want = string(r - 0x0660 + '0')
		case in(r, 0x06F0, 0x06F9):
			want = string(r - 0x06F0 + '0')
		case r == 0x066A:
			want = "%"
		case r == 0x066B:
			want = "."
		case strings.ContainsRune("\u0622\u0623\u0625\u0671", r):
			want = "\u0627"
		case strings.ContainsRune("\u0649\u06CC\u06D0\u0626", r):
			want = "\u064A"
		case r == 0x0624:
			want = "\u0648"
		case strings.ContainsRune("\u06A9\u06AA", r):
			want = "\u0643"
		case strings.ContainsRune("\u0629\u06C0\u06C1\u06D5\u06C2", r):
			want = "\u0647"
		case r == 0x06D3: // ے with a hamza, which is deleted when typed as a mark
			want = "\u06D2"
		case in(r, 0x0675, 0x0678): // high hamza ligatures: two letters by NFKC
			continue
		}
		if got := Fold("x" + string(r) + "x"); got != "x"+want+"x" {
			t.Errorf("Fold(U+%04X) = %q, want %q", r, got, want)
		}
	}
	deleted := [][2]rune{{0x200B, 0x200B}, {0x200D, 0x200F}, {0x202A, 0x202E}, {0x2066, 0x2069}, {0xFEFF, 0xFEFF}, {0xAD, 0xAD}}
	for _, d := range deleted {
		for r := d[0]; r <= d[1]; r++ {
			if got := Fold("x" + string(r) + "y"); got != "xy" {
				t.Errorf("Fold keeps U+%04X: %q", r, got)
			}
			if got := Dup("x" + string(r) + "y"); got != "xy" {
				t.Errorf("Dup keeps U+%04X: %q", r, got)
			}
		}
	}
	// No presentation form survives.
	for _, p := range [][2]rune{{0xFB50, 0xFBB1}, {0xFBD3, 0xFD3D}, {0xFD50, 0xFD8F}, {0xFD92, 0xFDC7}, {0xFDF0, 0xFDFD}, {0xFE70, 0xFE72}, {0xFE74, 0xFE74}, {0xFE76, 0xFEFC}} {
		for r := p[0]; r <= p[1]; r++ {
			for _, f := range Fold(string(r)) {
				if scriptOf(f) == Arab && f > 0x6FF || 0x64B <= f && f <= 0x65F {
					t.Errorf("Fold(U+%04X) = %q holds U+%04X", r, Fold(string(r)), f)
				}
			}
		}
	}
}

// scraps are what texts of this domain, and texts made to break a normaliser,
// are built from.
var scraps = []string{"ا", "آ", "ا\u0653", "ٔ", "ي", "ى", "ه", "ە\u0654", "ـ", "َ", zwnj, "\u200d", "\u202e", " ", "\n", "a", "A", "aaa", "é", "e\u0301", "\u0301", "\u0323",
	"İ", "ı", "ſ", "'", "’", "ʿ", "\"", "״", "א", "ב\u05bc", "\u05b8", "ײַ", "и", "\u0306", "й", "ᄀ", "ᅡ", "ᆨ", "가", "か", "\u3099", "ﷺ", "\uFDFD", "ﹰ", "¨", "١", "۲", "\xff", "\xe2\x80", "😀", "🇮🇶", "\u034f", "Σ", "ᾈ", "ŉ", "ǅ", "K", "\u0345", "ẞ", "#", "@", "_", ".", "/", ":", "t.me/x", "https://a.b", "\x00", "क", "\u093c", "\u0f71\u0f72", "\u1100\u1161"}

func TestFoldIsIdempotent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOf(rapid.OneOf(rapid.SampledFrom(scraps), rapid.StringN(0, 3, -1))).Draw(t, "s"), "")
		for name, f := range map[string]func(string) string{"Fold": Fold, "Dup": Dup} {
			once := f(s)
			if twice := f(once); twice != once {
				t.Fatalf("%s(%q) = %q, and again %q", name, s, once, twice)
			}
			if !utf8.ValidString(once) {
				t.Fatalf("%s(%q) = %q is not UTF-8", name, s, once)
			}
		}
	})
}

func FuzzFold(f *testing.F) {
	for _, s := range append(scraps, "مُحَمَّدٌ می\u200cرود al-Shaʿbī", strings.Repeat("\u0301", 70)) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, form := range []func(string) string{Fold, Dup} {
			once := form(s)
			if twice := form(once); twice != once {
				t.Fatalf("not idempotent: %q, %q, %q", s, once, twice)
			}
			if !utf8.ValidString(once) || len(once) > 18*len(s)+8 {
				t.Fatalf("%q became %q", s, once)
			}
		}
		if got := string(AppendFold([]byte("keep "), s)); got != "keep "+Fold(s) {
			t.Fatalf("AppendFold(%q) = %q", s, got)
		}
	})
}

func BenchmarkFold(b *testing.B) {
	text := strings.Repeat("أعلنت فرقة النخيل مسؤوليّتها عن العمليّة في مدينة السِّدرة الساعة ٤:٠٩ مساءً، وقال بيانها رقم ١٢: «لن ننسى». The statement was reposted by channel Nakhil-News. ", 20)
	buf := make([]byte, 0, 2*len(text))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendFold(buf[:0], text)
	}
}
