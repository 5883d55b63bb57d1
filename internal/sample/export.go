package sample

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"dalil/internal/record"
)

// ExportOptions says what a Telegram Desktop export holds. The zero value of a
// field means what its comment says; shares are of all messages, from 0 to 1.
// The same options write the same bytes.
type ExportOptions struct {
	Messages int    // in all chats together
	Seed     uint64 // another seed, other texts, ids and times
	Chats    int    // 0 writes a single-chat export, n > 0 one of an account with n chats
	Persons  int    // above 0 the chats are groups in which this many private persons write

	Zone  *time.Location // of the local "date" members; nil is UTC
	Start time.Time      // of the first message; zero is 2021-01-01 UTC
	Span  time.Duration  // to the export; zero is four years

	BytesPerMessage int // on average; 0 is 1400

	ServiceShare  float64 // notes of the platform
	EditedShare   float64 // messages with an edit time
	ForwardShare  float64 // forwards from channels that are not in the export
	MediaShare    float64 // photos, videos, files; the export left the files out
	ReactionShare float64
	EntityShare   float64 // texts with hashtags, links, mentions, bold headlines
	HoleShare     float64 // of all ids: not in the export
	FamilyShare   float64 // claims of responsibility and their reposts
	Noise         float64 // of letters in scanned reposts; 0 is .06
	ControlShare  float64 // texts with a control character, which Telegram Desktop writes as invalid JSON

	Needles int // rare two-word phrases planted in one to five messages each

	// Second writes the export of the same chats some days later. The other
	// options must be those of the first.
	Second *Second
}

// Second says how a later export differs from the first.
type Second struct {
	Edited  float64 // share of messages with another text
	Missing float64 // share of messages that are not there any more
	New     float64 // new messages, as a share of the first export's
}

// DefaultExport returns the options of the benchmarks: what a busy news
// channel looks like.
func DefaultExport(messages int, seed uint64) ExportOptions {
	return ExportOptions{Messages: messages, Seed: seed, ServiceShare: .002, EditedShare: .03, ForwardShare: .15,
		MediaShare: .4, ReactionShare: .5, EntityShare: .5, HoleShare: .02, FamilyShare: .05, Needles: 20}
}

// ExportTruth is what is true about an export. Lists are in the order of the
// file.
type ExportTruth struct {
	Bytes    int64          `json:"bytes"`
	Messages int            `json:"messages"` // written, service messages included
	Chats    []ExportChat   `json:"chats"`
	Service  []Ref          `json:"service,omitempty"`
	Edited   []Ref          `json:"edited,omitempty"`    // with an edit time
	Forward  []Ref          `json:"forwarded,omitempty"` // with a forward header, those in families included
	Control  []Ref          `json:"control,omitempty"`   // with a control character
	Holes    []Hole         `json:"holes,omitempty"`
	Needles  []Needle       `json:"needles,omitempty"`
	Families []ExportFamily `json:"families,omitempty"`

	// Of a second export, against the first:
	Changed []Ref `json:"changed,omitempty"` // another text
	Missing []Ref `json:"missing,omitempty"`
	New     []Ref `json:"new,omitempty"`

	// Words for search benchmarks, most frequent first: Arabic words among the
	// 20th to 69th, from the 1000th, and the last of the vocabulary.
	Frequent []string `json:"frequent"`
	Middle   []string `json:"middle"`
	Rare     []string `json:"rare"`
}

// ExportChat is one chat of an export.
type ExportChat struct {
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	Type        string `json:"type"`
	Messages    int    `json:"messages"`
	First, Last int64  // ids at the edges
}

// Hole is a run of ids between two messages, both ends inclusive.
type Hole struct {
	Chat        int64 `json:"chat"`
	First, Last int64
}

// Needle is a phrase that stands in these messages and nowhere else.
type Needle struct {
	Phrase string `json:"phrase"`
	In     []Ref  `json:"in"`
}

// ExportFamily is a claim and its reposts. All families come from a dozen
// templates: the slots tell them apart, not their words.
type ExportFamily struct {
	Brand, Place, Weapon, Target string
	Count                        int
	At                           int64          // of the attack, seconds since 1970
	Lang                         string         // ar, fa
	Members                      []ExportMember // by time; the first is the original
}

// ExportMember is a message of a family. Ref is zero for one that a second
// export does not hold.
type ExportMember struct {
	Ref
	Relation Relation `json:"relation"`
}

