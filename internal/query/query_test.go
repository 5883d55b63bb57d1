package query_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"dalil/internal/query"
	"dalil/internal/record"
)

var (
	now  = time.Date(2021, 6, 10, 12, 0, 0, 0, time.UTC)
	east = time.FixedZone("UTC+3", 3*3600)
)

func parse(t *testing.T, text string) query.Query {
	t.Helper()
	q, err := query.Parse(text, query.ParseOptions{Zone: east, Now: now})
	if err != nil {
		t.Fatalf("Parse(%q): %v", text, err)
	}
	return q
}

func w(s string) query.Words { return query.Words{Raw: s, Terms: []string{s}} }

func unix(s string) int64 {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t.Unix()
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		text string
		want query.Node
	}{
		{"", nil},
		{"  —  … ", nil},
		{"bridge", w("bridge")},
		{"bridge river", query.And{w("bridge"), w("river")}},
		{"ألوية الوعد", query.And{w("ألوية"), w("الوعد")}},
		{"a OR b c", query.And{query.Or{w("a"), w("b")}, w("c")}},
		{"a OR (b c)", query.Or{w("a"), query.And{w("b"), w("c")}}},
		{"a or b", query.And{w("a"), w("or"), w("b")}},
		{"-a", query.Not{X: w("a")}},
		{"-(a OR b) c", query.And{query.Not{X: query.Or{w("a"), w("b")}}, w("c")}},
		{"a - b", query.And{w("a"), w("b")}},
		{`"two words"`, query.Words{Raw: "two words", Terms: []string{"two", "words"}, Phrase: true}},
		{`“two words”`, query.Words{Raw: "two words", Terms: []string{"two", "words"}, Phrase: true}},
		{`«ألوية الوعد»`, query.Words{Raw: "ألوية الوعد", Terms: []string{"ألوية", "الوعد"}, Phrase: true}},
		{`"drone base"~5`, query.Words{Raw: "drone base", Terms: []string{"drone", "base"}, Near: 5}},
		{"rocket~1", query.Words{Raw: "rocket", Terms: []string{"rocket"}, Fuzzy: 1}},
		{"rocket~", query.Words{Raw: "rocket", Terms: []string{"rocket"}, Fuzzy: 1}},
		{"rock*", query.Words{Raw: "rock", Terms: []string{"rock"}, Prefix: true}},
		{"exact:كتائب", query.Words{Raw: "كتائب", Terms: []string{"كتائب"}, Exact: true}},
		{"20:41", query.Words{Raw: "20:41", Terms: []string{"20", "41"}}},
		{"https://example.org/a", query.Words{Raw: "https://example.org/a", Terms: []string{"https", "example", "org", "a"}}},
		{"قال:", w("قال")},
		{"note: bridge", query.And{w("note"), w("bridge")}},
		{"al-Kahf", query.And{w("al"), w("Kahf")}},
		{"F-16", query.Words{Raw: "F-16", Terms: []string{"F", "16"}}},
		{`צה"ל`, query.Words{Raw: `צה"ל`, Terms: []string{"צה", "ל"}}},
		{`from:"Valley News"`, query.Filter{Key: "from", Values: []string{"Valley News"}}},
		{"has:image|video", query.Filter{Key: "has", Values: []string{"image", "video"}}},
		{"LANG:AR", query.Filter{Key: "lang", Values: []string{"ar"}}},
		{"-has:forward", query.Not{X: query.Filter{Key: "has", Values: []string{"forward"}}}},
		{"posted:2020-11-17", query.Range{Key: "posted", From: unix("2020-11-16T21:00:00Z"), To: unix("2020-11-17T21:00:00Z")}},
		{"posted:٢٠٢٠-١١", query.Range{Key: "posted", From: unix("2020-10-31T21:00:00Z"), To: unix("2020-11-30T21:00:00Z")}},
		{"posted:2020-11-17..2020-11-18", query.Range{Key: "posted", From: unix("2020-11-16T21:00:00Z"), To: unix("2020-11-18T21:00:00Z")}},
		{"captured:>2020", query.Range{Key: "captured", From: unix("2020-12-31T21:00:00Z"), To: record.NoSeconds}},
		{"posted:<=2020", query.Range{Key: "posted", From: record.NoSeconds, To: unix("2020-12-31T21:00:00Z")}},
		{"posted:..2020", query.Range{Key: "posted", From: record.NoSeconds, To: unix("2020-12-31T21:00:00Z")}},
		{"posted:today", query.Range{Key: "posted", From: unix("2021-06-09T21:00:00Z"), To: unix("2021-06-10T21:00:00Z")}},
		{"posted:2d", query.Range{Key: "posted", From: unix("2021-06-08T12:00:00Z"), To: unix("2021-06-10T12:00:01Z")}},
		{"posted:2020-11-17T20:41Z", query.Range{Key: "posted", From: unix("2020-11-17T20:41:00Z"), To: unix("2020-11-17T20:42:00Z")}},
	} {
		if got := parse(t, c.text); !reflect.DeepEqual(got.Root, c.want) {
			t.Errorf("Parse(%q) = %#v\nwant %#v", c.text, got.Root, c.want)
		}
	}
}

