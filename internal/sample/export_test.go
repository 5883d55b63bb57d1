package sample

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"dalil/internal/record"
)

// exported is what a JSON reader sees of an export.
type exported struct {
	Chats *struct {
		List []exportedChat `json:"list"`
	} `json:"chats"`
	exportedChat
}

type exportedChat struct {
	ID       int64             `json:"id"`
	Name     string            `json:"name"`
	Type     string            `json:"type"`
	Messages []exportedMessage `json:"messages"`
}

type exportedMessage struct {
	ID       int64  `json:"id"`
	Type     string `json:"type"`
	Date     string `json:"date"`
	Unix     string `json:"date_unixtime"`
	Edited   string `json:"edited_unixtime"`
	Forward  string `json:"forwarded_from"`
	Reply    int64  `json:"reply_to_message_id"`
	Photo    string `json:"photo"`
	Action   string `json:"action"`
	From     string `json:"from"`
	FromID   string `json:"from_id"`
	Text     any    `json:"text"`
	Entities []struct {
		Type, Text, Href string
	} `json:"text_entities"`
}

// text joins the entities after checking that "text" says the same.
func (m *exportedMessage) text(t *testing.T) string {
	t.Helper()
	var a, b strings.Builder
	for _, e := range m.Entities {
		a.WriteString(e.Text)
	}
	switch v := m.Text.(type) {
	case string:
		b.WriteString(v)
	case []any:
		for _, p := range v {
			if s, ok := p.(string); ok {
				b.WriteString(s)
			} else {
				b.WriteString(p.(map[string]any)["text"].(string))
			}
		}
	}
	if a.String() != b.String() {
		t.Fatalf("message %d: text %q, entities %q", m.ID, b.String(), a.String())
	}
	return a.String()
}

func export(t testing.TB, opt ExportOptions) ([]byte, ExportTruth) {
	t.Helper()
	var b bytes.Buffer
	truth, err := Export(&b, opt)
	if err != nil {
		t.Fatal(err)
	}
	if truth.Bytes != int64(b.Len()) {
		t.Fatalf("truth says %d bytes, file has %d", truth.Bytes, b.Len())
	}
	return b.Bytes(), truth
}

func parse(t testing.TB, b []byte) []exportedChat {
	t.Helper()
	var e exported
	if err := json.Unmarshal(b, &e); err != nil {
		t.Fatal(err)
	}
	if e.Chats != nil {
		return e.Chats.List
	}
	return []exportedChat{e.exportedChat}
}

func TestExportTruth(t *testing.T) {
	opt := DefaultExport(6000, 7)
	for _, c := range []struct {
		name           string
		chats, persons int
	}{{"single", 0, 0}, {"account", 3, 0}, {"group", 0, 25}} {
		t.Run(c.name, func(t *testing.T) {
			opt := opt
			opt.Chats, opt.Persons = c.chats, c.persons
			b, truth := export(t, opt)
			checkExport(t, opt, parse(t, b), truth)
		})
	}
}

