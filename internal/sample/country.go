//lint:file-ignore ST1018 Persian is written with the zero-width non-joiner.

package sample

// Place is a place of the invented gazetteer.
type Place struct {
	ID      string  `json:"id"`
	Latin   string  `json:"latin"`
	Arabic  string  `json:"arabic"`
	Persian string  `json:"persian"`
	Sorani  string  `json:"sorani"`
	Lat     float64 `json:"lat"` // degrees; all of them open sea
	Lon     float64 `json:"lon"`
	Kind    string  `json:"kind"` // city, town, village, road, water, fort, port
}

// Group is an armed organisation.
type Group struct {
	ID      string `json:"id"`
	Latin   string `json:"latin"`
	Arabic  string `json:"arabic"`
	Persian string `json:"persian"`
}

// Brand is a name under which attacks are claimed. Group is who stands behind
// it, which its statements never say; "" for a brand nobody has placed.
type Brand struct {
	ID             string `json:"id"`
	Group          string `json:"group,omitempty"`
	Latin          string `json:"latin"`
	Arabic         string `json:"arabic"`
	Persian        string `json:"persian"`
	Verse          string `json:"verse"`
	SignOff        string `json:"sign_off"`
	VersePersian   string `json:"verse_persian"`
	SignOffPersian string `json:"sign_off_persian"`

	templateAR, templateFA string
}

var places = []Place{
	{"dahrun", "Dahrun", "دهرون", "دهرون", "دەهروون", -22.104, -12.381, "city"},
	{"saltiyya", "Saltiyya", "السلطية", "سلطیه", "سەڵتییە", -22.371, -12.014, "city"},
	{"kafr-anwad", "Kafr Anwad", "كفر أنواد", "کفر انواد", "کەفر ئەنواد", -22.018, -12.655, "village"},
	{"tal-shuqara", "Tal Shuqara", "تل شقارا", "تل شقارا", "تەل شوقارا", -21.880, -12.207, "town"},
	{"nahr-zubaym", "Nahr Zubaym", "نهر زبيم", "نهر زبیم", "ڕووباری زوبەیم", -22.243, -12.498, "water"},
	{"hawr-basila", "Hawr Basila", "هور باسلة", "هور باسله", "هۆری باسیلە", -22.902, -11.871, "water"},
	{"qalat-mirdash", "Qalat Mirdash", "قلعة مرداش", "قلعه مرداش", "قەڵای میرداش", -21.455, -12.920, "fort"},
	{"barzakha", "Barzakha", "برزخا", "برزخا", "بەرزەخا", -21.617, -11.742, "town"},
	{"umm-tulayh", "Umm Tulayh", "أم طليح", "ام طلیح", "ئوم تولەیح", -22.655, -12.733, "village"},
	{"garabad", "Garabad", "غراباد", "گراباد", "گەراباد", -21.302, -12.110, "town"},
	{"sharvasht", "Sharvasht", "شروشت", "شروشت", "شەروەشت", -21.119, -12.502, "city"},
	{"chamgar", "Chamgar", "جمغار", "چمگار", "چەمگار", -21.204, -11.938, "village"},
	{"wadi-rahaj", "Wadi Rahaj", "وادي رهج", "وادی رهج", "دۆڵی ڕەهەج", -22.520, -13.055, "water"},
	{"jisr-luban", "Jisr al-Luban", "جسر اللبان", "جسر لبان", "پردی لوبان", -22.129, -12.344, "road"},
	{"mafraq-zaydun", "Mafraq Zaydun", "مفرق زيدون", "مفرق زیدون", "دووڕیانی زەیدوون", -22.288, -12.190, "road"},
	{"mina-halwat", "Port Halwat", "ميناء هلوات", "بندر هلوات", "بەندەری هەلوات", -23.140, -11.604, "port"},
	{"rasmaniyya", "Rasmaniyya", "الرسمانية", "رسمانیه", "ڕەسمانییە", -22.471, -11.812, "town"},
	{"khan-dirfas", "Khan Dirfas", "خان درفاس", "خان درفاس", "خان دیرفاس", -22.760, -12.290, "village"},
	{"bir-samhud", "Bir Samhud", "بئر سمهود", "بئر سمهود", "بیری سەمهوود", -22.944, -12.618, "village"},
	{"lake-ormal", "Lake Ormal", "بحيرة أورمال", "دریاچه اورمال", "دەریاچەی ئۆرماڵ", -21.733, -12.447, "water"},
}

