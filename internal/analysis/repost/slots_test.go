//lint:file-ignore ST1018 Persian is written with the zero-width non-joiner.

package repost

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"dalil/internal/record"
	"dalil/internal/sample"
)

var june = time.Date(2025, 6, 7, 12, 0, 0, 0, time.UTC).Unix()

// show writes the slots of a text as "times | dates | counts".
func show(s slots) string {
	return strings.Join(strings.Fields(s.words(slotTime)+" | "+s.words(slotDate)+" | "+s.words(slotCount)), " ")
}

func TestFindSlots(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "| |"},
		{"لا شيء هنا", "| |"},

		// Times.
		{"في تمام الساعة 20:41", "20:41 | |"},
		{"الساعة ٢٠:٤١:٠٥ بتوقيت دهرون", "20:41 | |"},
		{"ساعت ۲۰:۴۱ روز سه‌شنبه", "20:41 | |"},
		{"کاتژمێر ٨:٣٠ ئێوارە", "20:30 | |"},
		{"بשעה 20:41, חמישה טילים", "20:41 | | 5"},
		{"at 20.41 three rockets", "20:41 | | 3"},
		{"saat 20.41", "20:41 | |"},
		{"الساعة 8 مساءً", "20:00 | |"},
		{"الساعة 8:41 مساءً بتوقيت بغداد", "20:41 | |"},
		{"الساعة 8:41 بتوقيت بغداد", "8:41 | |"},
		{"8:41 pm and 12:05 am", "0:05, 20:41 | |"},
		{"ساعت ۸ صبح", "8:00 | |"},
		{"\u200f٢٠\u200f:\u200f٤١", "20:41 | |"},
		{"a magnitude of 12.30", "| | 12"},
		{"at 5 places", "| | 5"},
		{"24 ساعت ۳ نفر", "| | 3, 24"},
		{"fe80:12:34:56:78", "| | 12, 34, 56, 78"},

		// Dates.
		{"يوم الخميس الموافق 15/6/2025، وبعد", "| 2025-06-15 |"},
		{"5/6/2025", "| 2025-05-06, 2025-06-05 |"},
		{"۲۰۲۵/۶/۵ ساعت ۲۰:۴۱", "20:41 | 2025-06-05 |"},
		{"2025-06-05T20:41:00Z", "20:41 | 2025-06-05 |"},
		{"۱۴۰۴/۰۳/۱۵", "| 2025-06-05 |"},
		{"۱۵ خرداد ۱۴۰۴", "| 2025-06-05 |"},
		{"5 حزيران", "| 2025-06-05 |"},
		{"5 يونيو/حزيران 2025 الساعة 20:41", "20:41 | 2025-06-05 |"},
		{"في الخامس من حزيران", "| |"},
		{"9 ذو الحجة 1446 هـ، 3 شهداء", "| 2025-06-05 | 3"},
		{"٥ی حوزەیران", "| 2025-06-05 |"},
		{"ב-5 ביוני 2025", "| 2025-06-05 |"},
		{"June 5, 2025, 5th of June and Jun 6", "| 2025-06-05, 2025-06-06 |"},
		{"yesterday, Monday, أمس, دیروز", "| |"},
		{"may 3 rockets", "| | 3"},
		{"https://wire.example/2025/06/05/12:30 x", "| |"},

		// Counts in digits.
		{"بيان رقم (17)", "| | 17"},
		{"استشهاد 2,571 و٢٬٥٧٢ و 1.250.000", "| | 2571, 2572, 1250000"},
		{"3,4,5", "| | 3, 4, 5"},
		{"ب5 صواريخ وبـ٦ قذائف", "| | 5, 6"},
		{"5 آلاف، 2.5 مليون، 20 هزار", "| | 5000, 20000, 2500000"},
		{"M16, F35, K2, F-16, 107mm, t.me/kanal/17, @kanal9, #سرايا_2023 #7", "| |"},
		{"+964 770 123 4567, 07701234567, رقم 3", "| | 3"},
		{"1- قتل\n2) أصيب 4\n 3. انسحب\n1️⃣ x", "| | 4"},
		{"﴿وَاعْدُوا ١٢﴾ 3", "| | 3"},
		{"99999999999 9999999999", "| |"},
		{"12 مليار", "| | 4294967295"},

		// Number words.
		{"استهدف بثلاثة صواريخ وأربع عبوات وخمس", "| | 3, 4, 5"},
		{"بستَّة صـواريخ", "| | 6"},
		{"ثلاثة عشر جندياً وخمسة وعشرون", "| | 13, 25"},
		{"مئة وخمسة وعشرين، ثلاثة آلاف وخمسمئة، ألفين", "| | 125, 2000, 3500"},
		{"خمسة وعشرون ألفاً", "| | 25000"},
		{"صاروخ واحد، يوم الاثنين، الأحد، لست، 50 بالمئة", "| | 50"},
		{"الثاني عشر والخامس والعشرين", "| |"},
		{"صد هجوم", "| |"},
		{"سه موشک و بیست و یک پهپاد، صد و بیست نفر، نه", "| | 3, 21, 120"},
		{"سه‌شنبه، سه شنبه، پنج شنبه، یک در", "| |"},
		{"دو هزار و سیصد", "| | 2300"},
		{"سێ مووشەک، بیست و پێنج، سێ شەممە", "| | 3, 25"},
		{"שלושה טילים, שלוש עשרה, עשרים וחמש, שלושת אלפים, מאה עשרים", "| | 3, 13, 25, 120, 3000"},
		{"יום שני, באר שבע, אחד, אחרי שנים", "| |"},
		{"one rocket, twenty-five, two hundred and five, three thousand four hundred", "| | 25, 205, 3400"},
		{"two, three", "| | 2, 3"},
		{"yirmi beş, bin beş yüz, bir, on", "| | 25, 1500"},
		{"ﺛﻼﺛﺔ صواريخ", "| | 3"},
	} {
		if got := show(findSlots(c.text, june, nil)); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}

