package language

import "testing"

// samples are invented sentences as channels and papers would print them.
var samples = map[string][]string{
	"ar": {
		"أعلنت فرقة النخيل مسؤوليتها عن استهداف قافلة إمداد شمال مدينة السدرة.",
		"قال المتحدث باسم الحكومة إن الجسر أعيد فتحه أمام حركة المرور",
		"عاجل | انفجار قرب الميناء القديم",
		"لا صحة لما يتم تداوله في بعض القنوات عن انسحاب القوات",
		"بيان رقم 14 صادر عن كتيبة الفجر",
		"شنو صار هسه بالسدرة؟ الناس كلها تسأل",
		"وصل الوفد إلى العاصمة مساء أمس بعد زيارة استمرت ثلاثة أيام",
		"تم إسقاط طائرة مسيرة فوق الوادي من دون وقوع إصابات",
	},
	"fa": {
		"گردان نخل مسئولیت حمله به کاروان تدارکات در شمال شهر سدره را بر عهده گرفت.",
		"سخنگوی دولت گفت که پل دوباره باز شده است",
		"فوری | انفجار در نزدیکی بندر قدیمی",
		"این خبر را تکذیب می\u200cکنیم و از مردم می\u200cخواهیم آرام باشند",
		"هیئت شب گذشته پس از سه روز سفر به پایتخت رسید",
		"یک پهپاد بر فراز دره سرنگون شد",
		"بیانیه شماره ۱۴ گردان فجر منتشر شد",
		"هيچ خبري از اين گروه در دست نيست كه بتوان آن را تأييد كرد",
	},
	"ckb": {
		"گرووپی دارخورما بەرپرسیارێتی هێرشەکەی لە باکووری شاری سیدرە لە ئەستۆ گرت.",
		"وتەبێژی حکوومەت ڕایگەیاند کە پردەکە کراوەتەوە",
		"بەپەلە | تەقینەوەیەک لە نزیک بەندەری کۆن ڕوویدا",
		"ئەم هەواڵە ڕاست نییە و ئێمە ڕەتی دەکەینەوە",
		"شاندەکە دوێنێ ئێوارە گەیشتە پایتەخت",
		"فڕۆکەیەکی بێفڕۆکەوان لە سەر دۆڵەکە خرایە خوارەوە",
		"بەیاننامەی ژمارە ١٤ بڵاو کرایەوە",
		"خەڵکی شارەکە داوای ئاو و کارەبا دەکەن",
	},
	"ur": {
		"نخیل بریگیڈ نے سدرہ شہر کے شمال میں قافلے پر حملے کی ذمہ داری قبول کر لی ہے۔",
		"حکومت کے ترجمان نے کہا کہ پل دوبارہ کھول دیا گیا ہے",
		"پرانی بندرگاہ کے قریب دھماکہ ہوا ہے",
		"یہ خبر درست نہیں ہے اور ہم اس کی تردید کرتے ہیں",
		"وفد کل شام دارالحکومت پہنچا",
		"وادی کے اوپر ایک ڈرون مار گرایا گیا",
		"بیان نمبر 14 جاری کیا گیا",
		"شہر کے لوگ پانی اور بجلی کا مطالبہ کر رہے ہیں",
	},
	"ps": {
		"د نخیل ډلې د سدره ښار په شمال کې پر کاروان د برید مسوولیت ومانه.",
		"د حکومت ویاند وویل چې پل بیا پرانیستل شوی دی",
		"د زاړه بندر ترڅنګ چاودنه وشوه",
		"دا خبر سم نه دی او موږ یې ردوو",
		"پلاوی پرون ماښام پلازمېنې ته ورسېد",
		"د درې پر سر یوه بې پیلوټه الوتکه راوغورځول شوه",
		"د خپرونې ۱۴ ګڼه خپره شوه",
		"د ښار خلک اوبه او برېښنا غواړي",
	},
	"he": {
		"גדוד הדקל נטל אחריות על התקיפה צפונית לעיר סדרה.",
		"דובר הממשלה אמר כי הגשר נפתח מחדש לתנועה",
		"דיווח ראשוני: פיצוץ סמוך לנמל הישן",
		"הידיעה הזאת אינה נכונה ואנחנו מכחישים אותה",
		"המשלחת הגיעה אתמול בערב לבירה",
		"כלי טיס בלתי מאויש הופל מעל העמק",
		"תושבי העיר דורשים מים וחשמל",
		"לא נגרמו נפגעים, אבל נגרם נזק רב לרכוש",
	},
	"yi": {
		"די פאלמען בריגאדע האט גענומען די פאראנטווארטליכקייט פאר'ן אנגריף אין צפון פון שטאט.",
		"דער רעגירונגס רעדנער האט געזאגט אז די בריק איז ווידער געעפנט",
		"א שטארקער אויפרייס נעבן דעם אלטן האפן",
		"די נייעס איז נישט ריכטיג און מיר לייקענען עס אפ",
		"די דעלעגאציע איז נעכטן אנגעקומען אין הויפטשטאט",
		"דראון אראפגעשאסן איבער'ן טאל געמעלדעט רעגירונג",
		"די איינוואוינער פאדערן וואסער און עלעקטריע",
		"פּראָטעסטן אין דער הױפּטשטאָט װערן שטאַרקער",
	},
	"en": {
		"The Palm Brigade claimed responsibility for the attack on a supply convoy north of Sidra.",
		"A government spokesman said the bridge had been reopened to traffic",
		"Breaking: explosion near the old port",
		"This report is not true and we deny it",
		"The delegation arrived in the capital last night after three days",
		"A drone was shot down over the valley without casualties",
		"Statement no. 14 has been published by the battalion",
		"People in the city are asking for water and electricity",
	},
	"tr": {
		"Hurma Tugayı, Sidra kentinin kuzeyinde ikmal konvoyuna yapılan saldırıyı üstlendi.",
		"Hükümet sözcüsü köprünün yeniden trafiğe açıldığını söyledi",
		"Son dakika: Eski liman yakınında patlama",
		"Bu haber doğru değil ve bunu reddediyoruz",
		"Heyet dün akşam üç günlük ziyaretin ardından başkente ulaştı",
		"Vadi üzerinde bir insansız hava aracı düşürüldü",
		"Şehir halkı su ve elektrik istiyor",
		"Taburun 14 numaralı bildirisi yayımlandı",
	},
	"kmr": {
		"Tabûra Darxurmeyê êrîşa li ser karwanê li bakurê bajarê Sîdrayê girt ser xwe.",
		"Berdevkê hikûmetê got ku pir ji nû ve hat vekirin",
		"Li nêzîkî bendera kevn teqînek çêbû",
		"Ev nûçe ne rast e û em wê red dikin",
		"Şande duh êvarê gihîşt paytextê",
		"Dronek li ser geliyê hat xistin",
		"Gelê bajêr av û elektrîkê dixwazin",
		"Daxuyaniya hejmar 14 ji aliyê tabûrê ve hat weşandin",
	},
	"de": {
		"Die Palmenbrigade bekannte sich zu dem Angriff auf einen Konvoi nördlich von Sidra.",
		"Ein Regierungssprecher sagte, die Brücke sei wieder für den Verkehr geöffnet",
		"Eilmeldung: Explosion in der Nähe des alten Hafens",
		"Diese Meldung ist nicht wahr und wir weisen sie zurück",
		"Die Delegation ist gestern Abend in der Hauptstadt eingetroffen",
		"Über dem Tal wurde eine Drohne abgeschossen",
		"Die Menschen in der Stadt fordern Wasser und Strom",
		"Das Bataillon hat seine Erklärung Nr. 14 veröffentlicht",
	},
	"fr": {
		"La Brigade du Palmier a revendiqué l'attaque contre un convoi au nord de Sidra.",
		"Un porte-parole du gouvernement a déclaré que le pont était rouvert",
		"Urgent : explosion près du vieux port",
		"Cette information n'est pas vraie et nous la démentons",
		"La délégation est arrivée hier soir dans la capitale",
		"Un drone a été abattu au-dessus de la vallée",
		"Les habitants de la ville réclament de l'eau et de l'électricité",
		"Le bataillon a publié son communiqué numéro 14",
	},
	"es": {
		"La Brigada de la Palma reivindicó el ataque contra un convoy al norte de Sidra.",
		"Un portavoz del gobierno dijo que el puente ha sido reabierto",
		"Urgente: explosión cerca del puerto viejo",
		"Esta noticia no es cierta y la desmentimos",
		"La delegación llegó anoche a la capital después de tres días",
		"Un dron fue derribado sobre el valle",
		"Los habitantes de la ciudad piden agua y electricidad",
		"El batallón ha publicado su comunicado número 14",
	},
	"ru": {
		"Бригада «Пальма» взяла на себя ответственность за нападение на колонну к северу от Сидры.",
		"Представитель правительства сообщил, что мост вновь открыт для движения",
		"Срочно: взрыв возле старого порта",
		"Это сообщение не соответствует действительности",
		"Делегация прибыла вчера вечером в столицу",
		"Над долиной был сбит беспилотник",
		"Жители города требуют воды и электричества",
		"Батальон опубликовал заявление номер 14",
	},
}

