package language

// azeri is South Azerbaijani, in Arabic letters; its words tell it from Persian.
var azeri = tongue{
	tag: "azb", script: Arab,
	letter: "پچژگکیۆؤ", never: "ةيكىإەێڕڵټښځډڼٹڈڑںےہۇۈۋڭ",
	words: list("بیر ایله اوچون کی دیر ائتدی اولان اولدو دئدی ائله ائدیر بو اونون اؤز اولوب ایدی گؤره سونرا ائتمک واردیر دا ده یئر اولاراق ایندی ایچینده لار لر بوتون چوخ آذربایجان اولماق"),
}

var uyghur = tongue{
	tag: "ug", script: Arab,
	letter: "ۇۈۋڭېە", never: "ةإأؤذضظثصطحعکیۆٹڈڑںےہټښ",
	words: list("بىلەن ۋە بىر بۇ ئۈچۈن دەپ ئۇ بولۇپ بولغان قىلىپ قىلغان ھەم كېيىن ئىدى بار"),
}

var turkish = tongue{
	tag: "tr", script: Latn,
	letter: "ığşçöü", never: "êûéèàñßäåãőq",
	words:    list("ve bir bu için ile da de olarak olan çok daha en gibi kadar sonra ancak ama değil var yok olduğu tarafından ise ya her ne o üzerine göre şu dün bugün saat ilçesinde bölgesinde edildi oldu etti yapılan karşı biz onlar"),
	months:   []string{"ocak", "şubat", "mart", "nisan", "mayıs", "haziran", "temmuz", "ağustos", "eylül", "ekim", "kasım", "aralık"},
	hijri:    []string{"muharrem", "safer", "rebiülevvel", "rebiülahir", "cemaziyelevvel", "cemaziyelahir", "recep", "şaban", "ramazan", "şevval", "zilkade", "zilhicce"},
	relative: map[string]int{"bugün": 0, "dün": -1, "evvelsi gün": -2, "yarın": 1},
	am:       []string{"sabah"}, pm: []string{"akşam", "öğleden sonra"},
	weekdays: list("pazartesi salı çarşamba perşembe cuma cumartesi pazar"),
	hour:     []string{"saat"},
	numbers: map[int]string{1: "bir?", 2: "iki", 3: "üç", 4: "dört", 5: "beş", 6: "altı", 7: "yedi", 8: "sekiz", 9: "dokuz", 10: "on?",
		20: "yirmi", 30: "otuz", 40: "kırk", 50: "elli", 60: "altmış", 70: "yetmiş", 80: "seksen", 90: "doksan", 100: "yüz", 1000: "bin?", 1e6: "milyon", 1e9: "milyar"},
}
