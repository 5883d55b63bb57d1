package web

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"dalil/internal/chart"
)

// inEnglish finds words of English that follow each other. Names of programs and
// formats stay as they are in any language, and stand alone.
var inEnglish = regexp.MustCompile(`[A-Za-z][A-Za-z’']*(?:[ ,:;]+[A-Za-z][A-Za-z’']*){2,}`)

// ours reports whether what stands in an element is said by us: nothing that has
// a language of its own, no ids, commands or values.
func ours(n *html.Node) bool {
	for ; n != nil; n = n.Parent {
		if n.Type != html.ElementNode {
			continue
		}
		if slices.Contains([]string{"bdi", "code", "kbd", "pre", "time", "textarea", "script", "datalist"}, n.Data) {
			return false
		}
		for _, a := range n.Attr {
			switch {
			case a.Key == "lang" && n.Data != "html", a.Key == "translate", a.Key == "dir" && a.Val == "ltr",
				a.Key == "class" && slices.ContainsFunc(strings.Fields(a.Val), func(c string) bool { return c == "id" || c == "hash" || c == "query" }):
				return false
			}
		}
	}
	return true
}

// isolate is what a sentence or a drawing keeps apart from its own words: a
// name, a value.
var isolate = regexp.MustCompile("[\u2067\u2068][^\u2067\u2068\u2069]*\u2069")

// englishIn lists what a page says in English.
func englishIn(doc *html.Node) []string {
	var all []string
	look := func(where, s string) {
		for isolate.MatchString(s) {
			s = isolate.ReplaceAllString(s, "·")
		}
		if m := inEnglish.FindString(s); m != "" {
			all = append(all, where+": "+m)
		}
	}
	for n := range doc.Descendants() {
		switch n.Type {
		case html.TextNode:
			if ours(n.Parent) {
				look("<"+n.Parent.Data+">", n.Data)
			}
		case html.ElementNode:
			for _, a := range n.Attr {
				said := slices.Contains([]string{"title", "aria-label", "placeholder", "alt"}, a.Key) || strings.HasPrefix(a.Key, "data-") && a.Key != "data-row" && a.Key != "data-live"
				// What a name or a value is called is ours even where it is not itself.
				if said && ours(n.Parent) {
					look(a.Key+" of <"+n.Data+">", a.Val)
				}
			}
		}
	}
	return all
}

// TestNoEnglishInATranslatedPage looks for sentences of ours that nobody
// translated, on the pages of a filled case and in every branch of every
// template.
func TestNoEnglishInATranslatedPage(t *testing.T) {
	c := sampleCase(t)
	seen := map[string]bool{}
	report := func(tag, where string, doc *html.Node) {
		for _, e := range englishIn(doc) {
			if !seen[e] {
				seen[e] = true
				t.Errorf("%s %s: %s", tag, where, e)
			}
		}
	}
	for _, tag := range []string{"ar", "fa"} {
		kinds := map[string]int{}
		for _, a := range c.addresses() {
			// A few pages of each sort: they differ in what is data.
			kind := strings.Join(strings.SplitN(a, "/", 4)[:2], "/")
			if _, asked, ok := strings.Cut(a, "?"); ok && kind == "/s" {
				kind += asked
			} else if strings.HasSuffix(a, "/proof") {
				kind += "/proof"
			}
			if kinds[kind]++; kinds[kind] > 40 {
				continue
			}
			w := c.in(tag, a)
			doc, err := html.Parse(w.Body)
			if err != nil {
				t.Fatal(err)
			}
			if got := attr(doc, "html", "lang"); got != tag {
				t.Fatalf("%s is in %q: %d", a, got, w.Code)
			}
			report(tag, a, doc)
		}
		if len(kinds) < 20 {
			t.Errorf("only %d sorts of pages were looked at", len(kinds))
		}
	}
	s := &server{desk: c.desk, zone: c.desk.Case.Zone, tongues: tongues()}
	for tag, pages := range s.parsePages() {
		if tag == "en" {
			continue
		}
		for name, zero := range pageData() {
			full := reflect.New(reflect.TypeOf(zero)).Elem()
			fill(full, 9)
			for how, d := range map[string]any{"empty": zero, "full": full.Interface()} {
				var b bytes.Buffer
				spoken := reflect.New(reflect.TypeOf(zero)).Elem()
				spoken.Set(reflect.ValueOf(d))
				speak(spoken, s.tongueNamed(tag).ofChart())
				d = spoken.Interface()
				if err := pages[name].ExecuteTemplate(&b, "layout.tmpl", view{Title: "T", Case: "C", Data: d, Tongue: s.tongueNamed(tag), Self: "/x"}); err != nil {
					t.Errorf("%s, %s: %v", name, how, err)
					continue
				}
				doc, err := html.Parse(&b)
				if err != nil {
					t.Fatal(err)
				}
				report(tag, name+", "+how, doc)
			}
		}
	}
}

// speak gives the charts in a page's data their tongue, as pages do.
func speak(v reflect.Value, in chart.Tongue) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			speak(v.Elem(), in)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() && f.Type() == reflect.TypeFor[chart.Tongue]() {
				f.Set(reflect.ValueOf(in))
			} else if f.CanSet() {
				speak(f, in)
			}
		}
	}
}

// TestEnglishIsFound holds that the test above sees what it is for.
func TestEnglishIsFound(t *testing.T) {
	for page, want := range map[string]string{
		`<p>نص Nobody has decided anything نص</p>`:            "<p>: Nobody has decided anything",
		`<p>نص <bdi lang="en">Nobody has decided</bdi></p>`:   "",
		`<p title="the same words">x</p>`:                     "title of <p>: the same words",
		"<svg><title>\u2068The Valley News\u2069 أول</title>": "",
		`<svg><text>first that we captured</text></svg>`:      "<text>: first that we captured",
		`<p><kbd>dalil verify since file</kbd> PDF CSV</p>`:   "",
	} {
		doc, err := html.Parse(strings.NewReader(page))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(englishIn(doc), "; "); got != want {
			t.Errorf("%s: %q, want %q", page, got, want)
		}
	}
}

// in asks for a page in a language and follows redirects.
func (c *testCase) in(tag, address string) *httptest.ResponseRecorder {
	for range 5 {
		r := httptest.NewRequest(http.MethodGet, address, nil)
		r.Host = "localhost"
		r.Header.Set("Accept-Language", tag)
		w := httptest.NewRecorder()
		c.h.ServeHTTP(w, r)
		if w.Code/100 != 3 {
			return w
		}
		address = w.Header().Get("Location")
	}
	c.t.Fatal(fmt.Sprint("redirects without end: ", address))
	return nil
}

// attr is an attribute of the first element of a name.
func attr(doc *html.Node, element, key string) string {
	for n := range doc.Descendants() {
		if n.Data != element {
			continue
		}
		for _, a := range n.Attr {
			if a.Key == key {
				return a.Val
			}
		}
	}
	return ""
}