func TestSlotsWithoutTime(t *testing.T) {
	if got := show(findSlots("5 June, 15/6/2025, 20:41", record.NoSeconds, nil)); got != "20:41 | 2025-06-15 | 5" {
		t.Error(got)
	}
	zone := time.FixedZone("", 3*3600)
	newYear := time.Date(2025, 12, 31, 22, 0, 0, 0, time.UTC).Unix()
	if got := findSlots("1 January", newYear, zone).words(slotDate); got != "2026-01-01" {
		t.Error(got)
	}
}

func TestMostSlots(t *testing.T) {
	s := findSlots(strings.Repeat("20:41 ", 3)+strings.Repeat("5 ا 6 ب ", 100), june, nil)
	if len(s) == 0 || len(s) > mostSlots || show(s) != "20:41 | | 5, 6" {
		t.Error(len(s), show(s))
	}
}

func TestVeto(t *testing.T) {
	for _, c := range []struct {
		a, b string
		kind slotKind
		veto bool
		conf bool
	}{
		{"الساعة 20:41", "الساعة 20:42", slotTime, true, true},
		{"الساعة 20:41 بيان رقم 3", "الساعة 20:41 بيان رقم 4", slotCount, true, true},
		{"بيان رقم ٣", "بيان رقم ثلاثة", 0, false, false},
		{"بيان رقم 3", "بيان", 0, false, false},
		{"15/6/2025", "2025-06-15", 0, false, false},
		{"5/6/2025", "June 5, 2025", 0, false, false},
		{"استهداف القاعدة بثلاثة صواريخ", "استهداف القاعدة\n\nتابعونا على 12 منصة", slotCount, true, false},
		{"قتل 3 جنود", "إصابة 4 جنود", slotCount, true, true},
	} {
		a, b := findSlots(c.a, june, nil), findSlots(c.b, june, nil)
		if k, v := a.veto(b); v != c.veto || k != c.kind {
			t.Errorf("%s / %s: veto %v %v", c.a, c.b, k, v)
		}
		if got := a.conflict(b); got != c.conf {
			t.Errorf("%s / %s: conflict %v", c.a, c.b, got)
		}
	}
	if got := findSlots("15/6/2025 2025-06-15", june, nil).days(); len(got) != 1 || got[0] != 739416 {
		t.Error(got)
	}
}

// claim is a message of a family of the sample.
type claim struct {
	text, brand, lang string
	family            int
	relation          sample.Relation
	slots             slots
}

// claims writes an export of nothing but claims and their reposts.
func claims(t testing.TB, messages int) []claim {
	var file bytes.Buffer
	opt := sample.DefaultExport(messages, 9)
	opt.FamilyShare, opt.ServiceShare, opt.ControlShare, opt.Noise = .5, 0, 0, .06
	truth, err := sample.Export(&file, opt)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		ID       int64
		Messages []struct {
			ID   int64
			Date string `json:"date_unixtime"`
			Text json.RawMessage
		}
	}
	if err := json.Unmarshal(file.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	texts := map[int64]string{}
	for _, m := range doc.Messages {
		var text string
		if json.Unmarshal(m.Text, &text) == nil {
			texts[m.ID] = text
		}
	}
	var all []claim
	for i, f := range truth.Families {
		for _, m := range f.Members {
			if texts[m.ID] == "" {
				t.Fatalf("family %d: message %d has no plain text", i, m.ID)
			}
			all = append(all, claim{texts[m.ID], f.Brand, f.Lang, i, m.Relation, findSlots(texts[m.ID], f.At+7200, nil)})
		}
	}
	return all
}

