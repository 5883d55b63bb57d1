//lint:file-ignore ST1018 Persian is written with the zero-width non-joiner.

package sample

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// story builds the country's five months once and holds what both Truth and
// Write need.
type story struct {
	world    World
	channels []*timeline
	pictures map[string]*picture // by path
	slots    []slots             // of each family
	quoted   string              // the deleted statement's text, which an article quotes
	family   int                 // its family
}

// timeline is one channel.
type timeline struct {
	Channel
	posts []*post
}

// post is a message on its way to get an id.
type post struct {
	id      int64
	at      time.Time
	text    string // as first written
	later   string // as changed between the exports; "" when it was not
	edited  time.Time
	gone    bool // not in the second export
	deleted bool // in no export

	service string // action
	title   string
	from    string // person
	fromID  string
	fwd     *timeline
	fwdPost *post
	reply   *post
	photo   string
	poll    *poll
	praise  int // 0: no reactions

	event    int // index, -1 none
	family   int // index, -1 none
	relation Relation
	lang     string
	named    bool
}

func newStory() *story {
	s := &story{world: World{Country: "Azravan", Zone: zone, From: lineFrom, To: lineTo, Places: places, Groups: groups, Brands: brands,
		Outlets: outlets, Outage: outage, Persons: append(slices.Clone(chatNames), Exposed)}, pictures: map[string]*picture{}}
	for _, c := range channels {
		s.channels = append(s.channels, &timeline{Channel: c})
	}
	s.happen()
	for i := range s.world.Events {
		s.claim(i)
		s.report(i)
	}
	s.days()
	s.neighbours()
	s.notes()
	s.number()
	s.settle()
	s.world.Counts = counts
	return s
}

func (s *story) channel(handle string) *timeline {
	for _, c := range s.channels {
		if c.Handle == handle {
			return c
		}
	}
	return s.channels[len(s.channels)-1] // the group has no handle
}

func brandOf(id string) *Brand {
	return &brands[slices.IndexFunc(brands, func(b Brand) bool { return b.ID == id })]
}
func placeOf(id string) *Place {
	return &places[slices.IndexFunc(places, func(p Place) bool { return p.ID == id })]
}
func weaponOf(id string) *weapon {
	return &weapons[slices.IndexFunc(weapons, func(w weapon) bool { return w.id == id })]
}
func targetOf(id string) *target {
	return &targets[slices.IndexFunc(targets, func(t target) bool { return t.id == id })]
}

// Events that the story needs; the others are drawn.
var fixedEvents = []Event{
	{At: day(time.March, 6, 20, 41), Place: "tal-shuqara", Weapon: "rocket", Target: "base", Count: 4, Brands: []string{"long-shadow"}, Hurt: 4},
	// The statement of this one was deleted within the hour.
	{At: day(time.April, 14, 2, 10), Place: "tal-shuqara", Weapon: "drone", Target: "base", Count: 6, Brands: []string{"long-shadow"}, Hurt: 5},
	// Claimed by two.
	{At: day(time.April, 27, 23, 35), Place: "mafraq-zaydun", Weapon: "ied", Target: "convoy", Count: 3, Brands: []string{"spear-youth", "blue-anchorage"}, Hurt: 3},
	// Never happened.
	{At: day(time.May, 22, 1, 15), Place: "qalat-mirdash", Weapon: "rocket", Target: "radar", Count: 8, Brands: []string{"rock-sons"}, False: true},
	// The same words on the same day of the week as the first: only the slots differ.
	{At: day(time.June, 5, 20, 41), Place: "tal-shuqara", Weapon: "rocket", Target: "base", Count: 5, Brands: []string{"long-shadow"}, Hurt: 3},
}

// Indexes into fixedEvents.
const (
	deletedEvent = 1
	pastedEvent  = 4
)

// happen makes the event table: one attack in two or three days, by time.
func (s *story) happen() {
	events := slices.Clone(fixedEvents)
	r := newRNG(40)
	for at := lineFrom.Add(30 * time.Hour); at.Before(lineTo.Add(-48 * time.Hour)); at = at.Add(time.Duration(30+r.n(44)) * time.Hour) {
		t := at.Add(time.Duration(r.n(600)) * time.Minute)
		if t.After(outage.From.Add(-12*time.Hour)) && t.Before(outage.To) {
			continue
		}
		b := brands[r.n(len(brands))]
		e := Event{At: t, Place: places[r.n(len(places))].ID, Weapon: weapons[r.n(len(weapons))].id, Target: targets[r.n(len(targets))].id,
			Count: 1 + r.n(6), Brands: []string{b.ID}, Hurt: 3 + r.n(7)}
		if e.Target == "base" || e.Target == "radar" {
			e.Weapon = weapons[[]int{0, 1, 3}[r.n(3)]].id
		}
		events = append(events, e)
	}
	slices.SortStableFunc(events, func(a, b Event) int { return a.At.Compare(b.At) })
	for i := range events {
		events[i].ID = fmt.Sprintf("E%02d", i+1)
	}
	s.world.Events = events
}

