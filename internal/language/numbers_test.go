package language

import (
	"strings"
	"testing"
)

func TestNumberWord(t *testing.T) {
	for _, c := range []struct {
		words string
		value uint32
	}{
		{"ثلاثة بثلاث والثلاثة", 3}, {"ستة وست بستة", 6}, {"ثماني ثمانية", 8}, {"عشرون وعشرين", 20}, {"مئة مائة بمئة", 100},
		{"مئتين مائتان مئتي", 200}, {"ثلاثمئة ثلاثمائة", 300}, {"ألف بألف", 1000}, {"ألفين", 2000}, {"أثنين اثنان", 2},
		{"سه", 3}, {"بیست بيست", 20}, {"هزار", 1000}, {"دەرۆ", 0}, {"سێ", 3}, {"سەد", 100}, {"پێنج", 5},
		{"שלושה שלוש בשלושה ושלוש", 3}, {"שתיים שני", 2}, {"אלפיים", 2000}, {"three", 3}, {"ninety", 90}, {"üç uc", 3}, {"kırk", 40},
		{"الاثنين الأحد لست بست الآلاف بالمئة السبع שנים בשני ordinal الثالث third צה", 0},
	} {
		for w := range strings.FieldsSeq(c.words) {
			n, ok := NumberWord(Fold(w))
			if n.Value != c.value || ok != (c.value != 0) || n.Weak {
				t.Errorf("%s is %+v, want %d", w, n, c.value)
			}
		}
	}
	for _, w := range strings.Fields("واحد یک یەک one bir אחת نه صد سی آلاف on bin") {
		if n, ok := NumberWord(Fold(w)); !ok || !n.Weak {
			t.Errorf("%s is %+v, want a weak one", w, n)
		}
	}
	if n, _ := NumberWord("وعشرون"); !n.And {
		t.Error("no and in وعشرون")
	}
	if n, _ := NumberWord("بيست"); n.Tongues&(n.Tongues-1) == 0 {
		t.Error("بیست is Persian and Sorani")
	}
}

// No word has two values: which one it gets would be a matter of luck.
func TestNumberWordsDiffer(t *testing.T) {
	seen := map[string]int{}
	for _, tongue := range tongues() {
		for value, words := range tongue.numbers {
			for w := range strings.FieldsSeq(words) {
				for _, prefix := range append([]string{""}, tongue.before...) {
					key := Fold(prefix + strings.TrimSuffix(w, "?"))
					if n, ok := NumberWord(key); !ok {
						continue
					} else if old, ok := seen[key]; ok && old != value || n.Value != uint32(value) {
						t.Errorf("%s is %d and %d", key, value, n.Value)
					}
					seen[key] = value
				}
			}
		}
	}
	if len(seen) < 1000 {
		t.Errorf("%d words", len(seen))
	}
}