// Purposes of random streams: one decision does not move another.
const (
	streamTime = iota + 10
	streamHole
	streamKind
	streamText
	streamEntities
	streamMedia
	streamPlan
	streamFamily
	streamNames
	streamSecond
)

// exporter writes one export.
type exporter struct {
	opt   ExportOptions
	w     io.Writer
	l     layout
	truth *ExportTruth

	langs    [3]*vocabulary // ar, fa, en
	words    int            // mean of a text, in 1/256
	chats    []chat
	families []family
	needles  []string
	outside  []source // channels that are not in the export
	persons  []source
	end      int64 // of the first export, seconds since 1970
	noise    int   // in 1/1000

	service, edited, forward, media, react, entity, hole, control odds
	changed, missing                                              odds

	text []byte
	cuts []cut
	m    message
}

type source struct{ name, id string }

type chat struct {
	source
	id    int64
	kind  string
	count int   // messages of the first export
	more  int   // new ones in the second
	gap   int64 // mean milliseconds between two messages
	plan  []planned
}

// cut ends a part of exporter.text.
type cut struct {
	kind string
	href string
	end  int
}

// Export writes a Telegram Desktop export in JSON: layout, indentation and
// order of members as Telegram Desktop writes them. It streams: memory grows
// with the lists of ExportTruth, not with the file. Options out of range are
// record.ErrInvalid; an error of w is returned as it is.
func Export(w io.Writer, opt ExportOptions) (ExportTruth, error) {
	var truth ExportTruth
	x, err := newExporter(w, opt, &truth)
	if err != nil {
		return truth, err
	}
	x.calibrate()
	err = x.export()
	return truth, err
}