// fixed reports whether e is fixedEvents[n].
func fixed(e *Event, n int) bool { return e.At.Equal(fixedEvents[n].At) }

// post adds a post. What happens inside the country during the outage is
// posted when the lines are back.
func (s *story) post(c *timeline, p post) *post {
	if !c.Abroad && p.at.After(outage.From) && p.at.Before(outage.To) {
		late := p.at.Sub(outage.From) / 6
		p.at = outage.To.Add(20*time.Minute + late).Truncate(time.Second)
	}
	if p.lang == "" {
		p.lang = c.Lang
	}
	n := &p
	c.posts = append(c.posts, n)
	return n
}

// claim posts the statements about event i and what others make of them.
func (s *story) claim(i int) {
	e := &s.world.Events[i]
	for k, id := range e.Brands {
		r := newRNG(41, uint64(i), uint64(k))
		b := brandOf(id)
		home := s.channel(anchored)
		for _, c := range s.channels {
			if c.Brand == id {
				home = c
			}
		}
		series := 1
		for j := range i {
			if slices.Contains(s.world.Events[j].Brands, id) {
				series++
			}
		}
		sl := slots{Brand: b, Place: placeOf(e.Place), At: e.At, Weapon: weaponOf(e.Weapon), Count: e.Count, Target: targetOf(e.Target), Series: series}
		text := sl.arabic()
		if home.Lang == "fa" {
			text = sl.persian()
		}
		f := len(s.world.Families)
		s.world.Families = append(s.world.Families, Family{ID: fmt.Sprintf("F%02d", f+1), Event: e.ID, Brand: id})
		s.slots = append(s.slots, sl)
		first := s.post(home, post{at: e.At.Add(time.Duration(35+60*k+r.n(150))*time.Minute + time.Duration(r.n(60))*time.Second),
			text: text, event: i, family: f, relation: Original, praise: 400})
		if r.n(3) == 0 {
			first.photo = s.picture(home, first, first, sl)
		}
		if fixed(e, deletedEvent) {
			first.deleted, first.photo = true, ""
			s.world.Families[f].Deleted = true
			s.quoted, s.family = text, f
		}
		s.repost(&r, home, first, sl, text)
	}
}

// repost lets the other channels take up a statement: who is close to the
// brand's group soon and by forwarding, others later and in their own way.
func (s *story) repost(r *rng, home *timeline, first *post, sl slots, text string) {
	group := sl.Brand.Group
	for _, c := range s.channels {
		if c == home || c.Brand != "" && c.Group != group || c.Type != "public_channel" {
			continue
		}
		near := group != "" && c.Group == group
		every := 2
		if near {
			every = 1
		}
		if first.deleted {
			every = 1
		} else if r.n(10) < 3*every {
			continue
		}
		delay := time.Duration(6+r.n(200)) * time.Minute
		if near {
			delay = time.Duration(1+r.n(12)) * time.Minute
		}
		p := post{at: first.at.Add(delay + time.Duration(r.n(60))*time.Second), event: first.event, family: first.family, praise: 40 + r.n(300)}
		rel := pick(r, []Relation{Forwarded, Forwarded, Verbatim, Wrapped, Wrapped, Orthography, Stripped, Truncated, Quoted, Pictured})
		switch {
		case first.deleted && !slices.Contains([]string{"nabd_wadi", "hewali_chiya"}, c.Handle):
			rel = Forwarded
		case near:
			rel = pick(r, []Relation{Forwarded, Forwarded, Verbatim, Wrapped})
		case c.Lang != home.Lang && c.Lang != "ckb" && rel != Forwarded:
			rel = Translated
		}
		if c.Lang == "ckb" && rel != Forwarded {
			rel = Quoted
		}
		w := s.wrapper(r, c)
		p.relation, p.lang = rel, home.Lang
		switch rel {
		case Forwarded:
			p.text, p.fwd, p.fwdPost = text, home, first
		case Translated:
			p.lang = c.Lang
			p.text = sl.persian()
			if c.Lang == "ar" {
				p.text = sl.arabic()
			}
			p.text = w.header + "\n\n" + p.text
		case Pictured:
			p.text = w.header
		default:
			p.text = derive(r, rel, text, w, 60)
		}
		n := s.post(c, p)
		if rel == Pictured {
			if first.photo == "" && !first.deleted {
				first.photo = s.picture(home, first, first, sl)
			}
			n.photo = s.picture(c, n, first, sl)
		}
	}
	if first.deleted {
		// Forwarded again, days later, when the deletion became known.
		for k, h := range []string{"khabar_marz", "azravan_screen", "safsaf_news", "peyk_sepideh", "sada_barzakha"} {
			c := s.channel(h)
			s.post(c, post{at: first.at.Add(time.Duration(50+7*k) * time.Hour), event: first.event, family: first.family, relation: Forwarded,
				text: text, fwd: home, fwdPost: first, lang: home.Lang})
		}
	}
}

