//lint:file-ignore ST1018 Persian is written with the zero-width non-joiner.

package sample

import (
	"strconv"
	"strings"
	"time"
)

// slots are what tells one claim from another: two claims of one template
// differ in nothing else (METHODS 1.2, "slot veto").
type slots struct {
	Brand  *Brand
	Place  *Place
	At     time.Time // local time of the attack
	Weapon *weapon
	Count  int // munitions
	Target *target
	Series int // running number of the brand's statements
}

type weapon struct {
	id    string
	latin string
	ar    [3]string // one, two, several
	fa    string
	ckb   string
}

type target struct {
	id     string
	latin  string
	ar, fa string
	ckb    string
}

var weapons = []weapon{
	{"rocket", "rocket", [3]string{"صاروخ", "صاروخين", "صواريخ"}, "موشک", "مووشەک"},
	{"drone", "one-way drone", [3]string{"طائرة مسيّرة انقضاضية", "طائرتين مسيّرتين انقضاضيتين", "طائرات مسيّرة انقضاضية"}, "پهپاد انتحاری", "درۆن"},
	{"ied", "roadside bomb", [3]string{"عبوة ناسفة", "عبوتين ناسفتين", "عبوات ناسفة"}, "بمب کنارجاده‌ای", "بۆمبی لێواری ڕێگا"},
	{"mortar", "mortar bomb", [3]string{"قذيفة هاون", "قذيفتي هاون", "قذائف هاون"}, "خمپاره", "هاوەن"},
}

var targets = []target{
	{"convoy", "supply convoy of the Ostavian mission", "رتل إمداد تابع للبعثة الأستافية", "کاروان تدارکاتی هیئت استاوی", "کاروانی نێردەی ئۆستاڤی"},
	{"base", "base of the Ostavian mission", "قاعدة البعثة الأستافية", "پایگاه هیئت استاوی", "بنکەی نێردەی ئۆستاڤی"},
	{"radar", "radar station", "محطة الرادار", "ایستگاه رادار", "وێستگەی ڕادار"},
	{"depot", "fuel depot", "مستودع الوقود", "انبار سوخت", "کۆگای سووتەمەنی"},
	{"consulate", "consulate of Sarghel", "قنصلية سرغيل", "کنسولگری سرگیل", "کونسوڵخانەی سەرگێل"},
}

var weekdaysAR = [...]string{"الأحد", "الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت"}
var weekdaysFA = [...]string{"یکشنبه", "دوشنبه", "سه‌شنبه", "چهارشنبه", "پنجشنبه", "جمعه", "شنبه"}

// digits writes ASCII digits as Arabic-Indic (zero '٠') or Persian ('۰') ones.
func digits(s string, zero rune) string {
	return strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' {
			return zero + c - '0'
		}
		return c
	}, s)
}

// countAR writes a number of things in Arabic: one and two are forms of the
// noun, three to ten take the plural, more the singular.
func countAR(n int, forms [3]string) string {
	names := [...]string{"", "", "", "ثلاثة", "أربعة", "خمسة", "ستة", "سبعة", "ثمانية", "تسعة", "عشرة"}
	switch {
	case n == 1:
		return forms[0] + feminine(forms[0], " واحدة", " واحد")
	case n == 2:
		return forms[1]
	case n <= 10:
		// Three to ten take the opposite gender of the noun.
		name := names[n]
		if feminine(forms[0], "f", "m") == "f" {
			name = strings.TrimSuffix(name, "ة")
			if n == 8 {
				name = "ثماني"
			}
		}
		return name + " " + forms[2]
	}
	return strconv.Itoa(n) + " " + forms[0]
}

func feminine(noun, yes, no string) string {
	if first, _, _ := strings.Cut(noun, " "); strings.HasSuffix(first, "ة") {
		return yes
	}
	return no
}

// arabic writes the claim in the brand's Arabic template.
func (s slots) arabic() string {
	d := s.At
	return strings.NewReplacer(
		"{verse}", s.Brand.Verse,
		"{sign}", s.Brand.SignOff,
		"{brand}", s.Brand.Arabic,
		"{no}", strconv.Itoa(s.Series),
		"{what}", countAR(s.Count, s.Weapon.ar),
		"{target}", s.Target.ar,
		"{place}", s.Place.Arabic,
		"{day}", weekdaysAR[d.Weekday()],
		"{date}", d.Format("2/1/2006"),
		"{time}", d.Format("15:04"),
	).Replace(s.Brand.templateAR)
}

// persian writes the claim in Persian; date and numbers are Gregorian with
// Persian digits, as channels outside the calendar's country write them.
func (s slots) persian() string {
	d := s.At
	return strings.NewReplacer(
		"{verse}", s.Brand.VersePersian,
		"{sign}", s.Brand.SignOffPersian,
		"{brand}", s.Brand.Persian,
		"{no}", digits(strconv.Itoa(s.Series), '۰'),
		"{what}", digits(strconv.Itoa(s.Count), '۰')+" "+s.Weapon.fa,
		"{target}", s.Target.fa,
		"{place}", s.Place.Persian,
		"{day}", weekdaysFA[d.Weekday()],
		"{date}", digits(d.Format("2006/1/2"), '۰'),
		"{time}", digits(d.Format("15:04"), '۰'),
	).Replace(s.Brand.templateFA)
}
