package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"dalil/internal/desk"
	"dalil/internal/pipeline"
	"dalil/internal/query"
	"dalil/internal/record"
	"dalil/internal/sample"
)

// pageData is what each page is given, zero.
func pageData() map[string]any {
	return map[string]any{"today": todayData{}, "style": styleData{}, "statements": &statementsData{}, "statement": statementData{}, "proof": proofData{}, "sources": sourcesData{}, "matrix": &matrixData{},
		"source": sourceData{}, "imports": []importRow{}, "receipt": receiptData{}, "log": logData{}, "entry": entryData{}, "entries": entriesData{}, "help": helpData{}, "out": outData{}, "families": &familiesData{}, "family": familyData{}, "firsts": firstsData{}, "settings": settingsData{}, "inbox": &inboxData{}, "unit": &unitData{}, "import": importData{}, "preflight": preflightData{}, "jobs": jobsData{}, "ocr": ocrData{}, "job": jobData{}, "capture": &captureData{}, "export": &exportData{}, "all": allData{}, "apply": applyData{}, "conflict": &conflict{}, "sheet": sheetData{}, "fail": failure{}, "login": loginData{}, "sessions": sessionsData{}, "doctor": []checkRow{}}
}

// fill sets everything in v to something that is not zero.
func fill(v reflect.Value, depth int) {
	if depth == 0 || !v.CanSet() {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("/<b onclick='x'>\"&\u202e نص")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(7)
	case reflect.Uint, reflect.Uint64, reflect.Uint32:
		v.SetUint(7)
	case reflect.Uint8: // a precision, or a byte of a digest
		v.SetUint(5)
	case reflect.Float64:
		v.SetFloat(.5)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), depth-1)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), depth-1)
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), depth-1)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(v.Index(i), depth-1)
		}
	case reflect.Map:
		m := reflect.MakeMap(v.Type())
		k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(k, depth-1)
		fill(e, depth-1)
		m.SetMapIndex(k, e)
		v.Set(m)
	}
}

func TestEveryTemplateRunsEmptyAndFull(t *testing.T) {
	c := newCase(t)
	s := &server{desk: c.desk, zone: c.desk.Case.Zone, tongues: tongues()}
	all := s.parsePages()
	pages := all["en"]
	_, ours := script()
	data := pageData()
	for name := range pages {
		if _, ok := data[name]; !ok {
			t.Errorf("page %s has no test data", name)
		}
	}
	for name, zero := range data {
		full := reflect.New(reflect.TypeOf(zero)).Elem()
		fill(full, 9)
		for how, d := range map[string]any{"empty": zero, "full": full.Interface()} {
			v := view{Title: "T", Case: "C", Data: d, Scripts: []string{ours}, Tongue: s.tongues[0], Self: "/x?q=1"}
			if how == "full" {
				fill(reflect.ValueOf(&v).Elem().FieldByName("Stand"), 3)
				v.JSON, v.Query = "/x.json", `"><script>`
			}
			var b bytes.Buffer
			if err := pages[name].ExecuteTemplate(&b, "layout.tmpl", v); err != nil {
				t.Errorf("%s, %s: %v", name, how, err)
				continue
			}
			doc := inert(t, name+", "+how, b.String())
			ids := map[string]bool{}
			ones := 0
			for n := range doc.Descendants() {
				if n.Data == "h1" {
					ones++
				}
				for _, a := range n.Attr {
					if a.Key == "id" && ids[a.Val] && !strings.HasPrefix(a.Val, "file-") {
						t.Errorf("%s, %s: id %q twice", name, how, a.Val)
					} else if a.Key == "id" {
						ids[a.Val] = true
					}
					for _, id := range strings.Fields(a.Val) {
						if a.Key == "aria-labelledby" && !strings.Contains(b.String(), `id="`+id+`"`) {
							t.Errorf("%s, %s: %q labels nothing", name, how, id)
						}
					}
				}
			}
			if ones != 1 {
				t.Errorf("%s, %s: %d main headings", name, how, ones)
			}
		}
	}
}