func (s *story) wrapper(r *rng, c *timeline) wrapper {
	name := strings.NewReplacer("{me}", c.Name, "{handle}", c.Handle)
	switch c.Lang {
	case "ckb":
		return wrapper{name.Replace(pick(r, headersCKB)), name.Replace(pick(r, footersCKB)), pick(r, beforeCKB), pick(r, afterCKB)}
	case "fa":
		return wrapper{name.Replace(pick(r, headersFA)), name.Replace(pick(r, footersFA)), pick(r, beforeFA), pick(r, afterFA)}
	}
	return wrapper{name.Replace(pick(r, headersAR)), name.Replace(pick(r, footersAR)), pick(r, beforeAR), pick(r, afterAR)}
}

// settled are the places where people live.
var settled = slices.DeleteFunc(slices.Clone(places), func(p Place) bool { return p.Kind == "water" || p.Kind == "road" || p.Kind == "fort" })

// fill writes a sentence of texts.go.
func (s *story) fill(r *rng, c *timeline, text string, at time.Time, e *Event, hurt int) string {
	p, o := pick(r, settled), pick(r, settled)
	what, tgt := "", ""
	if e != nil {
		p = *placeOf(e.Place)
		w, t := weaponOf(e.Weapon), targetOf(e.Target)
		switch c.Lang {
		case "fa":
			what, tgt = w.fa, t.fa
		case "ckb":
			what, tgt = w.ckb, t.ckb
		default:
			what, tgt = countAR(e.Count, w.ar), t.ar
		}
	}
	name := func(p Place) string {
		switch c.Lang {
		case "fa":
			return p.Persian
		case "ckb":
			return p.Sorani
		}
		return p.Arabic
	}
	zero, days := '0', weekdaysAR
	switch c.Lang {
	case "fa":
		zero, days = '۰', weekdaysFA
	case "ckb":
		zero = '٠'
	}
	num := func(n int) string { return digits(strconv.Itoa(n), zero) }
	return strings.NewReplacer("{me}", c.Name, "{place}", name(p), "{other}", name(o), "{what}", what, "{target}", tgt,
		"{n}", num(3+r.n(6)), "{m}", num(12+r.n(36)), "{hurt}", num(hurt), "{day}", days[r.n(7)],
		"{time}", digits(at.Format("15:04"), zero)).Replace(text)
}

// report lets the news channels tell of event i, and friends comment on it.
func (s *story) report(i int) {
	e := &s.world.Events[i]
	r := newRNG(42, uint64(i))
	for _, c := range s.channels {
		list := map[string][]string{"ar": reportsAR, "fa": reportsFA, "ckb": reportsCKB}[c.Lang]
		if c.Type != "public_channel" || c.Brand != "" || c.Group != "" && r.n(2) == 0 || r.n(5) == 0 {
			continue
		}
		if e.False {
			if c.Handle == "ayn_dahrun" {
				s.post(c, post{at: e.At.Add(7 * time.Hour), event: i, family: -1,
					text: "تواصلنا مع مستشفى قلعة مرداش ومع ثلاثة من سكان المنطقة: لا أحد سمع انفجاراً ليلة أمس، ولا أثر لحادث عند محطة الرادار. البيان المتداول لا تسنده أي واقعة نعرفها."})
			}
			continue
		}
		hurt := max(3, e.Hurt-r.n(3))
		text := pick(&r, list)
		at := e.At.Add(time.Duration(600+r.n(5400)) * time.Second)
		seed := r
		p := s.post(c, post{at: at, event: i, family: -1, text: s.fill(&r, c, text, e.At, e, hurt), praise: 30})
		if hurt != e.Hurt && r.n(2) == 0 {
			// Corrected: the later figure, with an edit time.
			p.edited = p.at.Add(time.Duration(2+r.n(20)) * time.Hour)
			fixed := s.fill(&seed, c, text, e.At, e, e.Hurt)
			if twice(c.Handle) && p.at.Before(firstExport) && r.n(2) == 0 {
				p.edited = firstExport.Add(time.Duration(3+r.n(300)) * time.Hour)
				p.later = fixed
			} else {
				p.text = fixed
			}
		}
	}
	for _, h := range []string{"safsaf_news", "nabd_wadi", "marsad_sahil"} {
		if r.n(3) > 0 {
			continue
		}
		c := s.channel(h)
		s.post(c, post{at: e.At.Add(time.Duration(5+r.n(20)) * time.Hour), event: i, family: -1, text: s.fill(&r, c, pick(&r, praiseAR), e.At, e, 0), praise: 120})
	}
}