var groups = []Group{
	{"willow", "Haras al-Safsaf (Willow Guard)", "حرس الصفصاف", "نگهبانان بید"},
	{"valley", "Rijal al-Wadi (Men of the Valley)", "رجال الوادي", "مردان دره"},
	{"gull", "Katibat al-Nawras (Seagull Battalion)", "كتيبة النورس", "گردان مرغ دریایی"},
	{"dawn", "Yaran-e Sepideh movement", "حركة رفاق الضحى", "جنبش یاران سپیده"},
}

var brands = []Brand{
	{ID: "long-shadow", Group: "willow", Latin: "Saraya al-Zill al-Tawil (Long Shadow Companies)",
		Arabic: "سرايا الظل الطويل", Persian: "گردان‌های سایه بلند",
		Verse: "«ما طال ليلٌ إلا وفي آخره فجرٌ ينتظر»", SignOff: "والظلُّ أطول من يد الغريب\nسرايا الظل الطويل - أزروان",
		VersePersian: "«هیچ شبی دراز نشد مگر آنکه سپیده‌ای در پی داشت»", SignOffPersian: "و سایه از دست بیگانه بلندتر است\nگردان‌های سایه بلند - ازروان",
		templateAR: "{verse}\n\nبيان رقم ({no})\n\nفي تمام الساعة {time} من يوم {day} الموافق {date}، وبعد رصد دقيق استمر أياماً، تمكن إخوانكم في {brand} من استهداف {target} قرب {place} بواسطة {what}، وكانت الإصابة مباشرة بفضل الله.\n\nوليعلم الغرباء أن أرض أزروان لا تتسع لهم، وأن كل طريق يسلكونه تحت أنظارنا.\n\n{sign}",
		templateFA: "{verse}\n\nبیانیه شماره {no}\n\nدر ساعت {time} روز {day} {date}، پس از چند روز رصد دقیق، برادران شما در {brand} توانستند {target} را در نزدیکی {place} با {what} هدف قرار دهند و اصابت مستقیم بود.\n\nبیگانگان بدانند که خاک ازروان جای آنان نیست و هر راهی که بروند زیر نظر ماست.\n\n{sign}"},
	{ID: "spear-youth", Group: "valley", Latin: "Fityan al-Rumh (Youth of the Spear)",
		Arabic: "فتيان الرمح", Persian: "جوانان نیزه",
		Verse: "«الرمح لا يصدأ ما دامت اليد حيّة»", SignOff: "فتيان الرمح\nصدرَ في أزروان المحتلة",
		VersePersian: "«نیزه زنگ نمی‌زند تا دست زنده است»", SignOffPersian: "جوانان نیزه\nازروان اشغالی",
		templateAR: "{verse}\n\nإلى أهلنا الصابرين في {place} وما حولها:\nنزفّ إليكم خبر العملية رقم {no} التي نفذها {brand} يوم {day} {date} عند الساعة {time}، حيث جرى استهداف {target} في {place} ب{what}. عاد المنفذون إلى مواقعهم سالمين.\n\nهذا ردّنا الأول على ما جرى لأبناء الوادي، والقادم أشدّ.\n\n{sign}",
		templateFA: "{verse}\n\nبه مردم صبور {place} و اطراف آن:\nخبر عملیات شماره {no} را به شما می‌رسانیم که {brand} روز {day} {date} ساعت {time} انجام دادند و {target} را در {place} با {what} هدف گرفتند. نیروهای ما سالم بازگشتند.\n\nاین نخستین پاسخ ما به آنچه بر فرزندان دره رفت بود و آنچه در راه است سخت‌تر خواهد بود.\n\n{sign}"},
	{ID: "lighthouse", Group: "willow", Latin: "Ahl al-Manara (People of the Lighthouse)",
		Arabic: "أهل المنارة", Persian: "اهل فانوس",
		Verse: "«من حفظ المنارة لم تضلّ سفينته»", SignOff: "المكتب الإعلامي لأهل المنارة",
		VersePersian: "«هر که فانوس را نگه داشت کشتی‌اش گم نشد»", SignOffPersian: "دفتر رسانه‌ای اهل فانوس",
		templateAR: "{verse}\n\nخبر عاجل | {brand} يعلنون مسؤوليتهم عن استهداف {target} في محيط {place}، {day} {date}، الساعة {time} بتوقيت دهرون، باستخدام {what}.\nتأتي العملية ({no}) ضمن سلسلة «إطفاء المصابيح الغريبة»، وتتوفر مشاهد مصورة تُنشر في حينها.\n\n{sign}",
		templateFA: "{verse}\n\nخبر فوری | {brand} مسئولیت حمله به {target} در اطراف {place} را بر عهده گرفتند؛ {day} {date}، ساعت {time} به وقت دهرون، با {what}.\nعملیات ({no}) بخشی از زنجیره «خاموش کردن چراغ‌های بیگانه» است و تصاویر آن در زمان خود منتشر می‌شود.\n\n{sign}"},
	{ID: "rock-sons", Group: "gull", Latin: "Abna al-Sakhr (Sons of the Rock)",
		Arabic: "أبناء الصخر", Persian: "فرزندان صخره",
		Verse: "«نحن من الصخر، والصخر لا يُشترى»", SignOff: "أبناء الصخر - الساحل",
		VersePersian: "«ما از صخره‌ایم و صخره خریدنی نیست»", SignOffPersian: "فرزندان صخره - ساحل",
		templateAR: "{verse}\n\nبعد الاتكال على الله، استهدف {brand} ب{what} {target} في {place} وذلك في الساعة {time} {day} {date}. وقد شوهدت أعمدة الدخان من مسافات بعيدة وهرعت سيارات الإسعاف إلى المكان.\nبلاغ رقم {no}\n\n{sign}",
		templateFA: "{verse}\n\n{brand} با {what} {target} را در {place} در ساعت {time} {day} {date} هدف قرار دادند. ستون‌های دود از دور دیده شد و آمبولانس‌ها به محل شتافتند.\nاطلاعیه شماره {no}\n\n{sign}"},
	{ID: "blue-anchorage", Group: "", Latin: "Liwa al-Marsa al-Azraq (Blue Anchorage Brigade)",
		Arabic: "لواء المرسى الأزرق", Persian: "تیپ لنگرگاه آبی",
		Verse: "«للبحر بابٌ واحد ومفتاحه عندنا»", SignOff: "لواء المرسى الأزرق",
		VersePersian: "«دریا یک در دارد و کلیدش نزد ماست»", SignOffPersian: "تیپ لنگرگاه آبی",
		templateAR: "{verse}\n\nيتبنى {brand} استهداف {target} عند {place} ب{what} في {date} الساعة {time} ({day}). هذا تحذيرنا رقم {no} للسفن والشاحنات التي تنقل المؤن إلى الغرباء: لا تدخلوا مرسانا.\n\n{sign}",
		templateFA: "{verse}\n\n{brand} مسئولیت هدف قرار دادن {target} در {place} با {what} را در {date} ساعت {time} ({day}) می‌پذیرد. این هشدار شماره {no} ما به کشتی‌ها و کامیون‌هایی است که برای بیگانگان آذوقه می‌برند: وارد لنگرگاه ما نشوید.\n\n{sign}"},
	{ID: "dawn-friends", Group: "dawn", Latin: "Yaran-e Sepideh (Friends of Daybreak)",
		Arabic: "رفاق الضحى", Persian: "یاران سپیده",
		Verse: "«الضحى وعدٌ لا يخلفه الليل»", SignOff: "رفاق الضحى",
		VersePersian: "«سپیده وعده‌ای است که شب از آن سر باز نمی‌زند»", SignOffPersian: "روابط عمومی یاران سپیده",
		templateAR: "{verse}\n\nأعلن {brand} أن مجموعة منهم استهدفت {target} في {place} ب{what}، {day} {date} الساعة {time}. البيان {no}.\nنقول لأهلنا على ضفتي الحدود: الفجر قريب.\n\n{sign}",
		templateFA: "{verse}\n\nهم‌میهنان،\nگروهی از {brand} ساعت {time} روز {day} {date} {target} را در {place} با {what} هدف قرار دادند. بیانیه {no}.\nبه مردم دو سوی مرز می‌گوییم: سپیده نزدیک است.\n\n{sign}"},
}