// TestIdentify asks of every language that at most one sample in eight is
// missed, and of those telling scripts' neighbours apart that none is.
func TestIdentify(t *testing.T) {
	strict := map[string]bool{"ar": true, "fa": true, "ckb": true, "ur": true, "he": true, "yi": true, "tr": true, "kmr": true}
	for want, list := range samples {
		missed := 0
		for _, s := range list {
			got, confidence := Identify(s)
			if got != want {
				missed++
				t.Logf("Identify(%q) = %s %.2f, want %s", s, got, confidence, want)
			}
			if confidence < 0 || confidence > 1 {
				t.Errorf("Identify(%q): confidence %v", s, confidence)
			}
		}
		if missed > 1 || missed > 0 && strict[want] {
			t.Errorf("%s: %d of %d missed", want, missed, len(list))
		}
	}
}

func TestIdentifyEdges(t *testing.T) {
	for _, c := range []struct {
		in, want string
		prefer   []string
	}{
		{"", "und", nil}, {"🔥🔥 123", "und", nil}, {"ok", "und", nil}, {"محمد", "und", nil},
		{"محمد", "fa", []string{"fa"}}, {"سلام", "ar", []string{"ar", "fa"}},
		{"ἐν ἀρχῇ", "el", nil}, {"გამარჯობა", "ka", nil}, {"Բարեւ", "hy", nil},
		{"The convoy of فرقة was seen in the north of the town", "en", nil},
		{"نشرت القناة مقطعا بعنوان Breaking News من المدينة", "ar", nil},
		{"\xff\xfe", "und", nil},
	} {
		if got, _ := Identify(c.in, c.prefer...); got != c.want {
			t.Errorf("Identify(%q, %q) = %s, want %s", c.in, c.prefer, got, c.want)
		}
	}
}