// days fills the days between with what news channels post.
func (s *story) days() {
	for n, c := range s.channels {
		list := map[string][]string{"ar": dailyAR, "fa": dailyFA, "ckb": dailyCKB}[c.Lang]
		if c.Type != "public_channel" || c.Brand != "" {
			continue
		}
		r := newRNG(43, uint64(n))
		var before *post
		for d := lineFrom; d.Before(lineTo); d = d.Add(time.Duration(36+r.n(80)) * time.Hour) {
			at := d.Add(time.Duration(r.n(14*60)) * time.Minute).Add(time.Duration(r.n(60)) * time.Second)
			if !c.Abroad && at.After(outage.From) && at.Before(outage.To) {
				continue
			}
			p := post{at: at, event: -1, family: -1, text: s.fill(&r, c, pick(&r, list), at, nil, 0) + closing(c), praise: r.n(60)}
			if before != nil && r.n(9) == 0 {
				p.reply = before
			}
			if twice(c.Handle) && at.Before(firstExport) && r.n(11) == 0 {
				p.gone = true
			}
			if r.n(14) == 0 {
				p.deleted = true
			}
			before = s.post(c, p)
		}
	}
}

// closing is what a channel writes below its own news, its house style: without
// it two channels' posts about bread would be the same text.
func closing(c *timeline) string { return "\n" + closings[c.Handle] }

// neighbours writes the group chat of private persons.
func (s *story) neighbours() {
	c := s.channel("")
	r := newRNG(44)
	var before *post
	for d := lineFrom.Add(49 * time.Hour); d.Before(lineTo); d = d.Add(time.Duration(30+r.n(50)) * time.Hour) {
		at := d.Add(time.Duration(r.n(300)) * time.Minute)
		who, line := r.n(len(chatNames)), r.n(len(groupChat)-3)
		for k := range 1 + r.n(3) {
			who = (who + 1 + r.n(len(chatNames)-1)) % len(chatNames) // nobody answers himself
			at = at.Add(time.Duration(1+r.n(400)) * time.Second)
			p := post{at: at, event: -1, family: -1, from: chatNames[who], fromID: "user" + strconv.FormatInt(5100200300+int64(who)*7919, 10),
				text: s.fill(&r, c, groupChat[line+k], at, nil, 0)}
			if before != nil && r.n(3) == 0 {
				p.reply = before
			}
			before = s.post(c, p)
		}
	}
}

