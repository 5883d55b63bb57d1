package language

// sorani is Kurdish in Arabic letters; it writes its vowels.
var sorani = tongue{
	tag: "ckb", script: Arab,
	letter: "ەۆێڕڵڤپچژگکی", never: "ةيكىإأؤذضظثصطۀټښځډڼٹڈڑںےہۇۈۋڭ",
	words:    list("لە بە و بۆ لەگەڵ کە ئەم ئەو کرد دەکات بوو هەر لەسەر ئێمە یەک دوو نێوان دوای پێش هەموو کرا کراوە دەبێت بووە خۆی ئەوەی لەم لەو هەیە نییە یان بەڵام تا له به بو ئه\u200cم ئه\u200cو هه\u200cر"),
	affixes:  [2]string{"", "ی"},
	months:   []string{"کانوونی دووەم", "شوبات", "ئازار", "نیسان", "ئایار", "حوزەیران", "تەممووز|تەمموز", "ئاب", "ئەیلوول", "تشرینی یەکەم", "تشرینی دووەم", "کانوونی یەکەم"},
	solar:    []string{"خاکەلێوە", "گوڵان", "جۆزەردان", "پووشپەڕ", "گەلاوێژ", "خەرمانان", "ڕەزبەر", "گەڵاڕێزان|خەزەڵوەر", "سەرماوەز", "بەفرانبار", "ڕێبەندان", "ڕەشەمێ|ڕەشەمە"},
	relative: map[string]int{"ئەمڕۆ": 0, "ئەمرۆ": 0, "دوێنێ": -1, "سبەی": 1, "سبەینێ": 1},
	am:       []string{"بەیانی"}, pm: []string{"ئێوارە"},
	night: []string{"شەو"},
	hour:  []string{"کاتژمێر", "سەعات"},
	glue:  []string{"ی", "مانگی", "ساڵی"},
	numbers: map[int]string{1: "یەک?", 2: "دوو", 3: "سێ", 4: "چوار", 5: "پێنج", 6: "شەش", 7: "حەوت", 8: "هەشت", 9: "نۆ", 10: "دە",
		11: "یازدە یانزدە", 12: "دوازدە دوانزدە", 13: "سیازدە سێزدە", 14: "چواردە", 15: "پازدە پانزدە", 16: "شازدە شانزدە", 17: "حەڤدە حەقدە", 18: "هەژدە", 19: "نۆزدە",
		20: "بیست", 30: "سی?", 40: "چل", 50: "پەنجا", 60: "شەست", 70: "حەفتا", 80: "هەشتا", 90: "نەوەد",
		100: "سەد", 200: "دووسەد", 300: "سێسەد", 400: "چوارسەد", 500: "پێنجسەد", 600: "شەشسەد", 700: "حەوتسەد", 800: "هەشتسەد", 900: "نۆسەد",
		1000: "هەزار", 1e6: "ملیۆن", 1e9: "ملیار"},
	and: "و",
}

// kurmanji is Kurdish in Latin letters.
var kurmanji = tongue{
	tag: "kmr", script: Latn,
	letter: "êîûşç", never: "ığöüéèàñßäåã",
	words:    list("û ji li bi ku de di ye ne jî ev ew wî wê bo hat kir dike dikin bû bûn ser her xwe yên ên ka heta lê an me min tu hem gelek piştî berî tê hatin dibe divê nav navbera roj îro duh bajarê gundê dema yekî wan hatiye kirin"),
	months:   []string{"çile|rêbendan|kanûna paşîn", "sibat|reşemî", "adar", "nîsan|avrêl", "gulan", "hezîran|pûşper", "tîrmeh", "tebax|gelawêj", "îlon|rezber", "cotmeh|kewçêr", "mijdar|sermawez", "berfanbar|kanûna pêşîn"},
	relative: map[string]int{"îro": 0, "duh": -1, "sibe": 1},
	hour:     []string{"saet", "saetê", "demjimêr"},
	glue:     []string{"ê", "sala", "meha"},
}