func newExporter(w io.Writer, opt ExportOptions, truth *ExportTruth) (*exporter, error) {
	if opt.Zone == nil {
		opt.Zone = time.UTC
	}
	if opt.Start.IsZero() {
		opt.Start = time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if opt.Span == 0 {
		opt.Span = 4 * 365 * 24 * time.Hour
	}
	if opt.BytesPerMessage == 0 {
		opt.BytesPerMessage = 1400
	}
	if opt.Noise == 0 {
		opt.Noise = .06
	}
	if opt.Second == nil {
		opt.Second = &Second{}
	}
	for _, p := range []float64{opt.ServiceShare, opt.EditedShare, opt.ForwardShare, opt.MediaShare, opt.ReactionShare, opt.EntityShare,
		opt.HoleShare * 1.25, opt.FamilyShare * 2, opt.Noise, opt.ControlShare, opt.Second.Edited, opt.Second.Missing, opt.Second.New} {
		if !(p >= 0 && p <= 1) {
			return nil, fmt.Errorf("%w export options: a share is not between 0 and 1, HoleShare above .8, or FamilyShare above .5", record.ErrInvalid)
		}
	}
	if opt.Messages < 0 || opt.Chats < 0 || opt.Persons < 0 || opt.Needles < 0 || 5*opt.Needles > opt.Messages || opt.Span < 0 {
		return nil, fmt.Errorf("%w export options: a negative number, or more needles than a fifth of the messages", record.ErrInvalid)
	}
	x := &exporter{opt: opt, w: w, truth: truth, l: layout{zone: opt.Zone},
		service: share(opt.ServiceShare), edited: share(opt.EditedShare), forward: share(opt.ForwardShare), media: share(opt.MediaShare),
		react: share(opt.ReactionShare), entity: share(opt.EntityShare), control: share(opt.ControlShare),
		hole:    share(opt.HoleShare / (1 - opt.HoleShare) / meanHole),
		changed: share(opt.Second.Edited), missing: share(opt.Second.Missing),
		end: opt.Start.Add(opt.Span).Unix(), noise: int(opt.Noise * 1000)}
	arabic := arabicWords(24000)
	x.langs = [3]*vocabulary{newVocabulary(arabic), newVocabulary(persianWords(14000)), newVocabulary(englishWords(10000))}
	truth.Frequent, truth.Middle, truth.Rare = arabic[20:70], arabic[1000:1050], arabic[len(arabic)-50:]
	x.makeChats()
	x.planFamilies()
	x.planNeedles()
	return x, nil
}

// Runs of missing ids are 1 to 2*meanHole-1 long.
const meanHole = 3

func (x *exporter) makeChats() {
	r := newRNG(x.opt.Seed, streamNames)
	name := func(lang int) string {
		v := x.langs[lang].words
		return v[100+r.n(900)] + " " + v[100+r.n(900)]
	}
	kind, prefix := "public_channel", "channel"
	if x.opt.Persons > 0 {
		kind = "private_supergroup"
	}
	for range 40 {
		x.outside = append(x.outside, source{name(r.n(3)), prefix + strconv.Itoa(1_100_000_000+r.n(90_000_000))})
	}
	for range x.opt.Persons {
		x.persons = append(x.persons, source{pick(&r, givenNames) + " " + pick(&r, familyNames), "user" + strconv.FormatInt(5_000_000_000+int64(r.n(900_000_000)), 10)})
	}
	n := max(1, x.opt.Chats)
	for i := range n {
		c := chat{id: int64(1_500_000_000 + i*1_000_003 + r.n(1_000_000)), kind: kind, count: x.opt.Messages / n}
		if i < x.opt.Messages%n {
			c.count++
		}
		c.more = int(x.opt.Second.New * float64(c.count))
		c.gap = max(1, x.opt.Span.Milliseconds()/int64(max(1, c.count)))
		c.source = source{name(i % 2), prefix + strconv.FormatInt(c.id, 10)}
		x.chats = append(x.chats, c)
	}
}

// calibrate finds the mean length of an ordinary text that gives the wanted
// bytes per message. A file's size is a linear function of it, so writing some
// messages with two lengths is enough; claims have the length they have.
func (x *exporter) calibrate() {
	const few, many, messages, claims = 16 << 8, 64 << 8, 4000, 100
	size := func(words int) int {
		x.words = words
		n := 0
		for i := range messages {
			x.l.b = x.l.b[:0]
			x.ordinary(&x.chats[0], 0, i, int64(i+1))
			x.l.message(&x.m)
			n += len(x.l.b)
		}
		return n / messages
	}
	x.l.deep = 2 // of a message in the file
	if x.opt.Chats > 0 {
		x.l.deep = 5
	}
	a, b := size(few), size(many)
	want := float64(x.opt.BytesPerMessage)
	if n := min(claims, len(x.families)); n > 0 {
		bytes := 0
		for _, f := range x.families[:n] {
			x.l.b = x.l.b[:0]
			x.text = appendEscaped(x.text[:0], f.text())
			x.l.message(&message{id: 1, date: x.end, from: x.chats[0].name, fromID: x.chats[0].source.id, parts: []part{{kind: "plain", text: x.text}}})
			bytes += len(x.l.b)
		}
		share := x.opt.FamilyShare
		want = (want - float64(share*float64(bytes/n))) / (1 - share)
	}
	x.words = max(2<<8, few+(int(want)-a)*(many-few)/(b-a))
	x.l.b, x.l.deep = x.l.b[:0], 0
}

func (x *exporter) export() error {
	account := x.opt.Chats > 0
	if account {
		x.l.open('{')
		x.l.name("about", true)
		x.l.quote("Here is the data you requested. Remember: Telegram is ad free, it doesn't use your data for ad targeting and doesn't sell it to others. Telegram only keeps the information it needs to function as a secure and feature-rich cloud service.\n\nCheck out Settings > Privacy & Security on Telegram's mobile apps for relevant settings.")
		x.l.name("chats", false)
		x.l.open('{')
		x.l.name("about", true)
		x.l.quote("This page lists all chats from this export.")
		x.l.name("list", false)
		x.l.open('[')
	}
	for i := range x.chats {
		if i > 0 {
			x.l.b = append(x.l.b, ',')
		}
		if account {
			x.l.line()
		}
		if err := x.chat(i); err != nil {
			return err
		}
	}
	if account {
		x.l.close(']')
		x.l.close('}')
		x.l.close('}')
	}
	return x.flush()
}

func (x *exporter) flush() error {
	n, err := x.w.Write(x.l.b)
	x.truth.Bytes += int64(n)
	x.l.b = x.l.b[:0]
	return err
}

// chat writes chat number ci.
func (x *exporter) chat(ci int) error {
	c := &x.chats[ci]
	x.truth.Chats = append(x.truth.Chats, ExportChat{ID: c.id, Name: c.name, Type: c.kind})
	t := &x.truth.Chats[ci]
	x.l.chat(c.name, c.kind, c.id)
	plan := c.plan
	id := int64(0)
	for i := range c.count + c.more {
		var p planned
		if len(plan) > 0 && plan[0].index == i {
			p, plan = plan[0], plan[1:]
		}
		id++
		if h := newRNG(x.opt.Seed, streamHole, uint64(ci), uint64(i)); h.hit(x.hole) {
			n := int64(1 + h.n(2*meanHole-1))
			x.truth.Holes = append(x.truth.Holes, Hole{c.id, id, id + n - 1})
			id += n
		}
		ref := Ref{c.id, id}
		if s := newRNG(x.opt.Seed, streamSecond, uint64(ci), uint64(i)); i < c.count && s.hit(x.missing) {
			x.truth.Missing = append(x.truth.Missing, ref)
			continue
		}
		if i >= c.count {
			x.truth.New = append(x.truth.New, ref)
		}
		if t.Messages > 0 {
			x.l.b = append(x.l.b, ',')
		} else {
			t.First = id
		}
		t.Last = id
		t.Messages++
		x.truth.Messages++
		if p.family >= 0 && p.set {
			x.member(c, ci, i, id, p)
		} else {
			x.ordinary(c, ci, i, id)
		}
		if p.set && p.needle >= 0 {
			x.plant(x.needles[p.needle])
			x.truth.Needles[p.needle].In = append(x.truth.Needles[p.needle].In, ref)
		}
		x.note(ref, ci, i, i < c.count)
		x.l.message(&x.m)
		if len(x.l.b) > 1<<20 {
			if err := x.flush(); err != nil {
				return err
			}
		}
	}
	x.l.endChat()
	return nil
}

// note applies what is the same for every kind of message and writes down
// what is true of it.
func (x *exporter) note(ref Ref, ci, i int, old bool) {
	m := &x.m
	if m.action != "" {
		x.truth.Service = append(x.truth.Service, ref)
		return
	}
	s := newRNG(x.opt.Seed, streamSecond, uint64(ci), uint64(i), 1)
	if old && s.hit(x.changed) {
		m.edited = x.end + int64(s.n(5*24*3600))
		x.truth.Changed = append(x.truth.Changed, ref)
		x.change(&s)
	}
	if k := newRNG(x.opt.Seed, streamKind, uint64(ci), uint64(i), 1); k.hit(x.control) {
		m.parts = append(m.parts, part{kind: "plain", text: []byte{'\\', 'x', '0', "12345678BCEF"[k.n(12)]}})
		x.join()
		x.truth.Control = append(x.truth.Control, ref)
	}
	if m.edited != 0 {
		x.truth.Edited = append(x.truth.Edited, ref)
	}
	if m.fwdFrom != "" {
		x.truth.Forward = append(x.truth.Forward, ref)
	}
}

// change rewrites the message's text: a correction behind it, as channels do.
func (x *exporter) change(r *rng) {
	b := []byte(`\n\n`)
	b = append(b, pick(r, []string{"تحديث: ", "تصحيح: ", "اصلاحیه: ", "Update: "})...)
	for range 3 + r.n(12) {
		b = x.langs[0].word(b, r)
	}
	x.m.parts = append(x.m.parts, part{kind: "plain", text: b[:len(b)-1]})
	x.join()
}

// join makes one part of neighbouring plain ones: Telegram has no two in a row.
func (x *exporter) join() {
	p := x.m.parts
	kept := p[:0]
	for _, q := range p {
		if n := len(kept); n > 0 && q.kind == "plain" && kept[n-1].kind == "plain" {
			kept[n-1].text = append(append([]byte(nil), kept[n-1].text...), q.text...)
			continue
		}
		kept = append(kept, q)
	}
	x.m.parts = kept
}

// plant puts a phrase behind the text.
func (x *exporter) plant(phrase string) {
	x.m.action, x.m.title, x.m.pinned, x.m.members = "", "", 0, nil
	text := []byte(phrase)
	if len(x.m.parts) > 0 {
		text = append([]byte(" "), text...)
	}
	x.m.parts = append(x.m.parts, part{kind: "plain", text: text})
	x.join()
}

// when is the time of message i of chat number ci.
func (x *exporter) when(c *chat, ci, i int) int64 {
	r := newRNG(x.opt.Seed, streamTime, uint64(ci), uint64(i))
	return x.opt.Start.Unix() + (int64(i)*c.gap+r.below(c.gap))/1000
}

// sender fills in who posts.
func (x *exporter) sender(c *chat, r *rng) {
	from := c.source
	if len(x.persons) > 0 {
		from = pick(r, x.persons)
	}
	x.m.from, x.m.fromID = from.name, from.id
}
