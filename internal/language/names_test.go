package language

import (
	"slices"
	"testing"
)

// sameNames are spellings of one name each; the names are the everyday ones of
// the region.
var sameNames = [][]string{
	{"Ashab al Kahf", "أصحاب الكهف", "As'hab al-Kahf", "Ashab al-Kahaf"},
	{"Kataib Hezbollah", "Kata'ib Hizballah", "كتائب حزب الله", "Kataeb Hizbullah"},
	{"Asaib Ahl al-Haq", "عصائب أهل الحق", "Asa'ib Ahl al-Haqq"},
	{"Sabereen", "صابرين", "Sabrin", "صابرین"},
	{"Qasem Soleimani", "قاسم سلیمانی", "Qassem Suleimani", "Kasim Süleymani", "קאסם סולימאני", "Касем Сулеймани"},
	{"Hashd al-Shaabi", "الحشد الشعبي", "al-Hashd ash-Sha'bi", "حشد شعبی", "Haşdi Şabi"},
	{"Nujaba", "النجباء", "al-Nujaba", "نُجَباء"},
	{"Usbat al-Thaireen", "Usbat al-Tha'ireen", "عصبة الثائرين"},
	{"Muhammad", "محمد", "Mohammed", "Mehmed", "מוחמד", "Мухаммад"},
	{"Abdul Rahman", "عبد الرحمن", "عبدالرحمن", "Abd al-Rahman", "Abdurrahman"},
	{"Yusuf", "يوسف", "Youssef", "یوسف", "Юсуф"},
	{"Reza", "رضا", "Ridha"},
	{"Khalid", "خالد", "Khaled", "Halid"},
	{"Hussein", "حسين", "Hossein", "Husayn", "حسین", "חוסיין"},
	{"Jamal", "جمال", "Gamal", "Cemal"},
	{"Mansur", "منصور", "Mansour", "Mansoor"},
	{"Davoud", "داوود", "Dawud"},
}

func TestNames(t *testing.T) {
	for _, spellings := range sameNames {
		for i, a := range spellings {
			for _, b := range spellings[i+1:] {
				if s := SameName(a, b); s < NameThreshold {
					t.Errorf("SameName(%q, %q) = %.2f", a, b, s)
				}
				if s, r := SameName(a, b), SameName(b, a); s != r {
					t.Errorf("SameName(%q, %q) = %v, the other way %v", a, b, s, r)
				}
			}
		}
	}
	for i, x := range sameNames {
		for _, y := range sameNames[i+1:] {
			for _, a := range x {
				for _, b := range y {
					if s := SameName(a, b); s >= NameThreshold {
						t.Errorf("SameName(%q, %q) = %.2f", a, b, s)
					}
				}
			}
		}
	}
}

// keysOf returns the keys of every word but articles.
func keysOf(name string) [][]string {
	var all [][]string
	for _, w := range nameWords(name) {
		all = append(all, NameKeys(w))
	}
	return all
}

func TestNameKeys(t *testing.T) {
	for _, spellings := range sameNames {
		first := keysOf(spellings[0])
		for _, s := range spellings[1:] {
			other := keysOf(s)
			if len(other) != len(first) {
				continue // written as one word: SameName's part
			}
			for i := range first {
				shared := slices.ContainsFunc(first[i], func(k string) bool { return slices.Contains(other[i], k) })
				if !shared {
					t.Errorf("%q and %q: word %d has keys %q and %q", spellings[0], s, i+1, first[i], other[i])
				}
			}
		}
	}
}

func BenchmarkSameName(b *testing.B) {
	for b.Loop() {
		SameName("Qasem Soleimani", "قاسم سلیمانی")
	}
}

func BenchmarkNameKeys(b *testing.B) {
	for b.Loop() {
		NameKeys("Soleimani")
	}
}