// checkExport holds what a reader sees against the truth.
func checkExport(t *testing.T, opt ExportOptions, chats []exportedChat, truth ExportTruth) {
	t.Helper()
	texts := map[Ref]string{}
	byRef := map[Ref]exportedMessage{}
	var order, edited, forwarded, service []Ref
	var holes []Hole
	for i, c := range chats {
		tc := truth.Chats[i]
		if tc.ID != c.ID || tc.Name != c.Name || tc.Messages != len(c.Messages) || tc.First != c.Messages[0].ID || tc.Last != c.Messages[len(c.Messages)-1].ID {
			t.Errorf("chat %d: truth %+v, file %d %q %d messages", i, tc, c.ID, c.Name, len(c.Messages))
		}
		last, lastDate := int64(0), int64(0)
		for _, m := range c.Messages {
			ref := Ref{c.ID, m.ID}
			order = append(order, ref)
			texts[ref], byRef[ref] = m.text(t), m
			if m.ID <= last {
				t.Fatalf("id %d after %d", m.ID, last)
			}
			if m.ID > last+1 {
				holes = append(holes, Hole{c.ID, last + 1, m.ID - 1})
			}
			last = m.ID
			unix := mustInt(t, m.Unix)
			if unix < lastDate {
				t.Fatalf("message %d goes back in time", m.ID)
			}
			lastDate = unix
			if got := time.Unix(unix, 0).In(zoneOf(opt)).Format("2006-01-02T15:04:05"); got != m.Date {
				t.Fatalf("message %d: date %s, date_unixtime is %s there", m.ID, m.Date, got)
			}
			if m.Edited != "" {
				edited = append(edited, ref)
				if mustInt(t, m.Edited) <= unix {
					t.Errorf("message %d edited before it was sent", m.ID)
				}
			}
			if m.Forward != "" {
				forwarded = append(forwarded, ref)
			}
			if m.Type == "service" {
				service = append(service, ref)
			}
			if opt.Persons > 0 && m.Type == "message" && !strings.HasPrefix(m.FromID, "user") {
				t.Errorf("message %d of a group is from %s", m.ID, m.FromID)
			}
		}
	}
	if truth.Messages != len(order) {
		t.Errorf("truth counts %d messages, file has %d", truth.Messages, len(order))
	}
	same := func(what string, a, b any) {
		if fmt.Sprint(a) != fmt.Sprint(b) {
			t.Errorf("%s: truth and file differ", what)
		}
	}
	same("edited", truth.Edited, edited)
	same("forwarded", truth.Forward, forwarded)
	same("service", truth.Service, service)
	if len(truth.Missing) == 0 {
		same("holes", truth.Holes, holes)
	}
	for _, n := range truth.Needles {
		var in []Ref
		for _, ref := range order {
			if strings.Contains(texts[ref], n.Phrase) {
				in = append(in, ref)
			}
		}
		same("needle "+n.Phrase, n.In, in)
	}
	kinds := map[Relation]int{}
	for _, f := range truth.Families {
		first := byRef[f.Members[0].Ref]
		if len(truth.Missing) > 0 {
			continue
		}
		for k, m := range f.Members {
			msg, ok := byRef[m.Ref]
			if !ok || texts[m.Ref] == "" {
				t.Fatalf("member %+v is not in the file", m)
			}
			kinds[m.Relation]++
			if k > 0 && mustInt(t, msg.Unix) <= mustInt(t, first.Unix) {
				t.Errorf("member %+v is not later than its original %+v", m, f.Members[0])
			}
			exact := texts[m.Ref] == texts[f.Members[0].Ref]
			if want := m.Relation == Original || m.Relation == Verbatim || m.Relation == Forwarded; exact != want && !containsNeedle(texts[m.Ref]) {
				t.Errorf("%s: same text is %v", m.Relation, exact)
			}
			if (m.Relation == Forwarded) != (msg.Forward != "") {
				t.Errorf("%s: forwarded_from %q", m.Relation, msg.Forward)
			}
		}
	}
	for _, k := range append(exportRelations, Original) {
		if kinds[k] == 0 && len(truth.Missing) == 0 {
			t.Errorf("no member is %s", k)
		}
	}
	near := func(what string, got int, want float64) {
		if n := float64(got) / float64(len(order)); n < want*.6-.002 || n > want*1.6+.002 {
			t.Errorf("share of %s is %.4f, want about %.4f", what, n, want)
		}
	}
	near("service", len(service), opt.ServiceShare)
	near("edited", len(edited), opt.EditedShare)
	near("forwarded", len(forwarded), opt.ForwardShare)
	missing := 0
	for _, h := range truth.Holes {
		missing += int(h.Last - h.First + 1)
	}
	near("holes", missing, opt.HoleShare)
	if mean := float64(truth.Bytes) / float64(len(order)); mean < 1250 || mean > 1550 {
		t.Errorf("%.0f bytes a message, want about 1400", mean)
	}
}

func containsNeedle(s string) bool { return strings.Contains(s, " ظغظ") }

func zoneOf(opt ExportOptions) *time.Location {
	if opt.Zone == nil {
		return time.UTC
	}
	return opt.Zone
}