// notes adds what happens once: renaming, a pinned message, polls, a post that
// names a private person, the news of the outage.
func (s *story) notes() {
	for _, c := range s.channels {
		if c.Type == "public_channel" {
			s.post(c, post{at: lineFrom.Add(-20 * time.Hour), event: -1, family: -1, service: "create_channel", title: cmp.Or(map[string]string{renamed: atFirst}[c.Handle], c.Name)})
		}
	}
	s.post(s.channel(renamed), post{at: day(time.April, 20, 11, 5), event: -1, family: -1, service: "edit_group_title", title: s.channel(renamed).Name})
	fityan := s.channel("fityan_rumh")
	s.post(fityan, post{at: day(time.April, 28, 12, 0), event: -1, family: -1, service: "pin_message", reply: fityan.posts[0]})
	s.post(s.channel("azravan_screen"), post{at: day(time.May, 2, 18, 0), event: -1, family: -1, poll: &poll{question: "هل تؤيدون تمديد مهمة البعثة الأستافية سنة أخرى؟",
		closed: true, answers: []answer{{"نعم", 1204}, {"لا", 8811}, {"لا رأي لي", 655}}}})
	s.post(s.channel("khabar_marz"), post{at: day(time.June, 9, 19, 30), event: -1, family: -1, poll: &poll{question: "گذرگاه مرزی باید شبانه‌روزی باز باشد؟",
		answers: []answer{{"بله", 640}, {"خیر", 212}}}})
	s.post(s.channel("nabd_wadi"), post{at: day(time.May, 28, 21, 12), event: -1, family: -1, named: true, praise: 80,
		text: "تسأل صفحات كثيرة عن الممرضة التي تحدثت إلى الصحافة الأجنبية بعد حادث السلطية. اسمها " + Exposed + " وتسكن قرب سوق السلطية القديم. نترك الحكم لأهلها."})
	s.post(s.channel("khabar_marz"), post{at: outage.From.Add(95 * time.Minute), event: -1, family: -1,
		text: "اینترنت سراسر ازروان از حدود ساعت ۰۳:۲۰ قطع است و خبرنگاران ما به همکاران خود دسترسی ندارند."})
	s.post(s.channel("azravan_screen"), post{at: outage.To.Add(14 * time.Minute), event: -1, family: -1,
		text: "عادت خدمة الإنترنت إلى معظم مدن أزروان بعد انقطاع دام ثلاثين ساعة. ننشر تباعاً ما تأخر."})
	s.post(s.channel("ayn_dahrun"), post{at: day(time.May, 14, 22, 40), event: -1, family: -1, praise: 900,
		text: "مستشفى السلطية العام: ثلاجات الموتى امتلأت بعد إطلاق النار على المحتجين عند الجسر. لا رقم نهائياً حتى الآن، ونرجو من العائلات ألا تأتي فرادى."})
}

// number sorts each channel by time and gives ids: what nobody exported took
// ids too.
func (s *story) number() {
	for n, c := range s.channels {
		slices.SortStableFunc(c.posts, func(a, b *post) int { return a.at.Compare(b.at) })
		r := newRNG(45, uint64(n))
		id := int64(0)
		for k, p := range c.posts {
			id++
			if k > 0 && r.n(45) == 0 {
				id += int64(1 + r.n(3)) // deleted before anybody looked
			}
			p.id = id
		}
	}
}

// settle writes down what is true once every post has its id.
func (s *story) settle() {
	w := &s.world
	for i, c := range s.channels {
		w.Channels = append(w.Channels, c.Channel)
		last := int64(0)
		name := c.Name
		for _, p := range c.posts {
			ref := Ref{c.ID, p.id}
			if p.family >= 0 {
				f := &w.Families[p.family]
				if p.relation == Original {
					f.First, f.FirstAt = ref, p.at.Unix()
				}
				if !p.deleted {
					f.Members = append(f.Members, Member{Ref: ref, Relation: p.relation, Lang: p.lang, At: p.at.Unix()})
				}
			}
			if p.deleted {
				continue
			}
			if p.id > last+1 {
				w.Holes = append(w.Holes, Hole{c.ID, last + 1, p.id - 1})
			}
			last = p.id
			if p.gone {
				w.Missing = append(w.Missing, ref)
				continue
			}
			w.Posts++
			w.Channels[i].Messages++
			if p.later != "" {
				w.Edits = append(w.Edits, Edit{ref, p.text, p.later, p.edited.Unix()})
			}
			if p.named {
				w.Named = append(w.Named, ref)
			}
			switch p.service {
			case "create_channel":
				name = p.title
			case "edit_group_title":
				w.Renamed = append(w.Renamed, Renamed{ref, name, p.title})
				name = p.title
			}
		}
	}
	add := func(f int, path string, rel Relation, at time.Time) {
		w.Families[f].Members = append(w.Families[f].Members, Member{Path: path, Relation: rel, Lang: "ar", At: at.Unix()})
	}
	add(s.family, quotingArticle, Quoted, day(time.April, 15, 9, 0))
	add(s.pasted(), pastePath, Wrapped, pastedAt)
	for i, f := range w.Families {
		if f.Event == s.event(0).ID || f.Deleted {
			add(i, picturePath(&f), Pictured, time.Unix(f.FirstAt, 0).Add(3*time.Hour))
		}
	}
	for i := range w.Families {
		slices.SortStableFunc(w.Families[i].Members, func(a, b Member) int { return cmp.Compare(a.At, b.At) })
	}
}
