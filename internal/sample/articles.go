//lint:file-ignore ST1018 Persian is written with the zero-width non-joiner.

package sample

import (
	"bytes"
	"fmt"
	"html"
	"strings"
	"time"
)

// article is a page of an outlet. Paragraphs that begin with ">" are
// quotations.
type article struct {
	path, outlet string
	url          string
	at           time.Time
	printed      string // the date as the page prints it; "" leaves only the machine-readable one
	title        string
	byline       string
	paragraphs   []string
	caption      string // of the picture
	credit       string
	refs         []string
	comments     []comment
	menu         []string
}

type comment struct {
	who, text string
	at        time.Time
	under     int // index of the comment answered, -1 none
}

const quotingArticle = "articles/minbar-2025-04-15.html"

// counts are the figures about one night, the shooting at the bridge of
// Saltiyya on 14 May, and who took which from whom.
var counts = []Count{
	{ID: "ministry", Path: "articles/minbar-2025-06-14.html", Outlet: "minbar", Figure: 23, Words: "23 قتيلاً", Counted: "rioters and two officers, as the ministry calls them", AsOf: "2025-05-16"},
	{ID: "ledger", Path: "articles/ledger-2025-05-18.html", Outlet: "ledger", Figure: 112, Words: "112 bodies", Counted: "bodies brought to three hospitals, whoever they were", AsOf: "2025-05-17"},
	{ID: "wire", Path: "articles/wire-2025-05-19.html", Outlet: "wire", Figure: 110, Words: "More than 110 protesters", Counted: "protesters killed", AsOf: "2025-05-19", Cites: []string{"ledger"}, Narrowed: true},
	{ID: "karaneh", Path: "articles/karaneh-2025-05-20.html", Outlet: "karaneh", Figure: 112, Words: "۱۱۲ معترض", Counted: "protesters killed", AsOf: "2025-05-20", Cites: []string{"wire", "ledger"}, Narrowed: true},
	{ID: "lamtern", Path: "articles/lamtern-2025-05-21.html", Outlet: "lamtern", Figure: 110, Words: "העכער 110 דעמאָנסטראַנטן", Counted: "demonstrators killed", AsOf: "2025-05-21", Cites: []string{"wire"}},
	{ID: "list", Path: "reports/saltiyya-list.md", Outlet: "list", Figure: 147, Words: "147 names", Counted: "named dead, passers-by included, each with two sources", AsOf: "2025-06-10"},
	{ID: "maagan", Path: "articles/maagan-2025-06-12.html", Outlet: "maagan", Figure: 150, Words: "כ-150 הרוגים", Counted: "killed in the city that week", AsOf: "2025-06-12", Cites: []string{"list"}},
	{ID: "minbar", Path: "articles/minbar-2025-06-14.html", Outlet: "minbar", Figure: 160, Words: "160 بين قتيل ومفقود", Counted: "dead and missing together", AsOf: "2025-06-14", Cites: []string{"list"}},
}