func mustInt(t testing.TB, s string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestSecond compares the two exports message by message.
func TestSecond(t *testing.T) {
	opt := DefaultExport(4000, 11)
	opt.Chats = 2
	b1, truth1 := export(t, opt)
	opt.Second = &Second{Edited: .02, Missing: .01, New: .05}
	b2, truth2 := export(t, opt)
	first := map[Ref]string{}
	for _, c := range parse(t, b1) {
		for _, m := range c.Messages {
			first[Ref{c.ID, m.ID}] = m.text(t)
		}
	}
	var fresh, changed []Ref
	for _, c := range parse(t, b2) {
		for _, m := range c.Messages {
			ref := Ref{c.ID, m.ID}
			old, ok := first[ref]
			delete(first, ref)
			switch {
			case !ok:
				fresh = append(fresh, ref)
			case old != m.text(t):
				changed = append(changed, ref)
			}
		}
	}
	if !slices.Equal(fresh, truth2.New) || !slices.Equal(changed, truth2.Changed) {
		t.Errorf("file has %d new and %d changed, truth %d and %d", len(fresh), len(changed), len(truth2.New), len(truth2.Changed))
	}
	if len(first) != len(truth2.Missing) {
		t.Errorf("%d missing, truth says %d", len(first), len(truth2.Missing))
	}
	for _, ref := range truth2.Missing {
		if _, ok := first[ref]; !ok {
			t.Errorf("%+v is not missing", ref)
		}
	}
	if len(fresh) != 200 || len(changed) < 40 || len(first) < 20 {
		t.Errorf("%d new, %d changed, %d missing: too few", len(fresh), len(changed), len(first))
	}
	if len(truth1.New)+len(truth1.Missing)+len(truth1.Changed) != 0 {
		t.Error("a first export has differences to itself")
	}
}

func TestExportLayout(t *testing.T) {
	opt := DefaultExport(60, 3)
	opt.Needles, opt.ControlShare = 0, 0
	b, _ := export(t, opt)
	text := string(b)
	for _, want := range []string{"{\n \"name\": \"", "\",\n \"type\": \"public_channel\",\n \"id\": 1", ",\n \"messages\": [\n  {\n   \"id\": 1,\n   \"type\": \"message\",\n   \"date\": \"2021-",
		"\n   \"text_entities\": [\n    {\n     \"type\": \"plain\",\n     \"text\": \"", "\n   \"reactions\": [\n    {\n     \"type\": \"emoji\",\n     \"count\": ", "\n  }\n ]\n}"} {
		if !strings.Contains(text, want) {
			t.Errorf("layout lacks %q", want)
		}
	}
}

func TestExportControlCharacters(t *testing.T) {
	opt := DefaultExport(500, 5)
	opt.ControlShare = .1
	b, truth := export(t, opt)
	if json.Valid(b) {
		t.Error("valid JSON, want the defect of Telegram Desktop")
	}
	if n := bytes.Count(b, []byte(`\x0`)); n != 2*len(truth.Control) || n == 0 {
		t.Errorf("%d escapes for %d messages, want two each", n, len(truth.Control))
	}
}

// TestExportBytes pins the bytes: benchmarks of different days are compared.
func TestExportBytes(t *testing.T) {
	opt := DefaultExport(3000, 1)
	opt.Chats = 2
	opt.Zone = time.FixedZone("", 3*3600)
	opt.Second = &Second{Edited: .1, Missing: .1, New: .1}
	a, _ := export(t, opt)
	b, _ := export(t, opt)
	if !bytes.Equal(a, b) {
		t.Error("two runs differ")
	}
	sum := sha256.Sum256(a)
	if got := hex.EncodeToString(sum[:8]); got != exportDigest {
		t.Errorf("SHA-256 begins with %s, was %s: the generator changed", got, exportDigest)
	}
	opt.Seed++
	if c, _ := export(t, opt); bytes.Equal(a, c) {
		t.Error("another seed, same bytes")
	}
}

const exportDigest = "7998d2095901377b"

func TestExportErrors(t *testing.T) {
	for name, change := range map[string]func(*ExportOptions){
		"share above one":  func(o *ExportOptions) { o.EditedShare = 1.1 },
		"negative share":   func(o *ExportOptions) { o.MediaShare = -.1 },
		"all holes":        func(o *ExportOptions) { o.HoleShare = 1 },
		"negative count":   func(o *ExportOptions) { o.Messages = -1 },
		"too many needles": func(o *ExportOptions) { o.Needles = 500 },
	} {
		opt := DefaultExport(1000, 1)
		change(&opt)
		if _, err := Export(io.Discard, opt); !errors.Is(err, record.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	full := errors.New("disk full")
	if _, err := Export(failing{full}, DefaultExport(100, 1)); !errors.Is(err, full) {
		t.Errorf("error of the writer: %v", err)
	}
	if b, truth := export(t, ExportOptions{}); truth.Messages != 0 || !json.Valid(b) {
		t.Errorf("no messages: %d, %s", truth.Messages, b)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestVocabulary(t *testing.T) {
	for _, words := range [][]string{arabicWords(24000), persianWords(14000), englishWords(10000)} {
		seen := map[string]bool{}
		for _, w := range words {
			if seen[w] || strings.ContainsAny(w, "\"\\ \n") {
				t.Fatalf("word %q twice or with a character that needs escaping", w)
			}
			seen[w] = true
		}
		for n := range 500 {
			for _, w := range strings.Fields(needle(n)) {
				if seen[w] {
					t.Errorf("needle %s is in the vocabulary", w)
				}
			}
		}
		v, r, counts := newVocabulary(words), newRNG(9), map[string]int{}
		for range 300000 {
			counts[string(v.word(nil, &r))]++
		}
		var sum float64
		for k := range words {
			sum += 1 / (float64(k) + 2.7)
		}
		for _, k := range []int{0, 1, 10, 100} {
			want := 300000 / sum / (float64(k) + 2.7)
			if got := float64(counts[words[k]+" "]); got < want*.8-15 || got > want*1.2+15 {
				t.Errorf("word %d came %.0f times, want about %.0f", k, got, want)
			}
		}
	}
}

func BenchmarkExport(b *testing.B) {
	for b.Loop() {
		truth, err := Export(io.Discard, DefaultExport(100_000, 1))
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(truth.Bytes)
	}
}