func TestClaims(t *testing.T) {
	all := claims(t, 3000)
	originals := map[int]claim{}
	langs := map[string]int{}
	pairs, vetoes, conflicts := 0, 0, 0
	for _, c := range all {
		if c.relation == sample.Original {
			originals[c.family] = c
			langs[c.lang]++
			for k := range slotKinds {
				if c.slots.words(k) == "" {
					t.Fatalf("no %v in %s", k, c.text)
				}
			}
		}
	}
	for i, c := range all {
		o := originals[c.family]
		if k, v := o.slots.veto(c.slots); v {
			t.Errorf("%s vetoed by %v: %s against %s\n%s", c.relation, k, show(o.slots), show(c.slots), c.text)
		}
		if o.slots.conflict(c.slots) {
			t.Errorf("%s in conflict: %s against %s\n%s", c.relation, show(o.slots), show(c.slots), c.text)
		}
		if c.relation == sample.Orthography && show(c.slots) != show(o.slots) && c.lang == "ar" {
			t.Errorf("respelled: %s became %s\n%s", show(o.slots), show(c.slots), c.text)
		}
		for _, d := range all[:i] {
			if d.family == c.family || d.brand != c.brand || d.lang != c.lang || c.relation == sample.Truncated || d.relation == sample.Truncated {
				continue
			}
			pairs++
			if _, v := c.slots.veto(d.slots); v {
				vetoes++
			} else {
				t.Errorf("no veto: %s against %s\n%s\n\n%s", show(c.slots), show(d.slots), c.text, d.text)
			}
			if c.slots.conflict(d.slots) {
				conflicts++
			}
		}
	}
	if langs["ar"] < 50 || langs["fa"] < 20 {
		t.Errorf("only %v claims", langs)
	}
	t.Logf("%d texts, %v, %d pairs, %d vetoes, %d conflicts", len(all), langs, pairs, vetoes, conflicts)
}

func FuzzFindSlots(f *testing.F) {
	for _, s := range []string{"الساعة 20:41 يوم 5/6/2025 بثلاثة صواريخ", "۱۵ خرداد ۱۴۰۴ سه‌شنبه", "+964 770 1:2:3 2,571.5 12 مليار", "ﷺ ﴿ 1 ﴾ １２:３０", "ב-5 ביוני, June 5th 8:41 pm", "\xff\xd9 1️⃣ 1- x"} {
		f.Add(s, "الساعة 20:42 بيان رقم 3", int64(1_750_000_000))
	}
	f.Fuzz(func(t *testing.T, a, b string, posted int64) {
		if posted < -1<<36 || posted > 1<<36 {
			posted = record.NoSeconds
		}
		s, o := findSlots(a, posted, nil), findSlots(b, posted, nil)
		if len(s) > mostSlots || !slices.IsSortedFunc(s, func(x, y slot) int { return cmp.Or(cmp.Compare(x.kind, y.kind), cmp.Compare(x.value, y.value)) }) {
			t.Fatalf("%v of %q", s, a)
		}
		masks := s.masks()
		for i, x := range s {
			if i > 0 && x == s[i-1] || masks[x.kind] == 0 || x.kind == slotTime && x.value >= 24*60 {
				t.Fatalf("%v of %q", s, a)
			}
		}
		others := o.masks()
		for k := range slotKinds {
			if (masks[k] == 0) != (s.words(k) == "") {
				t.Fatalf("mask of %v in %q", k, a)
			}
			if masks[k] != 0 && others[k] != 0 && masks[k]&others[k] == 0 && !s.of(k).disjoint(o.of(k)) {
				t.Fatalf("masks of %v disjoint, values not: %q %q", k, a, b)
			}
		}
		k, v := s.veto(o)
		if l, w := o.veto(s); k != l || v != w || s.conflict(o) != o.conflict(s) || !v && s.conflict(o) {
			t.Fatalf("veto not symmetric: %q %q", a, b)
		}
		if _, v := s.veto(s); v {
			t.Fatalf("%q vetoes itself", a)
		}
		s.days()
	})
}

func BenchmarkFindSlots(b *testing.B) {
	plain := "وبعد رصد دقيق استمر أياماً تمكن إخوانكم من استهداف القاعدة قرب المدينة وكانت الإصابة مباشرة بفضل الله وليعلم الغرباء أن أرضنا لا تتسع لهم وأن كل طريق يسلكونه تحت أنظارنا. "
	text := string([]rune(strings.Repeat(plain, 5))[:600])
	persian := string([]rune(strings.Repeat("بیگانگان بدانند که خاک ازروان جای آنان نیست و هر راهی که بروند زیر نظر ماست و این پاسخ ما به آنچه بر فرزندان رفت بود و گردان‌های ما برمی‌گردند. ", 6))[:600])
	english := strings.Repeat("The supply convoy was hit near the bridge and smoke was seen from afar. ", 9)[:600]
	cut := string([]rune(text)[:480])
	for _, c := range []struct{ name, text string }{
		{"plain-ar", text}, {"plain-fa", persian}, {"plain-en", english},
		{"claim", "بيان رقم (17) في تمام الساعة 20:41 من يوم الخميس الموافق 15/6/2025 بثلاثة صواريخ " + cut},
		{"counts", "قتل 3 جنود وأصيب 12 آخرون ودمرت 4 آليات بثلاثة صواريخ في 24 ساعة " + cut},
		{"month", "في 5 حزيران 2025 قتل 3 جنود عند الساعة 8:41 مساء " + cut},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			findSlots(c.text, june, nil)
			for b.Loop() {
				findSlots(c.text, june, nil)
			}
		})
	}
}