func (s *story) articles() []article {
	return []article{
		{path: quotingArticle, outlet: "minbar", at: day(time.April, 15, 9, 0), printed: "15 نيسان 2025", byline: "هيئة التحرير",
			url:   "https://minbar.example/2025/04/15/tal-shuqara",
			title: "بيان يظهر ساعةً ثم يختفي: ماذا قال الظل الطويل عن تل شقارا؟",
			paragraphs: []string{
				"نشرت قناة تحمل اسم «بيانات الظل» فجر الاثنين بياناً عن هجوم على قاعدة البعثة الأستافية في تل شقارا، ثم حُذف البيان بعد أقل من ساعة من دون تفسير. احتفظت قنوات أخرى بنسخ منه قبل الحذف.",
				"وفي ما يأتي النص كما وصل إلى «منبر أزروان»:",
				"> " + s.quoted,
				"لم تعلق البعثة على البيان، وقال طبيب في تل شقارا إن المستشفى استقبل خمسة مصابين إصاباتهم غير خطرة.",
				"ويرى متابعون أن الحذف قد يعني خلافاً على توقيت الإعلان لا على مضمونه، لكن أحداً ممن تحدثنا إليهم لم يقدم دليلاً على ذلك.",
			},
			caption: "مدخل تل شقارا الشرقي في آذار الماضي", credit: "تصوير: أرشيف منبر أزروان",
			menu: []string{"الرئيسية", "سياسة", "محليات", "رأي"}},
		{path: "articles/govari-2025-05-17.html", outlet: "govari", at: day(time.May, 17, 12, 0), byline: "ئاسۆ چەمگاری",
			url:   "https://govari.example/outage",
			title: "سی کاتژمێر بێ ئینتەرنێت: ئەزراڤان چی بینی و چی نەبینی؟",
			paragraphs: []string{
				"ئینتەرنێت لە کاتژمێر ٣:٢٠ی بەیانی پێنجشەممە لە سەرانسەری وڵات پچڕا و دوای سی کاتژمێر گەڕایەوە. کەناڵەکانی ناوخۆ لەو ماوەیەدا هیچیان بڵاو نەکردەوە.",
				"هاووڵاتییەک لە شەروەشت گوتی: «تەلەفۆنەکانیش کاریان نەدەکرد، تەنیا ڕادیۆ مابوو».",
				"ئەوەی لەو ماوەیەدا ڕوویدا، زۆربەی دواتر بڵاو کرایەوە و کاتی پۆستەکان کاتی ڕووداوەکان نین.",
			},
			caption: "ناوەندی شەروەشت دوای گەڕانەوەی هێڵەکان", credit: "وێنە: گۆڤاری چەمگار", menu: []string{"سەرەکی", "هەواڵ", "ڕاپۆرت"}},
		{path: "articles/ledger-2025-05-18.html", outlet: "ledger", at: day(time.May, 18, 7, 30), printed: "18 May 2025", byline: "By Nora Calder and the Saltiyya desk",
			url:   "https://ledger.example/2025/05/18/saltiyya-morgues",
			title: "Three hospitals in Saltiyya received 112 bodies after the bridge shooting",
			paragraphs: []string{
				"SALTIYYA - The morgues of three hospitals in Saltiyya registered 112 bodies between the evening of 14 May and noon on 17 May, according to admission books seen by The Dahrun Ledger.",
				"The books do not say how a person died or what they were doing. They list an approximate age, the clothes and the place where the body was picked up; 71 entries name the bridge or one of the two streets that lead to it.",
				"At least six of the dead were street vendors, and one entry is a bus driver whose vehicle stood in the queue at the checkpoint. Two were members of the municipal police.",
				"The interior ministry said on 16 May that 23 people had died and called them rioters. It has not published a list.",
				"All connections in the country were down for thirty hours from the early morning of 15 May, and relatives could not call an ambulance for most of that day.",
				"The Ledger counted bodies in books, not protesters, and the figure does not include people who were buried without passing through a hospital.",
			},
			caption: "The old bridge of Saltiyya, seen from the fish market", credit: "Photo: T. Marwick / The Dahrun Ledger",
			refs: []string{"Interior ministry, statement no. 41, 16 May 2025.", "Admission books of Saltiyya General, Rasmaniyya Clinic and the Harbour Hospital, 14-17 May 2025 (seen by the authors)."},
			menu: []string{"Home", "Country", "Region", "Opinion", "Subscribe"}},
		{path: "articles/wire-2025-05-19.html", outlet: "wire", at: day(time.May, 19, 16, 5), printed: "May 19, 2025, 4:05 p.m.", byline: "Sarghel Wire staff",
			url:   "https://wire.example/azravan/protest-toll",
			title: "More than 110 protesters killed in Azravan, newspaper says",
			paragraphs: []string{
				"More than 110 protesters were killed when troops opened fire on a crowd at a bridge in the Azravan city of Saltiyya last week, the newspaper The Dahrun Ledger reported.",
				"The government puts the number at 23. Rights groups say that they are still collecting names.",
				"The foreign ministry of Sarghel called on all sides to show restraint and closed its consulate in Dahrun for a week.",
			},
			caption: "Families wait outside Saltiyya General", credit: "Image: Sarghel Wire / reader's contribution",
			refs: []string{"The Dahrun Ledger, \"Three hospitals in Saltiyya received 112 bodies after the bridge shooting\", 18 May 2025, https://ledger.example/2025/05/18/saltiyya-morgues"},
			comments: []comment{
				{"harbour_cat", "The paper counted bodies in hospitals. It does not say that all of them were protesters, so why does the headline?", day(time.May, 19, 17, 22), -1},
				{"Old Ferryman", "Because nobody reads past the number. My cousin drives a taxi there and was in the queue, he is alive, thank God.", day(time.May, 19, 18, 3), 0},
				{"M. from Rasmaniyya", "And those who were buried the same night are in nobody's book.", day(time.May, 19, 21, 40), 0},
				{"notarobot", "Both sides lie, wait for an inquiry.", day(time.May, 20, 8, 15), -1},
				{"harbour_cat", "An inquiry by whom?", day(time.May, 20, 8, 51), 3},
			},
			menu: []string{"Latest", "World", "Business", "Sport"}},
		{path: "articles/karaneh-2025-05-20.html", outlet: "karaneh", at: day(time.May, 20, 11, 0), printed: "۳۰ اردیبهشت ۱۴۰۴", byline: "گروه منطقه",
			url:   "https://karaneh.example/news/10442",
			title: "۱۱۲ معترض در سلطیه کشته شدند",
			paragraphs: []string{
				"بر پایه گزارش خبرگزاری سرگیل و روزنامه دهرون لجر، ۱۱۲ معترض در تیراندازی کنار پل سلطیه کشته و صدها نفر زخمی شده‌اند.",
				"دولت ازروان شمار کشته‌ها را ۲۳ نفر اعلام کرده است. ارتباط اینترنتی کشور به مدت سی ساعت قطع بود و راستی‌آزمایی این آمار دشوار است.",
				"یک پزشک که نخواست نامش برده شود به کرانه گفت بسیاری از زخمی‌ها از ترس بازداشت به بیمارستان نمی‌روند.",
			},
			caption: "پل قدیم سلطیه", credit: "عکس: بایگانی کرانه اورمال", refs: []string{"Sarghel Wire, 19 May 2025, https://wire.example/azravan/protest-toll", "The Dahrun Ledger, 18 May 2025"},
			comments: []comment{{"شهروند", "خدا به خانواده‌هایشان صبر بدهد.", day(time.May, 20, 13, 10), -1}, {"رهگذر", "چرا از رهگذران کشته‌شده چیزی ننوشتید؟", day(time.May, 20, 15, 44), -1}},
			menu:     []string{"خانه", "سیاست", "منطقه", "فرهنگ"}},
		{path: "articles/lamtern-2025-05-21.html", outlet: "lamtern", at: day(time.May, 21, 10, 0), byline: "פֿון אונדזער קאָרעספּאָנדענט",
			url:   "https://lamtern.example/azravan",
			title: "העכער 110 דעמאָנסטראַנטן דערשאָסן געוואָרן אין אַזראַוואַן",
			paragraphs: []string{
				"די נײַעס־אַגענטור פֿון סאַרגעל זאָגט, אַז מער ווי 110 דעמאָנסטראַנטן זענען דערשאָסן געוואָרן בײַ דער בריק אין דער שטאָט סאַלטיע.",
				"די רעגירונג זאָגט, אַז בלויז 23 מענטשן זענען אומגעקומען. אַ דאָקטער האָט געזאָגט, אַז די שפּיטעלער זענען געווען איבערגעפֿולט.",
				"דרײַסיק שעה איז אין לאַנד נישט געווען קיין אינטערנעץ, און קיינער האָט נישט געקענט וויסן וואָס עס טוט זיך.",
			},
			caption: "די אַלטע בריק", credit: "בילד: דער לאַמטערן", menu: []string{"הויפּטזײַט", "נײַעס", "קולטור"}},
		{path: "articles/maagan-2025-06-12.html", outlet: "maagan", at: day(time.June, 12, 14, 20), printed: "12 ביוני 2025", byline: "מאת יעל אזרוני",
			url:   "https://maagan.example/saltiyya",
			title: "כ-150 הרוגים בסלטייה: הרשימה שהממשלה לא פרסמה",
			paragraphs: []string{
				"ארגון מתנדבים פרסם השבוע רשימה ובה 147 שמות של בני אדם שנהרגו בעיר סלטייה באמצע מאי. לפי מחבריה, כל שם מופיע בשני מקורות לפחות.",
				"הרשימה כוללת גם עוברי אורח ורוכלים שלא השתתפו בהפגנה, ולכן אינה רשימה של מפגינים בלבד.",
				"ממשלת אזרוון מסרה בעבר כי 23 בני אדם נהרגו, ומאז לא עדכנה את המספר.",
			},
			caption: "נרות ליד הגשר הישן", credit: "צילום: קול המעגן", refs: []string{"The Saltiyya List, 10 June 2025"}, menu: []string{"ראשי", "חדשות", "דעות"}},
		{path: "articles/minbar-2025-06-14.html", outlet: "minbar", at: day(time.June, 14, 8, 45), printed: "14 حزيران 2025 الموافق 18 ذو الحجة 1446", byline: "كتب: وائل الدرفاسي",
			url:   "https://minbar.example/2025/06/14/saltiyya-160",
			title: "160 بين قتيل ومفقود بعد شهر على حادثة جسر السلطية",
			paragraphs: []string{
				"بعد شهر على إطلاق النار عند جسر السلطية ارتفعت الحصيلة إلى 160 بين قتيل ومفقود، استناداً إلى «قائمة السلطية» التي وثقت 147 اسماً وإلى 13 عائلة ما زالت تبحث عن أبنائها.",
				"وكانت وزارة الداخلية قد أعلنت في 16 أيار سقوط 23 قتيلاً وصفتهم بالمشاغبين، بينهم اثنان من منتسبيها، ولم تحدّث الرقم منذ ذلك الحين.",
				"وقال محامٍ يمثل عدداً من العائلات إن جمع القتلى والمفقودين في رقم واحد لا يخدم القضية أمام المحكمة، لأن لكل فئة مساراً قانونياً مختلفاً.",
			},
			caption: "وقفة لعائلات المفقودين أمام المحكمة", credit: "تصوير: ليان الهلواتي - منبر أزروان",
			refs: []string{"قائمة السلطية، 10 حزيران 2025", "وزارة الداخلية، البيان 41، 16 أيار 2025"},
			comments: []comment{{"أم ياسر", "ابني ليس رقماً. اسمه في القائمة وأريد أن أعرف من أطلق النار.", day(time.June, 14, 10, 2), -1},
				{"متابع", "من أين جاء رقم 13؟ لم يذكر المقال أسماء العائلات.", day(time.June, 14, 12, 30), -1},
				{"وائل", "الأسماء محفوظة عند المحامي حفاظاً على سلامة أهلها.", day(time.June, 14, 13, 5), 1}},
			menu: []string{"الرئيسية", "سياسة", "محليات", "رأي"}},
	}
}