func TestParseSort(t *testing.T) {
	for text, want := range map[string]query.Sort{"a": query.Newest, "a sort:posted": query.Oldest, "sort:posted- a": query.Newest, "sort:relevance": query.Relevance} {
		if q := parse(t, text); q.Sort != want {
			t.Errorf("Parse(%q).Sort = %v, want %v", text, q.Sort, want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ text, at, what, do string }{
		{`bridge "two words`, `"`, "quote is not closed", `put "`},
		{"a (b c", "(", "not closed", "put )"},
		{"a b) c", ")", "closes nothing", "take it out"},
		{"a OR", "OR", "nothing behind", "both sides"},
		{"OR a", "OR", "nothing before", "both sides"},
		{"bridge colour:red", "colour:", "colour: is not a filter", "from: lang: posted:"},
		{"has:wings a", "has:wings", "has:wings is not known", "image, video"},
		{"lang: a", "lang:", "needs a value", "lang:ar"},
		{"posted:yesteryear", "posted:yesteryear", "is not a time", "posted:2020-11-17"},
		{"posted:2021..2020", "posted:2021..2020", "ends before it begins", "earlier time first"},
		{`"…" a`, `"…"`, "no word in these quotes", "letters or digits"},
		{`"a b"~0`, "~0", "takes a number", `"drone base"~5`},
		{"from:a|", "", "needs a value here", "from:"},
	} {
		_, err := query.Parse(c.text, query.ParseOptions{Now: now})
		var e *query.Error
		if !errors.As(err, &e) {
			t.Errorf("Parse(%q) = %v, want a query.Error", c.text, err)
			continue
		}
		if !errors.Is(err, record.ErrInvalid) {
			t.Errorf("Parse(%q): not ErrInvalid", c.text)
		}
		if got := e.Query[e.Offset:e.End]; got != c.at || !strings.Contains(e.What, c.what) || !strings.Contains(e.Do, c.do) {
			t.Errorf("Parse(%q): at %q, %q, %q; want %q, %q, %q", c.text, got, e.What, e.Do, c.at, c.what, c.do)
		}
	}
}

func TestDeepNestingIsAnError(t *testing.T) {
	for _, text := range []string{strings.Repeat("(", 500) + "a", strings.Repeat("-", 500) + "a", strings.Repeat("a ", 5000), strings.Repeat("a", 20000)} {
		if _, err := query.Parse(text, query.ParseOptions{}); !errors.Is(err, record.ErrInvalid) {
			t.Errorf("Parse(%.20q…) = %v, want ErrInvalid", text, err)
		}
	}
}

func TestEcho(t *testing.T) {
	for text, want := range map[string]string{
		"":       "all statements",
		"bridge": "statements, with “bridge”",
		"type:post lang:ar from:Sahil posted:2020-11-17..2020-11-18 “the bridge” -has:forward": "posts in Arabic, from Sahil, posted 17–18 Nov 2020, not forwarded, with “the bridge”",
		"a OR b sort:relevance":          "statements, “a” or “b”, most relevant first",
		"posted:2020-11 edited:yes":      "statements, posted Nov 2020, edited",
		"posted:>2020 missing:yes":       "statements, posted from 1 Jan 2021, seen missing",
		"posted:2020-11-17 \"a b\"~5":    "statements, posted 17 Nov 2020, with “a b” within 5 words",
		"state:withdrawn lang:ckb|fa a*": "statements in Sorani or Persian, withdrawn, with words that begin with “a”",
	} {
		if got := query.Echo(parse(t, text)); got != want {
			t.Errorf("Echo(%q) = %q\nwant %q", text, got, want)
		}
	}
}

func TestMapValues(t *testing.T) {
	q := parse(t, "import:R-1 OR (a -import:R-2) from:x")
	got, err := query.MapValues(q, func(key, v string) (string, error) {
		if key == "import" {
			return strings.TrimPrefix(v, "R-"), nil
		}
		return v, nil
	})
	if err != nil || query.String(got) != "import:1 OR (a -import:2) from:x" {
		t.Errorf("MapValues = %q, %v", query.String(got), err)
	}
	if query.String(q) != "import:R-1 OR (a -import:R-2) from:x" {
		t.Error("MapValues changed its argument")
	}
	refused := errors.New("refused")
	if _, err := query.MapValues(q, func(string, string) (string, error) { return "", refused }); !errors.Is(err, refused) {
		t.Errorf("MapValues: %v, want the function's error", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "a b", "a OR b c", `-"x y"~3`, "(a (b OR -c))", "from:\"a b\"|c has:image", "posted:2020-11..2021", "exact:\"ل م\"",
		"«ألوية الوعد»* 20:41", "rocket~1 a~ b~2*", "al-Kahf~1", `צה"ל`, ".from:x OR", "„a“ “b” exact:a-b", "a~1.", "sort:posted -(-a)", "captured:<2020-01-02t03:04:05z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		opt := query.ParseOptions{Zone: east, Now: now}
		q, err := query.Parse(text, opt)
		if err != nil {
			var e *query.Error
			if !errors.As(err, &e) {
				t.Fatalf("Parse(%q): %v is no query.Error", text, err)
			}
			if e.Offset < 0 || e.Offset > e.End || e.End > len(text) || e.What == "" || e.Do == "" {
				t.Fatalf("Parse(%q): bad error %+v", text, e)
			}
			return
		}
		s := query.String(q)
		again, err := query.Parse(s, opt)
		if len(s) > 16<<10 {
			return // grown beyond what may be typed
		}
		if err != nil {
			t.Fatalf("Parse(String(Parse(%q))) = Parse(%q): %v", text, s, err)
		}
		if !reflect.DeepEqual(q.Root, again.Root) || q.Sort != again.Sort {
			t.Fatalf("%q -> %q:\n%#v\n%#v", text, s, q.Root, again.Root)
		}
		query.Echo(q)
	})
}
