//lint:file-ignore ST1018 Persian is written with the zero-width non-joiner.

package sample

import "strings"

// vocabulary draws words with the frequencies of running text: the k-th most
// frequent word has a weight of 1/(k+2.7), Zipf's law with Mandelbrot's shift.
// The first few hundred are real function words and common nouns, all others
// are made up from roots, patterns and affixes.
type vocabulary struct {
	words []string
	slots []slot // Walker's alias method: one draw is two comparisons
	blob  []byte // all words, each with a blank behind it
	mean  int    // bytes of a word and its blank, weighted, in 1/256
}

type slot struct {
	off   uint32
	alias uint32
	keep  uint32 // threshold on 32 bits
	size  uint32
}

func newVocabulary(words []string) *vocabulary {
	v := &vocabulary{words: words, slots: make([]slot, len(words))}
	weights := make([]float64, len(words))
	var sum, bytes float64
	for i, w := range words {
		weights[i] = 1 / (float64(i) + 2.7)
		sum += weights[i]
		bytes += float64(weights[i] * float64(len(w)+1)) // converted: no fused multiply-add
		v.slots[i].off, v.slots[i].size = uint32(len(v.blob)), uint32(len(w)+1)
		v.blob = append(append(v.blob, w...), ' ')
	}
	v.mean = int(256 * (bytes / sum))
	var small, large []int
	for i := range weights {
		weights[i] = float64(weights[i] / sum * float64(len(words)))
		if weights[i] < 1 {
			small = append(small, i)
		} else {
			large = append(large, i)
		}
	}
	for len(small) > 0 && len(large) > 0 {
		s, l := small[len(small)-1], large[len(large)-1]
		small = small[:len(small)-1]
		v.slots[s].keep, v.slots[s].alias = uint32(float64(weights[s]*(1<<32-1))), uint32(l)
		weights[l] -= 1 - weights[s]
		if weights[l] < 1 {
			large = large[:len(large)-1]
			small = append(small, l)
		}
	}
	for _, rest := range [][]int{small, large} {
		for _, i := range rest {
			v.slots[i].keep, v.slots[i].alias = 1<<32-1, uint32(i)
		}
	}
	return v
}

// word appends a random word and a blank.
func (v *vocabulary) word(b []byte, r *rng) []byte {
	x := r.next()
	s := &v.slots[x>>32*uint64(len(v.slots))>>32]
	if uint32(x) > s.keep {
		s = &v.slots[s.alias]
	}
	return append(b, v.blob[s.off:s.off+s.size]...)
}

// build returns the core words followed by enough words from make, each once.
func build(size int, core string, make func(i int) string) []string {
	words := strings.Fields(core)
	seen := map[string]bool{}
	kept := words[:0]
	for _, w := range words {
		if !seen[w] {
			seen[w] = true
			kept = append(kept, w)
		}
	}
	for i := 0; len(kept) < size; i++ {
		if w := make(i); !seen[w] {
			seen[w] = true
			kept = append(kept, w)
		}
	}
	return kept
}

// arabicWords invents by the language's own means: three root letters in a
// pattern, then what is written onto a word.
func arabicWords(size int) []string {
	letters := []rune("بتثجحخدذرزسشصضطظعغفقكلمنهوي")
	patterns := []string{"فعل", "فاعل", "مفعول", "فعيل", "تفعيل", "استفعال", "انفعال", "مفاعلة", "فعول", "أفعال", "افتعال", "متفعل", "مفعل", "فعلان", "فعالة", "تفاعل"}
	before := []string{"", "ال", "", "و", "ال", "بال", "لل", "وال", "ي", "ب", "س", "ت"}
	after := []string{"", "", "ة", "ات", "ون", "ين", "ها", "هم", "ي", "ية", "نا", "وا"}
	r := newRNG(1)
	return build(size, arabicCore, func(int) string {
		root := strings.NewReplacer("ف", string(pick(&r, letters)), "ع", string(pick(&r, letters)), "ل", string(pick(&r, letters)))
		return pick(&r, before) + root.Replace(pick(&r, patterns)) + pick(&r, after)
	})
}

// persianWords invents from syllables with the four Persian letters and the
// zero-width non-joiner before many endings, as Persian is typed.
func persianWords(size int) []string {
	const zwnj = "\u200c"
	heads := strings.Fields("پا چا گر ژی شا با مه نو دل سر کو را تا خو رو بی هم در فر پر چش گو سا نی ور آر آب اف ار")
	tails := strings.Fields("مان دان ستان گار وند ین ش زار بر خت ند رام چین گان پور ناک مند دار گاه کش وان یر اد وک ران ژن پاک")
	before := []string{"", "", "", "می" + zwnj, "نمی" + zwnj, "بی", "هم", "پیش"}
	after := []string{"", "", "", "ها", zwnj + "ها", zwnj + "های", "ی", zwnj + "تر", zwnj + "ترین", "م", "ند", zwnj + "اش"}
	r := newRNG(2)
	return build(size, persianCore, func(int) string {
		w := pick(&r, heads)
		if r.n(3) == 0 {
			w += pick(&r, heads)
		}
		return pick(&r, before) + w + pick(&r, tails) + pick(&r, after)
	})
}