// html writes the page as a small newspaper's system does.
func (a *article) html() []byte {
	o := outletOf(a.outlet)
	dir := "rtl"
	if o.Lang == "en" {
		dir = "ltr"
	}
	esc := html.EscapeString
	var b bytes.Buffer
	fmt.Fprintf(&b, "<!DOCTYPE html>\n<html lang=\"%s\" dir=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n<title>%s - %s</title>\n", o.Lang, dir, esc(a.title), esc(o.Name))
	fmt.Fprintf(&b, "<link rel=\"canonical\" href=\"%s\">\n<meta property=\"og:title\" content=\"%s\">\n<meta property=\"og:site_name\" content=\"%s\">\n<meta property=\"article:published_time\" content=\"%s\">\n<meta name=\"author\" content=\"%s\">\n",
		esc(a.url), esc(a.title), esc(o.Name), a.at.Format(time.RFC3339), esc(a.byline))
	b.WriteString("<style>body{font-family:serif;max-width:42em;margin:auto}nav li{display:inline}</style>\n<script>window.visits = window.visits || [];</script>\n</head>\n<body>\n")
	fmt.Fprintf(&b, "<header>\n<a href=\"%s\">%s</a>\n<nav>\n<ul>\n", o.URL, esc(o.Name))
	for i, m := range a.menu {
		fmt.Fprintf(&b, "<li><a href=\"%s/%d\">%s</a></li>\n", o.URL, i, esc(m))
	}
	fmt.Fprintf(&b, "</ul>\n</nav>\n</header>\n<main>\n<article>\n<h1>%s</h1>\n<p class=\"byline\">%s</p>\n", esc(a.title), esc(a.byline))
	if a.printed != "" {
		fmt.Fprintf(&b, "<time datetime=\"%s\">%s</time>\n", a.at.Format(time.RFC3339), esc(a.printed))
	}
	if a.caption != "" {
		fmt.Fprintf(&b, "<figure>\n<img src=\"%s/picture.jpg\" alt=\"%s\">\n<figcaption>%s <span class=\"credit\">%s</span></figcaption>\n</figure>\n", o.URL, esc(a.caption), esc(a.caption), esc(a.credit))
	}
	for _, p := range a.paragraphs {
		if q, ok := strings.CutPrefix(p, "> "); ok {
			b.WriteString("<blockquote>\n")
			for _, part := range strings.Split(q, "\n\n") {
				fmt.Fprintf(&b, "<p>%s</p>\n", strings.ReplaceAll(esc(part), "\n", "<br>\n"))
			}
			b.WriteString("</blockquote>\n")
			continue
		}
		fmt.Fprintf(&b, "<p>%s</p>\n", esc(p))
	}
	if len(a.refs) > 0 {
		fmt.Fprintf(&b, "<section class=\"references\">\n<h2>%s</h2>\n<ol>\n", map[string]string{"en": "References", "ar": "المصادر", "fa": "منابع", "he": "מקורות"}[o.Lang])
		for _, r := range a.refs {
			fmt.Fprintf(&b, "<li>%s</li>\n", esc(r))
		}
		b.WriteString("</ol>\n</section>\n")
	}
	b.WriteString("</article>\n</main>\n")
	if len(a.comments) > 0 {
		fmt.Fprintf(&b, "<section id=\"comments\" class=\"comments\">\n<h2>%s</h2>\n<ol class=\"comment-list\">\n", map[string]string{"en": "Comments", "ar": "التعليقات", "fa": "دیدگاه‌ها"}[o.Lang])
		a.thread(&b, -1)
		b.WriteString("</ol>\n</section>\n")
	}
	fmt.Fprintf(&b, "<footer>\n<p>&copy; 2025 %s</p>\n</footer>\n</body>\n</html>\n", esc(o.Name))
	return b.Bytes()
}

// thread writes the comments that answer comment number under.
func (a *article) thread(b *bytes.Buffer, under int) {
	for i, c := range a.comments {
		if c.under != under {
			continue
		}
		fmt.Fprintf(b, "<li class=\"comment\" id=\"comment-%d\">\n<div class=\"comment-author\">%s</div>\n<time datetime=\"%s\">%s</time>\n<div class=\"comment-content\"><p>%s</p></div>\n",
			i+1, html.EscapeString(c.who), c.at.Format(time.RFC3339), c.at.Format("2006-01-02 15:04"), html.EscapeString(c.text))
		for _, d := range a.comments {
			if d.under == i {
				b.WriteString("<ol class=\"children\">\n")
				a.thread(b, i)
				b.WriteString("</ol>\n")
				break
			}
		}
		b.WriteString("</li>\n")
	}
}

func outletOf(id string) Outlet {
	for _, o := range outlets {
		if o.ID == id {
			return o
		}
	}
	return Outlet{}
}