// sampleCase is the invented country's files, imported.
func sampleCase(t *testing.T) *testCase {
	t.Helper()
	dir := t.TempDir()
	if err := sample.Write(dir); err != nil {
		t.Fatal(err)
	}
	c := newCase(t)
	for _, part := range []string{"exports", "articles"} {
		if _, err := c.desk.Case.Import(t.Context(), []string{filepath.Join(dir, part)}, pipeline.ImportOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func TestTheSampleIsShown(t *testing.T) {
	c := sampleCase(t)
	stats, err := c.desk.Case.Catalog.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if page := c.get("/").Body.String(); !strings.Contains(page, ">"+number(stats.Statements)+" statements</a>") {
		t.Errorf("today does not say that there are %d statements", stats.Statements)
	}
	if stand, err := c.desk.Standing(t.Context()); err != nil || stand.Problem != "" || stand.Size != stats.LogSize {
		t.Errorf("%+v %v", stand, err)
	}
	edited, article := 0, 0
	seen := map[string]bool{}
	for _, s := range c.statements() {
		kind := fmt.Sprint(s.Kind, s.Version > 1, s.Lang, s.Forward != nil, s.ReplyTo != "", len(s.Media) > 0)
		if seen[kind] {
			continue
		}
		seen[kind] = true
		a := c.at(s)
		w := c.get(a)
		doc := inert(t, a, w.Body.String())
		if w.Code != 200 || !strings.Contains(w.Body.String(), "unaltered since capture") {
			t.Errorf("%s: %d, not shown unaltered", a, w.Code)
		}
		if s.Version > 1 {
			edited++
			if n := strings.Count(w.Body.String(), "<ins>") + strings.Count(w.Body.String(), "<del>"); n <= 2 {
				t.Errorf("%s: version %d shows no change", a, s.Version)
			}
		}
		if s.Kind == record.Article {
			article++
		}
		if s.Text != "" && !strings.HasPrefix(strings.ReplaceAll(textOf(doc, "class", "text"), " ", ""), strings.ReplaceAll(firstLine(s.Text), " ", "")) {
			t.Errorf("%s: the text does not begin with %q but with %.80q", a, firstLine(s.Text), textOf(doc, "class", "text"))
		}
		raw, _, err := c.desk.Raw(t.Context(), c.desk.StatementID(s))
		if err != nil {
			t.Fatal(err)
		}
		r := c.get("/s/" + c.desk.StatementID(s) + "/raw")
		if !bytes.Equal(r.Body.Bytes(), raw) || r.Header().Get("Content-Type") != "text/plain; charset=utf-8" ||
			!strings.HasPrefix(r.Header().Get("Content-Disposition"), "attachment; filename=\"S-") || !strings.Contains(r.Header().Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s/raw: %v", a, r.Header())
		}
	}
	if edited == 0 || article == 0 {
		t.Errorf("the sample has %d edited statements and %d articles", edited, article)
	}
	sources, err := c.desk.Case.Catalog.Sources(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sources {
		var got struct {
			Statements int64              `json:"statements"`
			Months     []desk.CoverPeriod `json:"months"`
		}
		a := "/c/" + c.desk.Case.IDs.ID(record.KindSource, s.Leaf) + ".json"
		if err := json.Unmarshal(c.get(a).Body.Bytes(), &got); err != nil {
			t.Fatal(a, err)
		}
		var sum int64
		for _, m := range got.Months {
			sum += m.N
		}
		if got.Statements != s.Statements || s.First != record.NoSeconds && sum != s.Statements {
			t.Errorf("%s: %d of %d statements, %d in the months", a, got.Statements, s.Statements, sum)
		}
	}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	if i := strings.IndexAny(line, "\u200b\u202e"); i >= 0 {
		line = line[:i]
	}
	return line
}

func TestOneAddressPerStatement(t *testing.T) {
	c := newCase(t, map[string]string{"a.txt": "the old bridge"})
	s := c.statements()[0]
	id, at := c.desk.StatementID(s), c.at(s)
	for _, a := range []string{"/s/" + id, "/s/" + strings.ToLower(id), "/s/" + strings.Replace(id, "-", "", 1), "/s/" + id[2:], "/s/" + id + "/another-name", "/s/" + strings.ToLower(id) + "/" + url.PathEscape("اسم")} {
		w := c.once(http.MethodGet, "localhost", a)
		if w.Code != http.StatusMovedPermanently || w.Header().Get("Location") != at {
			t.Errorf("%s: %d to %q, want %q", a, w.Code, w.Header().Get("Location"), at)
		}
	}
	if w := c.once(http.MethodGet, "localhost", at); w.Code != 200 {
		t.Errorf("%s: %d", at, w.Code)
	}
	if w := c.once(http.MethodGet, "localhost", "/s/"+id+".json"); w.Header().Get("Location") != at+".json" {
		t.Errorf("JSON: %d to %q", w.Code, w.Header().Get("Location"))
	}
}

func TestPicturesWaitForAClick(t *testing.T) {
	var b bytes.Buffer
	img := image.NewRGBA(image.Rect(0, 0, 4, 4))
	img.Set(1, 1, color.RGBA{200, 0, 0, 255})
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	export := func(file string) string {
		return `{"name":"Blue Horizon","type":"public_channel","id":77,"messages":[{"id":1,"type":"message","date":"2025-06-01T10:00:00","date_unixtime":"1748761200","from":"Blue Horizon","from_id":"channel77","photo":"` + file + `","width":4,"height":4,"text":"one"}]}`
	}
	c := newCase(t, map[string]string{"result.json": export("photos/a.png"), "photos/a.png": b.String()})
	s := c.statements()[0]
	for _, x := range c.statements() {
		if x.ExternalID == "1" {
			s = x
		}
	}
	at, file := c.at(s), "/s/"+c.desk.StatementID(s)+"/media/1"
	if page := c.get(at).Body.String(); strings.Contains(page, "<img") || !strings.Contains(page, "Show this picture") {
		t.Error("the picture is loaded without being asked for")
	}
	if page := c.get(at + "?open=1").Body.String(); !strings.Contains(page, `<img src="`+file+`"`) {
		t.Error("the picture is not shown when asked for")
	}
	w := c.get(file)
	if w.Code != 200 || w.Header().Get("Content-Type") != "image/png" || !bytes.Equal(w.Body.Bytes(), b.Bytes()) || !strings.Contains(w.Header().Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%s: %d %v", file, w.Code, w.Header())
	}
	c = newCase(t, map[string]string{"result.json": export("photos/a.png"), "photos/a.png": `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`})
	for _, x := range c.statements() {
		if x.ExternalID != "1" {
			continue
		}
		if w := c.get("/s/" + c.desk.StatementID(x) + "/media/1"); w.Code != 400 || strings.Contains(w.Header().Get("Content-Type"), "svg") {
			t.Errorf("a drawing that runs: %d %s", w.Code, w.Header().Get("Content-Type"))
		}
	}
}

// TestTheKeptCopyComesFirst: a link out of the case leads to what was captured there,
// if anything was, and else to where it can be.
func TestTheKeptCopyComesFirst(t *testing.T) {
	c := newCase(t, map[string]string{"page.html": `<!doctype html><html lang="en"><head><title>The bridge at noon</title><link rel="canonical" href="https://www.valley-weekly.org/bridge/">
<meta property="article:published_time" content="2025-06-01T10:00:00Z"></head><body><article><h1>The bridge at noon</h1><p>The bridge was closed at noon, the office of works said, and is to be opened again before the market begins.</p>
<p>Another paragraph with more words than the first, so that a reader finds where the text of this page stands.</p></article></body></html>`})
	var at string
	for _, s := range c.statements() {
		if s.Kind == record.Article {
			at = c.at(s)
		}
	}
	kept := c.get("/out?u=" + url.QueryEscape("https://valley-weekly.org/bridge?utm_source=x")).Body.String()
	if at == "" || !strings.Contains(kept, `<a class="button" href="`+strings.Join(strings.SplitN(at, "/", 4)[:3], "/")) || strings.Contains(kept, "Capture it into the case") {
		t.Errorf("%s is not offered: %s", at, kept)
	}
	none := c.get("/out?u=" + url.QueryEscape("https://valley-weekly.org/other?a=b&c=d")).Body.String()
	if strings.Contains(none, "Read what was captured") || !strings.Contains(none, `href="/capture?text=https%3A%2F%2Fvalley-weekly.org%2Fother%3Fa%3Db%26c%3Dd"`) {
		t.Errorf("it is offered what is not there: %s", none)
	}
}

// TestABreakIsSuggested: whoever looks at many pictures in one go is told so before
// the next, can see it all the same, and need not be counted at all.
func TestABreakIsSuggested(t *testing.T) {
	files := map[string]string{}
	var messages []string
	for i := range 12 {
		var b bytes.Buffer
		img := image.NewRGBA(image.Rect(0, 0, 4, 4))
		img.Set(1, 1, color.RGBA{uint8(20 * i), 0, 0, 255})
		if err := png.Encode(&b, img); err != nil {
			t.Fatal(err)
		}
		file := fmt.Sprintf("photos/%d.png", i)
		files[file] = b.String()
		messages = append(messages, fmt.Sprintf(`{"id":%d,"type":"message","date":"2025-06-01T10:00:00","date_unixtime":"%d","from":"Blue Horizon","from_id":"channel77","photo":"%s","width":4,"height":4,"text":"picture %d"}`, i+1, 1748761200+i, file, i))
	}
	files["result.json"] = `{"name":"Blue Horizon","type":"public_channel","id":77,"messages":[` + strings.Join(messages, ",") + `]}`
	c := newCase(t, files)
	var ats []string
	for _, s := range c.statements() {
		if len(s.Media) == 1 && s.Kind == record.Post {
			ats = append(ats, c.at(s))
		}
	}
	if len(ats) != 12 {
		t.Fatalf("%d posts with a picture", len(ats))
	}
	jar := map[string]string{}
	see := func(at string) string {
		t.Helper()
		r := httptest.NewRequest("GET", at, nil)
		r.Host = "127.0.0.1:8080"
		for name, value := range jar {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		w := httptest.NewRecorder()
		c.h.ServeHTTP(w, r)
		if w.Code != 200 {
			t.Fatalf("%s: %d", at, w.Code)
		}
		for _, k := range w.Result().Cookies() {
			if jar[k.Name] = k.Value; !k.HttpOnly || k.SameSite != http.SameSiteStrictMode || k.MaxAge > 0 {
				t.Errorf("%+v", k)
			}
		}
		return w.Body.String()
	}
	suggested := func(page string) bool {
		shown := strings.Contains(page, `<img src="/s/`)
		if told := strings.Contains(page, "without a break"); told == shown {
			t.Errorf("told %v, shown %v", told, shown)
		}
		return !shown
	}
	if see(ats[0]); len(jar) > 0 {
		t.Errorf("a page whose pictures are covered counts: %v", jar)
	}
	jar["dalil-choices"] = "pictures=10"
	for i := range 10 {
		if suggested(see(ats[i] + "?open=1")) {
			t.Errorf("after %d", i)
		}
	}
	for _, again := range []string{"", "&colour=1"} { // is not one more
		if suggested(see(ats[9] + "?open=1" + again)) {
			t.Error("the same picture counts twice")
		}
	}
	if !suggested(see(ats[10] + "?open=1")) {
		t.Error("no break is suggested")
	}
	if suggested(see(ats[10]+"?open=1&anyway=1")) || suggested(see(ats[11]+"?open=1")) {
		t.Error("it cannot be seen all the same")
	}
	if page := see(ats[0]); !strings.Contains(page, "12 pictures shown") {
		t.Error("nobody says how many")
	}
	// A quarter of an hour later, and with a cookie that nobody was given.
	count := jar["dalil-looked"]
	old := regexp.MustCompile(`(last|since)=\d+`).ReplaceAllString(count, "$1=1000000")
	for _, cookie := range []string{strings.Replace(old, "n=12", "n=10", 1), "n=10", "n=-10&since=1&last=1", "%zz", strings.Replace(count, "last=1", "last=9", 1)} {
		jar["dalil-looked"] = cookie
		if suggested(see(ats[0] + "?open=1")) {
			t.Errorf("a count of %q", cookie)
		}
	}
	jar["dalil-looked"], jar["dalil-choices"] = strings.Replace(count, "n=12", "n=20", 1), "pictures=off"
	if page := see(ats[3] + "?open=1"); suggested(page) || strings.Contains(page, "pictures shown") {
		t.Error("counted though nobody wants that")
	}
	jar["dalil-choices"] = ""
	if !suggested(see(ats[3] + "?open=1")) {
		t.Error("no break is suggested after 20, which is usual")
	}
}

func TestWithdrawnAndErasedAreSaid(t *testing.T) {
	c := newCase(t, map[string]string{"a.txt": "the old bridge", "b.txt": "the new harbour"})
	var bridge, harbour string
	for _, s := range c.statements() {
		if id := c.desk.StatementID(s); strings.Contains(s.Text, "bridge") {
			bridge = id
		} else {
			harbour = id
		}
	}
	if _, err := c.desk.Withdraw(t.Context(), bridge, "a mistake <of> mine"); err != nil {
		t.Fatal(err)
	}
	req, _, err := c.desk.RequestErase(t.Context(), harbour, "asked for by the family")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.desk.ConfirmErase(t.Context(), c.desk.Case.IDs.ID(record.KindDecision, req.Leaf), "yes"); err != nil {
		t.Fatal(err)
	}
	if page := c.get("/s/" + bridge).Body.String(); !strings.Contains(page, "must not be cited") || !strings.Contains(page, "a mistake &lt;of&gt; mine") {
		t.Error("the withdrawal is not told")
	}
	if page := c.get("/statements?q=bridge").Body.String(); !strings.Contains(page, "1 withdrawn statement matches") {
		t.Error("a fruitless search does not tell of withdrawn hits")
	}
	w := c.get("/s/" + harbour)
	if page := w.Body.String(); w.Code != 200 || !strings.Contains(page, "destroyed on a decision") || strings.Contains(page, "the new harbour") {
		t.Errorf("the erasure is not told: %d", w.Code)
	}
	if w := c.get("/s/" + harbour + "/raw"); w.Code != http.StatusGone {
		t.Errorf("erased bytes: %d", w.Code)
	}
	page := c.get("/log").Body.String()
	for _, want := range []string{"withdrew", "asked to erase", "had erased", "asked for by the family", "imported"} {
		if !strings.Contains(page, want) {
			t.Errorf("the log does not say %q", want)
		}
	}
}

func TestWrongWordIsPointedAt(t *testing.T) {
	c := newCase(t, map[string]string{"a.txt": "the old bridge"})
	w := c.get("/statements?q=" + url.QueryEscape(`bridge frmo:valley "old`))
	doc := inert(t, "query", w.Body.String())
	if at := textOf(doc, "class", "wrong"); w.Code != 400 || !strings.HasPrefix(at, "frmo") {
		t.Errorf("%d, points at %q", w.Code, at)
	}
	for key := range query.Keys() {
		if !strings.Contains(w.Body.String(), "<code>"+key+":</code>") {
			t.Errorf("filter %s is not listed", key)
		}
	}
}

func TestFruitlessSearchesAreExplained(t *testing.T) {
	c := newCase(t, map[string]string{"a.txt": "the old bridge", "b.txt": "the new harbour"})
	runs, err := c.desk.Case.Catalog.Runs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	id := c.desk.Case.IDs.ID(record.KindRun, runs[0].Leaf)
	for q, wants := range map[string][]string{
		"zebra bridge":          {"No statement has", "zebra", "without"},
		"harbour bridge":        {"What stands in the way", ">bridge</bdi></a>: 1", ">harbour</bdi></a>: 1"},
		"harbo":                 {"Spelt otherwise", "harbo*"},
		"zebra import:" + id:    {">zebra</bdi></a>: 2"},
		"bridge lang:fa -river": {">lang:fa</bdi></a>: 1"},
	} {
		w := c.get("/statements?q=" + url.QueryEscape(q))
		for _, want := range append(wants, "Nothing found") {
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s: %d, does not say %q", q, w.Code, want)
			}
		}
	}
	if page := c.get("/statements?q=import:" + id).Body.String(); !strings.Contains(page, "<b>2</b>") {
		t.Error("the statements of an import are not listed")
	}
}

func TestEveryFilterIsExplained(t *testing.T) {
	for _, k := range helpKeys() {
		if k.Means == "" || k.Example == "" {
			t.Errorf("%s: is not explained", k.Name)
		}
		if _, err := query.Parse(k.Example, query.ParseOptions{}); err != nil {
			t.Errorf("%s: the example %s cannot be read: %v", k.Name, k.Example, err)
		}
	}
}

func TestToggled(t *testing.T) {
	for _, x := range []struct{ text, key, value, want string }{
		{"", "lang", "ar", "lang:ar"},
		{"old  bridge", "lang", "ar", "old  bridge lang:ar"},
		{"bridge lang:ar", "lang", "ar", "bridge"},
		{"bridge lang:ar", "lang", "fa", "bridge lang:ar|fa"},
		{"bridge lang:ar|fa sort:posted", "lang", "ar", "bridge lang:fa sort:posted"},
		{"a OR b", "from", "web:example.org", "a OR b from:web:example.org"},
		{"lang:ar", "lang", "ar", ""},
		{"-lang:ar", "lang", "ar", "-lang:ar lang:ar"},
	} {
		q, err := query.Parse(x.text, query.ParseOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := toggled(q, x.key, x.value); got != x.want {
			t.Errorf("%q with %s:%s: %q, want %q", x.text, x.key, x.value, got, x.want)
		} else if _, err := query.Parse(got, query.ParseOptions{}); err != nil {
			t.Errorf("%q: %v", got, err)
		}
	}
}

func TestPagesFollowEachOther(t *testing.T) {
	files := map[string]string{}
	for i := range 120 {
		files[fmt.Sprintf("%03d.txt", i)] = fmt.Sprintf("bridge number %d", i)
	}
	c := newCase(t, files)
	seen := map[string]int{}
	next := "/statements.json?q=bridge"
	pages := 0
	for ; next != "" && pages < 9; pages++ {
		w := c.get(next)
		var list []struct{ ID string }
		if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil {
			t.Fatal(err)
		}
		for _, x := range list {
			seen[x.ID]++
		}
		link, _, _ := strings.Cut(strings.TrimPrefix(w.Header().Get("Link"), "<"), ">")
		next = link
	}
	if len(seen) != 120 || pages != 3 {
		t.Errorf("%d statements on %d pages", len(seen), pages)
	}
}

func TestNearby(t *testing.T) {
	gap := func(first, last string) record.Gap { return record.Gap{First: first, Last: last, Why: "ids"} }
	out := func(from, to int64) record.Gap { return record.Gap{From: from, To: to, Why: "outage"} }
	day := int64(24 * 3600)
	gaps := []record.Gap{gap("3", "5"), gap("12", "14"), gap("30", "40"), gap("90", "91"), out(100*day, 101*day), out(200*day, record.NoSeconds), out(1*day, 2*day)}
	st := record.Statement{Reading: record.Reading{ExternalID: "20", Posted: record.AtUnix(102 * day)}}
	want := []record.Gap{gap("12", "14"), gap("30", "40"), out(100*day, 101*day)}
	if got := nearby(gaps, st); !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}