func englishWords(size int) []string {
	onsets := strings.Fields("b bl br c ch cl cr d dr f fl fr g gl gr h j k l m n p pl pr qu r s sh sl sp st str t th tr v w")
	rhymes := strings.Fields("a ab ack ade al am an ar ate e ed el en er est i ick ide il im in ine ip o ock ol om on or ot u ub ull um un ust")
	after := strings.Fields("s ed ing er ly ion ment ness al ity able")
	r := newRNG(3)
	return build(size, englishCore, func(int) string {
		w := pick(&r, onsets) + pick(&r, rhymes) + pick(&r, onsets) + pick(&r, rhymes)
		if r.n(2) == 0 {
			w += pick(&r, after)
		}
		return w
	})
}

// The most frequent words of news in each language, most frequent first.
const (
	arabicCore = `في من على إلى أن عن التي الذي هذا هذه ما لا مع كان بعد قبل بين حتى كل قال لم قد إن هو هي كما أو ثم عند منذ خلال
		نحو غير بعض أكثر ذلك تلك وقال وفي ومن وكان التي اللذين حيث أمام ضد حول عبر دون أي لكن بل إذا لو كانت يكون تم يتم وقد ولم وهو وهي
		أحد عدد يوم اليوم أمس مساء صباح ساعة دقيقة أسبوع شهر عام سنة الليلة الفجر الظهر مدينة المدينة قرية منطقة محافظة طريق الطريق جسر مطار ميناء
		قاعدة معسكر حدود بلد البلاد دولة الدولة حكومة الحكومة رئيس وزير الوزير مجلس نائب مصدر المصدر مصادر أمني الأمن قوات القوات جيش الجيش شرطة
		الشعب الناس أهالي مواطن مواطنين عائلة رجل امرأة طفل أطفال شباب جرحى قتلى إصابة سقوط قصف صاروخ صواريخ طائرة مسيرة عبوة رتل هجوم استهداف عملية
		انفجار حريق إطلاق نار اعتقال تظاهرة متظاهرين احتجاج بيان البيان خبر الأخبار عاجل فيديو صورة مراسل شهود مستشفى كهرباء ماء وقود سوق أسعار
		رواتب مدرسة جامعة طلاب انتخابات قانون قضية محكمة تحقيق لجنة تقرير حقوق منظمة دولية أجنبية احتلال مقاومة مقاومين مجاهدين أبناء نصر ثأر دماء شهداء
		الأول الثاني ثلاثة أربعة خمسة عشرة مئة ألف جديد جديدة كبير كبيرة قريب بعيد شمال جنوب شرق غرب وسط داخل خارج فوق تحت أيضا فقط جدا مرة`
	persianCore = `و در به از که این را با است برای آن یک خود تا کرد بر هم نیز گفت می‌شود شد ما اما یا شده باید وی آنها هر بود او پس اگر همه
		نه دیگر من روز امروز دیروز شب صبح ساعت دقیقه هفته ماه سال شهر روستا منطقه استان راه جاده پل فرودگاه بندر پایگاه مرز کشور دولت رئیس وزیر مجلس
		نماینده منبع منابع امنیتی نیروهای ارتش پلیس مردم خانواده مرد زن کودک کودکان جوانان زخمی کشته حمله موشک پهپاد انفجار آتش تیراندازی بازداشت
		تظاهرات معترضان اعتراض بیانیه خبر اخبار فوری فیلم عکس خبرنگار شاهدان بیمارستان برق آب سوخت بازار قیمت مدرسه دانشگاه انتخابات قانون دادگاه تحقیق
		گزارش حقوق سازمان بین‌المللی خارجی اشغال مقاومت فرزندان پیروزی انتقام خون شهدا اول دوم سه چهار پنج ده صد هزار جدید بزرگ کوچک نزدیک دور شمال
		جنوب شرق غرب مرکز داخل خارج بالا زیر همچنین فقط بسیار بار چند هیچ چون زیرا وقتی کنار پیش بعد قبل میان درباره علیه بدون می‌کند می‌گوید داده`
	englishCore = `the of and to in a was on for that is by with at from as it were an be this which have has had not are or but its their said after
		also who been they more one two three about into over will when would all out people up new no there during other than some against first
		between time year day night morning evening hour road bridge base airport port border city village area province government minister council
		source security forces army police residents family man woman child children wounded killed attack rocket drone explosion fire arrest protest
		statement news video photo reporter witnesses hospital power water fuel market price school court report rights group foreign convoy near north
		south east west centre inside outside under before since until while because however only very many each most number local national claimed denied`
)
