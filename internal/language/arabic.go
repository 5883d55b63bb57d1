package language

import "strings"

// arabicLetter is step 4: the spellings of alef, ya, waw, kaf and ha that stand
// for one another. Pe, che, zhe and gaf stay: they separate Persian words. A
// letter that is one of these with a hamza above (ۂ, ۓ) follows its base, since
// the hamza typed as a mark of its own is deleted.
func arabicLetter(c rune) rune {
	switch c {
	case 0x0622, 0x0623, 0x0625, 0x0671:
		return 'ا'
	case 0x0649, 0x06CC, 0x06D0, 0x0626:
		return 'ي'
	case 0x0624:
		return 'و'
	case 0x06A9, 0x06AA:
		return 'ك'
	case 0x0629, 0x06C0, 0x06C1, 0x06C2, 0x06D5:
		return 'ه'
	case 0x06D3:
		return 'ے'
	}
	return c
}

var arabic = tongue{
	tag: "ar", script: Arab,
	letter: "ةىأإؤ", never: "پچژگکیۆەێڕڵېۀټښځډڼٹڈڑںےہھۇۈۋڭ",
	words: list("في من على إلى الى أن ان عن هذا هذه التي الذي ما لا كان كانت قال مع بعد قبل بين كل ذلك تلك هو هي تم قد لم لن إن أو او ثم حتى خلال عند نحن وقد ولا وفي ومن وقال عليه عليها فيه فيها منه أي غير اليوم أمس حيث أكثر كما اللي مش شو ليش هاي هسه شنو وين احنا انا"),
	shape: func(w string) bool { return len(w) >= 10 && strings.HasPrefix(w, "ال") },
	months: []string{"يناير|كانون الثاني|جانفي", "فبراير|شباط|فيفري", "مارس|آذار|اذار", "أبريل|إبريل|نيسان|أفريل", "مايو|أيار|ماي", "يونيو|يونية|حزيران|جوان",
		"يوليو|يولية|تموز|جويلية|يوليوز", "أغسطس|آب|أوت|غشت", "سبتمبر|أيلول|شتنبر", "أكتوبر|تشرين الأول|تشرين أول", "نوفمبر|تشرين الثاني|تشرين ثاني|نونبر", "ديسمبر|كانون الأول|كانون أول|دجنبر"},
	hijri: []string{"محرم|المحرم|محرم الحرام", "صفر|صفر المظفر", "ربيع الأول|ربيع أول", "ربيع الثاني|ربيع الآخر|ربيع ثاني", "جمادى الأولى|جمادى الأول|جمادي الأولى", "جمادى الآخرة|جمادى الثانية|جمادى الثاني|جمادى الآخر",
		"رجب|رجب المرجب", "شعبان|شعبان المعظم", "رمضان|رمضان المبارك", "شوال|شوال المكرم", "ذو القعدة|ذي القعدة|ذوالقعدة", "ذو الحجة|ذي الحجة|ذوالحجة"},
	solar:    []string{"فروردين", "أرديبهشت|ارديبهشت", "خرداد", "تير", "مرداد", "شهريور", "مهر", "آبان", "آذر", "دي", "بهمن", "إسفند|اسفند"},
	relative: map[string]int{"اليوم": 0, "أمس": -1, "امس": -1, "البارحة": -1, "أول أمس": -2, "غدا": 1, "غداً": 1},
	weekdays: list("السبت الأحد الاثنين الإثنين الثلاثاء الأربعاء الخميس الجمعة"),
	am:       []string{"صباحا", "صباحاً", "فجرا", "فجراً", "ص"}, pm: []string{"مساء", "مساءً", "ظهرا", "ظهراً", "عصرا", "عصراً", "م"},
	night: []string{"ليلا", "ليلاً"},
	hour:  []string{"الساعة", "الساعه", "بالساعة"},
	glue:  []string{"من", "شهر", "سنة", "عام", "لعام", "لسنة", "يوم", "الموافق", "هـ", "ه", "م"},
}

// arabicSounds is what letters in Arabic script stand for, after Fold, in
// Arabic, Persian, Kurdish and Urdu and in foreign names written with them.
const arabicSounds = `
	ا:a ء:ʕ ب:b;p,v ت:t ث:θ,s ج:j,g;ž ح:h خ:x,h د:d ذ:ð,z ر:r ز:z;ž س:s ش:š;č ص:s ض:d,z,ð ط:t ظ:z,ð ع:ʕ غ:ɣ,g ف:f;v ق:q;g ك:k;g
	ل:l م:m ن:n ه:h,0;e و:w;v ي:y تش:č,tš دج:j,dj كس:ks يا:ya وا:wa
	پ:p چ:č,j ژ:ž,j گ:g ڤ:v,f ڨ:g ڭ:g,ng ۆ:o ێ:e ڕ:r ڵ:l ۇ:u ۈ:u ۋ:v ٹ:t ڈ:d ڑ:r ے:e ں:n,0 ھ:0,h ټ:t ډ:d ړ:r ڼ:n ښ:š,x ږ:ž,g ګ:g ځ:z څ:s,ts ۍ:y`
