package language

import "strings"

// hebrewBare returns a Hebrew character as search compares it: without points
// and cantillation, Yiddish double letters as two, geresh and gershayim as the
// quotes they are typed as.
func hebrewBare(c rune) []rune {
	switch {
	case c <= 0x05BD, c == 0x05BF, c == 0x05C1, c == 0x05C2, c == 0x05C4, c == 0x05C5, c == 0x05C7:
		return []rune{gone}
	case c == 0x05BE: // maqaf
		return []rune{'-'}
	case c == 0x05F0:
		return []rune("וו")
	case c == 0x05F1:
		return []rune("וי")
	case c == 0x05F2:
		return []rune("יי")
	case c == 0x05F3:
		return []rune{'\''}
	case c == 0x05F4:
		return []rune{'"'}
	}
	return []rune{c}
}

var hebrew = tongue{
	tag: "he", script: Hebr,
	letter: "", never: "װױײ",
	words: list("של את על לא הוא היא כי זה גם עם או אל כל אבל יש היה היו אני אנחנו הם אחרי לפני בין אשר בו לו שלא ולא זו זאת אין מה יותר רק עוד כבר כמו אם לאחר בעיר היום אתמול כך שם ידי"),
	// The article, and the plural endings Yiddish has only in loanwords.
	shape: func(w string) bool {
		return len(w) >= 8 && (strings.HasPrefix(w, "ה") && !strings.HasPrefix(w, "הא") && !strings.HasPrefix(w, "הוי") || strings.HasSuffix(w, "ות") || strings.HasSuffix(w, "ים"))
	},
	affixes:  [2]string{"ב", ""},
	months:   []string{"ינואר", "פברואר", "מרץ|מרס", "אפריל", "מאי", "יוני", "יולי", "אוגוסט", "ספטמבר", "אוקטובר", "נובמבר", "דצמבר"},
	hijri:    []string{"מוחרם", "צפר", "רביע אל-אוול|רביע אל אוול", "רביע א-ת'אני|רביע אל תאני", "ג'ומאדא אל-אולא", "ג'ומאדא אל-אח'רה", "רג'ב", "שעבאן", "רמדאן", "שוואל", "ד'ו אל-קעדה", "ד'ו אל-חיג'ה"},
	relative: map[string]int{"היום": 0, "אתמול": -1, "שלשום": -2, "מחר": 1},
	am:       []string{"בבוקר", "לפנות בוקר"}, pm: []string{"בערב", "אחר הצהריים", "בצהריים"},
	night: []string{"בלילה"}, weekdays: list("ראשון שני שלישי רביעי חמישי שישי שבת"),
	hour: []string{"בשעה", "שעה"},
	glue: []string{"ב", "של", "לחודש", "חודש", "שנת", "בשנת", "יום", "ביום"},
	numbers: map[int]string{1: "אחד? אחת?", 2: "שניים שנים שתיים שתים שנים שני שתי", 3: "שלוש שלושה שלושת", 4: "ארבע ארבעה ארבעת", 5: "חמש חמישה חמשה חמשת", 6: "שש שישה ששה ששת", 7: "שבע שבעה שבעת", 8: "שמונה שמונת", 9: "תשע תשעה תשעת", 10: "עשר עשרה עשרת",
		20: "עשרים", 30: "שלושים", 40: "ארבעים", 50: "חמישים חמשים", 60: "שישים ששים", 70: "שבעים", 80: "שמונים", 90: "תשעים",
		100: "מאה מאות?", 200: "מאתיים", 1000: "אלף אלפים?", 2000: "אלפיים", 1e6: "מיליון מיליוני?", 1e9: "מיליארד מיליארדי?"},
	before:     list("ו ב ל כ מ"),
	notNumbers: list("שנים ושנים בשנים לשנים כשנים משנים בשני לשני משני כשני מאלף"), // years; on Monday, to the second; instructive
}

// yiddish is told from Hebrew by its vowel letters: ayin and the pointed alef
// are written where Hebrew writes nothing.
var yiddish = tongue{
	tag: "yi", script: Hebr,
	letter: "װױײ", never: "",
	words: list("און איז פון פֿון די דער דאס דאָס אויף אויך מיט צו האט האָט זיך נישט ניט געווען געװען מען ער זי מיר ביי בײַ נאך נאָך וואס וואָס װאָס אין פאר פאַר איר זיין זײַן האבן האָבן זענען אז אַז א אַ אן אַן עס מער אבער אָבער וועט איבער קעגן דורך צום ווען ווי"),
	// Participles and the ending of verbs and plurals; Hebrew hardly writes ayin
	// before a final nun.
	shape: func(w string) bool {
		return len(w) >= 8 && (strings.HasPrefix(w, "גע") || strings.HasSuffix(w, "ען") || strings.HasSuffix(w, "ער"))
	},
	months:   []string{"יאנואר|יאַנואַר", "פעברואר|פֿעברואַר", "מערץ", "אפריל|אַפּריל", "מיי|מײַ", "יוני", "יולי", "אויגוסט", "סעפטעמבער", "אקטאבער|אָקטאָבער", "נאוועמבער|נאָוועמבער", "דעצעמבער"},
	relative: map[string]int{"היינט": 0, "הײַנט": 0, "נעכטן": -1, "מארגן": 1, "מאָרגן": 1},
	hour:     []string{"אזייגער|אַזייגער"},
	glue:     []string{"דעם", "דער", "טן"},
}

// hebrewSounds is what Hebrew letters stand for, after Fold, in Hebrew and
// Yiddish: ayin and the yods are vowels in the one, not in the other.
const hebrewSounds = `
	א:a,0,o ב:b,v ג:g,j ד:d ה:h,0 ו:w;v ז:z,ž;ð ח:h,x ט:t י:y כ:k,x ך:x,k ל:l מ:m ם:m נ:n ן:n ס:s ע:ʕ,e פ:p,f ף:f,p
	צ:ts,s;č ץ:ts,s,č ק:q ר:r ש:š,s ת:t,s,θ וו:v,w טש:č,tš זש:ž דזש:j`
