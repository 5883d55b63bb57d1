package sample

var emojis = []string{"👍", "❤", "🔥", "😢", "🙏", "👏", "🤬", "💔", "🕊", "😁"}

// ordinary fills x.m with message i of chat number ci as it is when nothing
// was planned for it.
func (x *exporter) ordinary(c *chat, ci, i int, id int64) {
	r := newRNG(x.opt.Seed, streamKind, uint64(ci), uint64(i))
	x.m = message{id: id, date: x.when(c, ci, i), parts: x.m.parts[:0], reactions: x.m.reactions[:0]}
	x.sender(c, &r)
	if r.hit(x.service) {
		x.serviceNote(c, &r, id)
		return
	}
	if r.hit(x.edited) {
		x.m.edited = x.m.date + 20 + int64(r.n(20*3600))
	}
	if r.hit(x.forward) {
		from := pick(&r, x.outside)
		x.m.fwdFrom, x.m.fwdID = from.name, from.id
		if r.n(5) == 0 {
			x.m.fwdID = "" // the name of an account that hides behind it
		}
	}
	if id > 40 && r.n(12) == 0 {
		x.m.replyTo = id - 1 - int64(r.n(30))
	}
	bare := false
	if r.hit(x.media) {
		x.attach(&r)
		bare = r.n(6) == 0
	}
	if r.hit(x.react) {
		x.addReactions(&r)
	}
	if bare {
		return // a picture without a word
	}
	x.compose(ci, i, r.hit(x.entity))
}

func (x *exporter) serviceNote(c *chat, r *rng, id int64) {
	switch {
	case r.n(3) > 0 && id > 40:
		x.m.action, x.m.pinned = "pin_message", id-1-int64(r.n(30))
	case len(x.persons) > 0:
		x.m.action, x.m.members = "invite_members", []string{pick(r, x.persons).name}
	default:
		x.m.action, x.m.title = "edit_group_title", c.name
	}
}

func (x *exporter) attach(r *rng) {
	m := &x.m
	switch k := r.n(10); {
	case k < 7:
		m.photo, m.photoLen = notIncluded, int64(20_000+r.n(200_000))
		m.w, m.h = 1280, 720+r.n(400)
	case k < 9:
		m.file, m.fileName, m.fileLen = notIncluded, "video.mp4", int64(500_000+r.n(50_000_000))
		m.fileType, m.mime, m.seconds, m.w, m.h = "video_file", "video/mp4", 5+r.n(240), 1280, 720
	default:
		m.file, m.fileName, m.fileLen, m.mime = notIncluded, "bayan.pdf", int64(50_000+r.n(2_000_000)), "application/pdf"
	}
}

func (x *exporter) addReactions(r *rng) {
	first := r.n(len(emojis))
	count := 5 + r.n(4000)
	for k := range 1 + r.n(3) {
		x.m.reactions = append(x.m.reactions, reaction{emojis[(first+k)%len(emojis)], count})
		count = count/3 + 1
	}
}

// compose writes a text of random words into the message: 70 % Arabic, 20 %
// Persian, 10 % English, lengths with the mean x.words and many short ones.
func (x *exporter) compose(ci, i int, entities bool) {
	r := newRNG(x.opt.Seed, streamText, uint64(ci), uint64(i))
	lang := 0
	switch l := r.n(10); {
	case l >= 9:
		lang = 2
	case l >= 7:
		lang = 1
	}
	v := x.langs[lang]
	u := r.next() >> 48 // 16 bits; 3u² has the mean 1
	n := 2 + int(uint64(x.words)*3*u*u>>40)
	x.text, x.cuts = x.text[:0], x.cuts[:0]
	e := newRNG(x.opt.Seed, streamEntities, uint64(ci), uint64(i))
	if entities && e.n(4) == 0 {
		for range 3 + e.n(5) {
			x.text = v.word(x.text, &r)
		}
		x.text = x.text[:len(x.text)-1]
		x.cuts = append(x.cuts, cut{kind: "bold", end: len(x.text)})
		x.text = append(x.text, `\n\n`...)
	}
	comma, stop := "، ", ". "
	if lang == 2 {
		comma = ", "
	}
	rest := 6 + r.n(8)
	for k := range n {
		x.text = v.word(x.text, &r)
		if rest--; rest == 0 && k < n-1 {
			x.text = x.text[:len(x.text)-1]
			switch z := r.n(8); {
			case z < 4:
				x.text = append(x.text, comma...)
			case z < 7:
				x.text = append(x.text, stop...)
			default:
				x.text = append(x.text, `.\n`...)
			}
			rest = 6 + r.n(8)
		}
	}
	x.text[len(x.text)-1] = '.'
	x.cuts = append(x.cuts, cut{kind: "plain", end: len(x.text)})
	if entities {
		x.tail(v, &e)
	}
	x.parts()
}

// tail writes what channels put under their posts.
func (x *exporter) tail(v *vocabulary, r *rng) {
	plain := func(s string) {
		x.text = append(x.text, s...)
		x.cuts[len(x.cuts)-1].end = len(x.text)
	}
	add := func(kind, href string) {
		x.cuts = append(x.cuts, cut{kind, href, len(x.text)}, cut{kind: "plain", end: len(x.text)})
	}
	plain(`\n\n`)
	for k := range 1 + r.n(3) {
		if k > 0 {
			plain(" ")
		}
		x.text = append(x.text, '#')
		x.text = v.word(x.text, r)
		x.text = x.text[:len(x.text)-1]
		if x.text[len(x.text)-1] == '.' {
			x.text = x.text[:len(x.text)-1]
		}
		add("hashtag", "")
	}
	plain(`\n`)
	switch r.n(3) {
	case 0:
		x.text = append(x.text, "https://t.me/"...)
		x.text = x.handle(x.text, r)
		add("link", "")
	case 1:
		x.text = append(x.text, '@')
		x.text = x.handle(x.text, r)
		add("mention", "")
	default:
		x.text = v.word(x.text, r)
		x.text = x.text[:len(x.text)-1]
		add("text_link", "https://news.example/"+x.langs[2].words[r.n(5000)])
	}
}

func (x *exporter) handle(b []byte, r *rng) []byte {
	return append(append(b, x.langs[2].words[200+r.n(300)]...), "_news"...)
}

// parts cuts x.text, leaving out empty parts.
func (x *exporter) parts() {
	from := 0
	for _, c := range x.cuts {
		if c.end > from {
			x.m.parts = append(x.m.parts, part{c.kind, x.text[from:c.end:c.end], c.href})
		}
		from = c.end
	}
}