func TestDirectionAndScript(t *testing.T) {
	for lang, want := range map[string]string{"ar": "rtl", "fa-IR": "rtl", "yi": "rtl", "he": "rtl", "ckb": "rtl", "az-Arab": "rtl", "ar-Latn": "ltr", "en": "ltr", "kmr": "ltr", "und": "ltr", "": "ltr"} {
		if got := Direction(lang); got != want {
			t.Errorf("Direction(%q) = %s, want %s", lang, got, want)
		}
	}
	for s, want := range map[string]Script{"": NoScript, "12 !": NoScript, "abc": Latn, "abc محمد": Arab, "שלום": Hebr, "мир": Cyrl, "ﷲ": Arab, "日本": Hani, "ᚠ": NoScript} {
		if got := ScriptOf(s); got != want {
			t.Errorf("ScriptOf(%q) = %s, want %s", s, got, want)
		}
	}
}

func FuzzIdentify(f *testing.F) {
	for _, list := range samples {
		f.Add(list[0], "fa")
	}
	f.Add("\xe2\x80", "")
	f.Fuzz(func(t *testing.T, s, prefer string) {
		lang, confidence := Identify(s, prefer)
		if lang == "" || confidence < 0 || confidence > 1 || lang == Undetermined && confidence != 0 {
			t.Fatalf("Identify(%q) = %q, %v", s, lang, confidence)
		}
	})
}

func BenchmarkIdentify(b *testing.B) {
	arabicPost := samples["ar"][0] + " " + samples["ar"][1] + " " + samples["ar"][3] + " " + samples["ar"][6] + " " + samples["ar"][7]
	for name, s := range map[string]string{"arabic": arabicPost, "english": samples["en"][0] + " " + samples["en"][1], "turkish": samples["tr"][0]} {
		b.Run(name, func(b *testing.B) {
			b.ReportMetric(float64(len([]rune(s))), "runes")
			for b.Loop() {
				Identify(s)
			}
		})
	}
}
