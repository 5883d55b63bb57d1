package web

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// word is a password that is quick to check.
type word struct {
	mu    sync.Mutex
	text  string
	tries int
}

func (p *word) Check(_ context.Context, password string) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tries++
	return p.text != "" && password == p.text, nil
}

func (p *word) Mark() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.text == "" {
		return ""
	}
	return "mark of " + p.text
}

func (p *word) set(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text = text
}

// clock is moved by hand.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// locked is a case behind a password.
type locked struct {
	*testCase
	word  *word
	clock *clock
	s     *server
	opt   Options
}

const right = "four words of a lamp"

func newLocked(t *testing.T, opt Options) *locked {
	t.Helper()
	l := &locked{testCase: newCase(t, map[string]string{"a.txt": "the old bridge"}), word: &word{text: right}, clock: &clock{at: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}}
	opt.Password, opt.Now = l.word, l.clock.now
	l.opt = opt
	l.s, l.h = newServer(l.desk, opt)
	return l
}

// browser keeps cookies, from one address.
type browser struct {
	l    *locked
	from string
	jar  map[string]string
	last []*http.Cookie
}

func (l *locked) browser(from string) *browser {
	return &browser{l: l, from: from, jar: map[string]string{}}
}

func (b *browser) do(method, address string, form url.Values, headers ...string) *httptest.ResponseRecorder {
	var body *strings.Reader
	if form == nil {
		body = strings.NewReader("")
	} else {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, address, body)
	r.Host, r.RemoteAddr = "localhost:7117", b.from
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	for k, v := range b.jar {
		r.AddCookie(&http.Cookie{Name: k, Value: v})
	}
	w := httptest.NewRecorder()
	b.l.h.ServeHTTP(w, r)
	b.last = w.Result().Cookies()
	for _, c := range b.last {
		if b.jar[c.Name] = c.Value; c.MaxAge < 0 {
			delete(b.jar, c.Name)
		}
	}
	return w
}

func (b *browser) login(password string) *httptest.ResponseRecorder {
	return b.do("POST", "/login", url.Values{"password": {password}, "back": {"/log"}})
}

func (b *browser) in() bool { return b.do("GET", "/sources", nil).Code == 200 }

// token is the value of the session's cookie, and its name.
func (b *browser) token() (name, value string) {
	for k, v := range b.jar {
		if strings.Contains(k, "session") {
			return k, v
		}
	}
	return "", ""
}

// routes lists an address for every pattern of the route table.
func (l *locked) routes() (shown, done []string) {
	st := l.statements()[0]
	fill := strings.NewReplacer("{$}", "", "{id}", l.desk.StatementID(st), "{slug}", "x", "{n}", "1")
	wild := regexp.MustCompile(`\{[a-z]+(\.\.\.)?\}`)
	beside := []string{"/jobs/{id}/events", "/jobs/{id}/problems.ndjson"} // in no table: streams
	for _, p := range append(slices.Sorted(maps.Keys(l.s.shown())), beside...) {
		shown = append(shown, wild.ReplaceAllString(fill.Replace(p), "x"))
	}
	for _, p := range slices.Sorted(maps.Keys(l.s.done())) {
		done = append(done, wild.ReplaceAllString(fill.Replace(p), "x"))
	}
	return shown, append(done, "/import") // in no table: it takes what is no form
}

func TestNothingIsShownWithoutThePassword(t *testing.T) {
	l := newLocked(t, Options{})
	b := l.browser("192.0.2.7:4000")
	shown, done := l.routes()
	if len(shown) < 20 || len(done) < 4 {
		t.Fatalf("%d pages, %d acts", len(shown), len(done))
	}
	silent := func(what string, w *httptest.ResponseRecorder) {
		t.Helper()
		id := l.desk.StatementID(l.statements()[0])
		all := w.Body.String()
		if strings.Contains(what, id) {
			all = strings.ReplaceAll(all, id, "") // what was asked comes back in the address to go on at
		}
		for _, secret := range []string{"old bridge", "Azravan", "Asia/Baghdad", id, l.desk.Case.Origin, "tester"} {
			if strings.Contains(all, secret) {
				t.Errorf("%s says %q outside of the door", what, secret)
			}
		}
	}
	for _, a := range append(shown, "/nowhere", "/static/../log", "/static/%2e%2e/log", "/login/../log", "//login", "/login/x") {
		w := b.do("GET", a, nil)
		silent(a, w)
		if a == "/login" {
			if w.Code != 200 || !strings.Contains(w.Body.String(), `type="password"`) {
				t.Errorf("/login: %d", w.Code)
			}
			continue
		}
		if to := w.Header().Get("Location"); !(w.Code == http.StatusSeeOther && (to == "/login" || strings.HasPrefix(to, "/login?back="))) && w.Code != http.StatusMovedPermanently && w.Code != http.StatusTemporaryRedirect {
			t.Errorf("%s: %d to %q", a, w.Code, to)
		}
		json := strings.TrimSuffix(a, "/") + ".json"
		if a == "/" {
			json = "/index.json"
		}
		if strings.Contains(json, "..") || strings.HasPrefix(json, "//") || strings.Contains(json, "%") {
			continue
		}
		if w := b.do("GET", json, nil); w.Code != http.StatusUnauthorized || w.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%s: %d", json, w.Code)
		} else {
			silent(json, w)
		}
		for _, h := range [][]string{{"Accept", "text/event-stream"}, {"Sec-Fetch-Mode", "cors", "Sec-Fetch-Site", "same-origin"}} {
			if w := b.do("GET", a, nil, h...); w.Code != http.StatusUnauthorized && !strings.Contains(a, "..") && !strings.Contains(a, "%") {
				t.Errorf("%s with %v: %d", a, h, w.Code)
			}
		}
	}
	for _, a := range append(done, shown...) {
		if a == "/login" {
			continue
		}
		w := b.do("POST", a, url.Values{"lang": {"fa"}})
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/login?sent=1" || len(w.Result().Cookies()) > 0 {
			t.Errorf("POST %s: %d to %q", a, w.Code, w.Header().Get("Location"))
		}
	}
	for _, a := range []string{l.s.static, "/static/fonts/inter-latin-wght-normal.woff2"} {
		if w := b.do("GET", a, nil); w.Code != 200 {
			t.Errorf("%s: %d", a, w.Code)
		}
	}
	for _, a := range []string{"/static/nothing", "/static/fonts/nothing.woff2", "/login.json"} {
		silent(a, b.do("GET", a, nil))
	}
	silent("another host", l.once("GET", "evil.example", "/"))
	silent("another method", b.do("DELETE", "/", nil))

	// With it, everything is there.
	if w := b.login(right); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/log" {
		t.Fatalf("the password is refused: %d", w.Code)
	}
	for _, a := range shown {
		if w := b.do("GET", a, nil); w.Code == http.StatusSeeOther || w.Code == http.StatusUnauthorized {
			t.Errorf("%s: %d with a session", a, w.Code)
		}
	}
	if w := b.do("GET", "/", nil); !strings.Contains(w.Body.String(), "Azravan") || !strings.Contains(w.Body.String(), `action="/logout"`) {
		t.Error("the overview does not name the case, or cannot be left")
	}
}

func TestSessions(t *testing.T) {
	for _, secure := range []bool{false, true} {
		l := newLocked(t, Options{Secure: secure})
		b := l.browser("192.0.2.7:4000")
		if b.login("wrong").Code != http.StatusForbidden || b.in() {
			t.Error("a wrong password lets in")
		}
		b.login(right)
		for _, c := range b.last {
			if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" || c.Secure != secure || strings.HasPrefix(c.Name, "__Host-") != secure {
				t.Errorf("TLS %v: cookie %s", secure, c)
			}
		}
		if !b.in() {
			t.Fatal("not in")
		}
		name, first := b.token()
		if len(first) < 43 {
			t.Errorf("a token of %d characters", len(first))
		}
		all, _ := l.s.door.store.All(t.Context(), "")
		for key, v := range all {
			if strings.Contains(key+string(v), first) {
				t.Error("the token itself is stored")
			}
		}
		if secure {
			continue
		}

		// Fixation: a token that somebody else chose, or knew before, is worth nothing.
		victim := l.browser("192.0.2.8:4000")
		victim.jar[name] = strings.Repeat("A", 43)
		victim.login(right)
		if _, v := victim.token(); v == strings.Repeat("A", 43) {
			t.Error("a brought token became a session")
		}
		b.login(right)
		if _, second := b.token(); second == first {
			t.Error("the token is not changed by logging in")
		}
		old := l.browser("192.0.2.9:4000")
		old.jar[name] = first
		if old.in() {
			t.Error("the token from before logging in again still counts")
		}
		for _, bad := range []string{"", "x", strings.Repeat("A", 43), strings.Repeat("A", 5000), first + "A", "../" + first} {
			old.jar[name] = bad
			if old.in() {
				t.Errorf("token %q lets in", bad)
			}
		}

		// Used, it lasts a shift; unused, two hours.
		for range 7 {
			l.clock.pass(100 * time.Minute)
			if !b.in() {
				t.Fatal("a session in use ended")
			}
		}
		l.clock.pass(20*time.Minute + time.Second)
		if b.in() {
			t.Error("a session outlasts a shift")
		}
		b.login(right)
		l.clock.pass(sessionIdle - time.Second)
		if !b.in() {
			t.Error("ended too early")
		}
		l.clock.pass(sessionIdle)
		if b.in() {
			t.Error("an idle session lasts")
		}

		// Another password ends them all; so does none.
		b.login(right)
		l.word.set("another one than before")
		if b.in() {
			t.Error("a session outlasts its password")
		}
		l.word.set("")
		if b.login("").Code != http.StatusForbidden || b.in() {
			t.Error("no password lets in")
		}
		l.word.set(right)
	}
}

func TestLeavingAndEndingSessions(t *testing.T) {
	l := newLocked(t, Options{})
	one, two, three := l.browser("192.0.2.1:1"), l.browser("192.0.2.2:1"), l.browser("192.0.2.3:1")
	for _, b := range []*browser{one, two, three} {
		b.do("POST", "/login", url.Values{"password": {right}}, "User-Agent", "Lamp <b>\u202e "+b.from)
	}
	var rows []sessionRow
	list := func(b *browser) {
		t.Helper()
		rows = nil
		if err := json.Unmarshal(b.do("GET", "/settings/access.json", nil).Body.Bytes(), &rows); err != nil {
			t.Fatal(err)
		}
	}
	list(one)
	inert(t, "/settings/access", one.do("GET", "/settings/access", nil).Body.String())
	if len(rows) != 3 {
		t.Fatalf("%+v", rows)
	}
	for _, r := range rows {
		if r.Here != (r.From == "192.0.2.1") || strings.Contains(r.Agent, "\u202e") {
			t.Errorf("%+v", r)
		}
		if r.From == "192.0.2.2" {
			one.do("POST", "/settings/access", url.Values{"end": {r.ID}})
		}
	}
	if two.in() || !one.in() || !three.in() {
		t.Error("not the session that was named has ended")
	}
	if w := one.do("POST", "/settings/access", url.Values{"end": {"0123456789abcdef"}}); w.Code != 404 {
		t.Errorf("a session that is not there: %d", w.Code)
	}
	one.do("POST", "/settings/access", url.Values{"end": {"others"}})
	if three.in() || !one.in() {
		t.Error("not all others have ended")
	}
	name, token := one.token()
	if w := one.do("POST", "/logout", url.Values{}); w.Header().Get("Location") != "/login" || one.jar[name] != "" {
		t.Errorf("logging out: %d", w.Code)
	}
	one.jar[name] = token
	if one.in() {
		t.Error("a token works after logging out")
	}
	// One that is used while it is ended stays ended.
	one.login(right)
	name, token = one.token()
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			b := l.browser("192.0.2.1:1")
			b.jar[name] = token
			l.clock.pass(2 * seenEvery)
			b.in()
		})
	}
	wg.Go(func() {
		b := l.browser("192.0.2.1:1")
		b.jar[name] = token
		b.do("POST", "/logout", url.Values{})
	})
	wg.Wait()
	one.jar[name] = token
	if one.in() {
		t.Error("a session came back after it was ended")
	}
}

func TestGuessing(t *testing.T) {
	l := newLocked(t, Options{})
	b := l.browser("192.0.2.7:4000")
	refused, english := 0, tongues()[0]
	for i := range 10000 {
		w := b.do("POST", "/login.json", url.Values{"password": {fmt.Sprint("guess ", i)}})
		switch w.Code {
		case http.StatusForbidden:
		case http.StatusTooManyRequests:
			refused++
			if n, err := strconv.Atoi(w.Header().Get("Retry-After")); err != nil || n < 1 || n > 30 || !strings.Contains(w.Body.String(), english.count(n, "second", "seconds")) {
				t.Fatalf("how long to wait is not told: %q %v", w.Header().Get("Retry-After"), err)
			}
		default:
			t.Fatalf("%d", w.Code)
		}
	}
	if l.word.tries != triesEach || refused != 10000-triesEach {
		t.Errorf("of 10,000 guesses from one address %d were looked at", l.word.tries)
	}
	if b.login(right).Code != http.StatusTooManyRequests {
		t.Error("the right password counts while it must wait")
	}
	l.clock.pass(triesEachEvery)
	if b.login(right).Code != http.StatusSeeOther {
		t.Error("the right password does not count after waiting")
	}

	// From many addresses, also of IPv6, where one customer has 2^64.
	l = newLocked(t, Options{})
	for i := range 10000 {
		l.browser(fmt.Sprintf("10.%d.%d.7:99", i/250, i%250)).do("POST", "/login.json", url.Values{"password": {"guess"}})
	}
	if l.word.tries != triesAll {
		t.Errorf("of 10,000 guesses from as many addresses %d were looked at", l.word.tries)
	}
	if len(l.s.door.tries.each) > mostBuckets {
		t.Errorf("%d buckets", len(l.s.door.tries.each))
	}
	if network("[2001:db8:1:2:3::4]:80") != network("[2001:db8:1:2:ffff::9]:81") || network("[2001:db8:1:2::1]:80") == network("[2001:db8:1:3::1]:80") || network("[::ffff:192.0.2.1]:80") != "192.0.2.1" {
		t.Error("networks are not told apart as they should")
	}

	// Over a day, with the clock: never more than the bound.
	l = newLocked(t, Options{})
	b = l.browser("192.0.2.7:4000")
	for range 24 * 360 {
		b.do("POST", "/login.json", url.Values{"password": {"guess"}})
		l.clock.pass(10 * time.Second)
	}
	if most := triesEach + int(24*time.Hour/triesEachEvery); l.word.tries > most || l.word.tries < most-5 {
		t.Errorf("%d guesses in a day, want up to %d", l.word.tries, most)
	}
}

// Strangers must not be able to lock out who was in before.
func TestStrangersLockNobodyOut(t *testing.T) {
	l := newLocked(t, Options{})
	mine := l.browser("192.0.2.7:4000")
	mine.login(right)
	mine.do("POST", "/logout", url.Values{})
	flood := func() {
		for i := range 200 {
			l.browser(fmt.Sprintf("10.0.%d.7:99", i)).login("guess")
		}
		for range 20 {
			l.browser("192.0.2.7:99").login("guess") // behind a proxy all come from one address
		}
	}
	flood()
	if w := l.browser("192.0.2.99:1").login(right); w.Code != http.StatusTooManyRequests {
		t.Errorf("a browser nobody knows: %d", w.Code)
	}
	if w := mine.login(right); w.Code != http.StatusSeeOther {
		t.Errorf("the known browser: %d", w.Code)
	}
	mine.do("POST", "/logout", url.Values{})
	tries := l.word.tries
	for range 100 {
		mine.login("guess")
	}
	if l.word.tries-tries != triesEach {
		t.Errorf("a known browser may guess %d times", l.word.tries-tries)
	}
}

func TestBackLeadsNowhereElse(t *testing.T) {
	l := newLocked(t, Options{})
	for _, to := range []string{"//evil.example/", "/\\evil.example", "\\\\evil.example", "https://evil.example/", "/\t/evil.example", "/\n/evil.example", "javascript:alert(1)", "evil.example", " //evil.example", "http:evil.example", "/\x00/x", strings.Repeat("/a", 4000)} {
		b := l.browser("192.0.2.7:4000")
		w := b.do("POST", "/login", url.Values{"password": {right}, "back": {to}})
		if w.Header().Get("Location") != "/" {
			t.Errorf("%q leads to %q", to, w.Header().Get("Location"))
		}
		if page := b.do("GET", "/login?"+url.Values{"back": {to}}.Encode(), nil).Body.String(); !strings.Contains(page, `name="back" value="/"`) {
			t.Errorf("%q is on the page", to)
		}
	}
	b := l.browser("192.0.2.7:4000")
	to := b.do("GET", "/statements?q=lang%3Aar&after=x", nil).Header().Get("Location")
	page := b.do("GET", to, nil).Body.String()
	if !strings.Contains(page, `value="/statements?q=lang%3Aar&amp;after=x"`) {
		t.Errorf("%s forgets where to go", to)
	}
	if w := b.do("POST", "/login", url.Values{"password": {right}, "back": {"/statements?q=lang%3Aar&after=x"}}); w.Header().Get("Location") != "/statements?q=lang%3Aar&after=x" {
		t.Errorf("to %q", w.Header().Get("Location"))
	}
}

func TestTheDoorSpeaks(t *testing.T) {
	l := newLocked(t, Options{})
	b := l.browser("192.0.2.7:4000")
	w := b.do("POST", "/login", url.Values{"lang": {"fa"}, "back": {"/log"}})
	if w.Header().Get("Location") != "/login?back=%2Flog" || l.word.tries != 0 {
		t.Errorf("%d to %q", w.Code, w.Header().Get("Location"))
	}
	for tag, dir := range map[string]string{"fa": "rtl", "ar": "rtl", "en": "ltr"} {
		b.do("POST", "/login", url.Values{"lang": {tag}})
		doc := b.do("GET", "/login?sent=1", nil).Body.String()
		inert(t, "/login "+tag, doc)
		if !strings.Contains(doc, `lang="`+tag+`" dir="`+dir+`"`) || strings.Contains(doc, "<script") {
			t.Errorf("%s: %.200s", tag, doc)
		}
	}
	b.do("POST", "/login", url.Values{"lang": {"en"}})
	if w := b.do("GET", "/login", nil, "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"); !strings.Contains(w.Body.String(), "come by a link") {
		t.Error("who came by a link from elsewhere is not told")
	}
	open := newCase(t)
	if w := open.get("/login"); w.Code != 200 || strings.Contains(w.Body.String(), `type="password"`) {
		t.Errorf("a door without a password: %d", w.Code)
	}
	if w := open.get("/settings/access"); w.Code != 200 || !strings.Contains(w.Body.String(), "No password is asked") {
		t.Errorf("sessions without a password: %d", w.Code)
	}
}

// A page elsewhere can send what it likes from the reader's browser, session
// included. It must change nothing and read nothing.
func TestForeignPages(t *testing.T) {
	l := newLocked(t, Options{})
	b := l.browser("127.0.0.1:4000")
	b.login(right)
	_, done := l.routes()
	for _, h := range [][]string{
		{"Sec-Fetch-Site", "cross-site"},
		{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"},
		{"Sec-Fetch-Site", "same-site", "Origin", "http://localhost:8000"}, // another port of this machine
		{"Sec-Fetch-Site", "same-site"},
		{"Origin", "http://localhost:8000"},
		{"Origin", "https://evil.example"},
		{"Origin", "null"},
		{"Origin", "http://localhost:7117.evil.example"},
		{"Origin", "file://"},
	} {
		for _, a := range done {
			if w := b.do("POST", a, url.Values{"lang": {"fa"}, "end": {"others"}, "password": {right}}, h...); w.Code != http.StatusForbidden || len(w.Result().Cookies()) > 0 {
				t.Errorf("POST %s with %v: %d", a, h, w.Code)
			} else if !strings.Contains(w.Body.String(), "What to do") {
				t.Errorf("POST %s: does not say what to do", a)
			}
		}
	}
	for _, h := range [][]string{
		{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty"},
		{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image"},
		{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "script"},
		{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"},
		{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "embed"},
		{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty"},
		{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "websocket", "Sec-Fetch-Dest", "empty", "Upgrade", "websocket", "Connection", "Upgrade", "Origin", "https://evil.example"},
		{"Upgrade", "websocket", "Connection", "Upgrade", "Origin", "https://evil.example"},
		{"Upgrade", "websocket", "Connection", "Upgrade", "Origin", "http://localhost:8000"},
		{"Accept", "text/event-stream", "Origin", "https://evil.example"},
		{"Accept", "text/event-stream", "Origin", "null"},
		{"Accept", "text/event-stream", "Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "cors"},
	} {
		for _, a := range []string{"/", "/statements.json", "/log", "/events", l.s.static} {
			if w := b.do("GET", a, nil, h...); w.Code != http.StatusForbidden || strings.Contains(w.Body.String(), "old bridge") || strings.Contains(w.Body.String(), "Azravan") {
				t.Errorf("GET %s with %v: %d", a, h, w.Code)
			}
		}
	}
	// What is ours, or a link, goes through.
	for _, h := range [][]string{
		{}, {"Sec-Fetch-Site", "none"}, {"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "cors"}, {"Origin", "http://localhost:7117"},
		{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"},
		{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"},
	} {
		if w := b.do("GET", "/log", nil, h...); w.Code != 200 {
			t.Errorf("GET with %v: %d", h, w.Code)
		}
	}
	for _, h := range [][]string{{}, {"Sec-Fetch-Site", "same-origin"}, {"Origin", "http://localhost:7117"}} {
		if w := b.do("POST", "/settings", url.Values{"theme": {"dark"}}, h...); w.Code != http.StatusSeeOther {
			t.Errorf("POST with %v: %d", h, w.Code)
		}
	}
}

func TestOnlyFormsAreTaken(t *testing.T) {
	l := newLocked(t, Options{})
	b := l.browser("127.0.0.1:4000")
	b.login(right)
	_, done := l.routes()
	for _, typ := range []string{"text/plain", "text/plain; charset=utf-8", "application/json", "application/xml", "application/octet-stream", "nonsense", "application/x-www-form-urlencoded, text/plain", ""} {
		for _, a := range done {
			if a == "/login" || a == "/logout" || a == "/import" {
				continue
			}
			w := b.do("POST", a, url.Values{"theme": {"dark"}}, "Content-Type", typ)
			if w.Code != http.StatusUnsupportedMediaType {
				t.Errorf("POST %s of type %q: %d", a, typ, w.Code)
			}
		}
	}
	body := "--x\r\nContent-Disposition: form-data; name=\"theme\"\r\n\r\ndark\r\n--x--\r\n"
	r := httptest.NewRequest("POST", "/settings", strings.NewReader(body))
	r.Host = "localhost"
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	w := httptest.NewRecorder()
	newCase(t).h.ServeHTTP(w, r)
	if w.Code != http.StatusSeeOther || !strings.Contains(w.Header().Get("Set-Cookie"), "theme=dark") && !strings.Contains(w.Header().Get("Set-Cookie"), "theme%3Ddark") {
		t.Errorf("a form in parts: %d %q", w.Code, w.Header().Get("Set-Cookie"))
	}
}

func TestMethods(t *testing.T) {
	l := newLocked(t, Options{})
	b := l.browser("127.0.0.1:4000")
	b.login(right)
	shown, done := l.routes()
	for _, a := range append(shown, done...) {
		want := "GET, HEAD"
		if slices.Contains(done, a) {
			want += ", POST"
		}
		for _, m := range []string{"PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get"} {
			if w := b.do(m, a, nil); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != want {
				t.Errorf("%s %s: %d, Allow %q, want %q", m, a, w.Code, w.Header().Get("Allow"), want)
			}
		}
		if !slices.Contains(done, a) {
			if w := b.do("POST", a, url.Values{}); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != want {
				t.Errorf("POST %s: %d, Allow %q", a, w.Code, w.Header().Get("Allow"))
			}
		}
	}
}

// TestHeadersOfEveryRoute is a snapshot: whoever changes it should know why.
func TestHeadersOfEveryRoute(t *testing.T) {
	const snapshot = `Cache-Control: no-store
Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'
Cross-Origin-Embedder-Policy: require-corp
Cross-Origin-Opener-Policy: same-origin
Cross-Origin-Resource-Policy: same-origin
Origin-Agent-Cluster: ?1
Permissions-Policy: ` + powers + `
Referrer-Policy: no-referrer
X-Content-Type-Options: nosniff
X-Frame-Options: DENY
X-Permitted-Cross-Domain-Policies: none
X-Robots-Tag: noindex, nofollow
`
	for _, secure := range []bool{false, true} {
		l := newLocked(t, Options{Secure: secure})
		b := l.browser("127.0.0.1:4000")
		shown, _ := l.routes()
		for round, who := range []string{"a stranger", "the reader"} {
			if round == 1 {
				b.login(right)
			}
			for _, a := range append(shown, "/nowhere", "/statements.json", "/nowhere.json") {
				for _, method := range []string{"GET", "HEAD", "POST", "PUT"} {
					w := b.do(method, a, nil)
					h := w.Result().Header
					got := ""
					for _, k := range slices.Sorted(maps.Keys(h)) {
						switch k {
						case "Content-Type", "Content-Length", "Location", "Allow", "Www-Authenticate", "Content-Disposition", "Last-Modified", "Accept-Ranges", "Link", "Retry-After", "Set-Cookie", "Clear-Site-Data", "Vary", "Connection":
						case "Strict-Transport-Security":
							if !secure || h.Get(k) != "max-age=31536000" {
								t.Errorf("%s: %s: %s", a, k, h.Get(k))
							}
						default:
							for _, v := range h[k] {
								got += k + ": " + v + "\n"
							}
						}
					}
					if secure && h.Get("Strict-Transport-Security") == "" {
						t.Errorf("%s: no Strict-Transport-Security", a)
					}
					want := snapshot
					if strings.Contains(h.Get("Content-Security-Policy"), "sandbox") { // bytes from outside
						want = strings.Replace(snapshot, pagePolicy, "default-src 'none'; sandbox; frame-ancestors 'none'", 1)
					}
					if got != want {
						t.Errorf("%s %s to %s:\n%swant\n%s", method, a, who, got, want)
					}
					if h.Get("Access-Control-Allow-Origin") != "" || h.Get("Server") != "" {
						t.Errorf("%s: %v", a, h)
					}
				}
			}
		}
	}
}

func TestTooMuchAtOnce(t *testing.T) {
	c := newCase(t)
	s, h := newServer(c.desk, Options{})
	ask := func(a string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", a, nil)
		r.Host = "localhost"
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	for range cap(s.heavy.working) {
		s.heavy.working <- struct{}{}
	}
	for range cap(s.heavy.waiting) {
		s.heavy.waiting <- struct{}{}
	}
	for _, p := range []string{"/firsts", "/y/Y-0000000", "/firsts.json"} {
		w := ask(p)
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != comeBack || !strings.Contains(w.Body.String(), "at once") {
			t.Errorf("%s: %d", p, w.Code)
		}
	}
	for _, p := range []string{"/", "/statements", "/log"} { // they have a queue of their own
		if w := ask(p); w.Code != 200 {
			t.Errorf("%s beside heavy ones: %d", p, w.Code)
		}
	}
	for range cap(s.heavy.waiting) {
		<-s.heavy.waiting
	}
	// Who waits gets a turn when one is free, or goes when its time is over.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if s.heavy.enter(ctx) {
		t.Error("a turn that is not there")
	}
	s.heavy.most = time.Hour
	got := make(chan bool)
	go func() { got <- s.heavy.enter(t.Context()) }()
	s.heavy.leave()
	if !<-got {
		t.Error("no turn when one is free")
	}
	s.heavy.most = 0
	if s.heavy.enter(t.Context()) {
		t.Error("waited for ever")
	}
	for _, p := range heavy() {
		if s.shown()[p] == nil {
			t.Errorf("%s is no page", p)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	c := &clock{at: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	m := newMemory(c.now)
	for i := range 3 * mostSessions {
		if err := m.Put(t.Context(), fmt.Sprint("session/", i), []byte("x"), c.at.Add(time.Hour+time.Duration(i))); err != nil {
			t.Fatal(err)
		}
	}
	if len(m.all) > mostSessions {
		t.Errorf("%d", len(m.all))
	}
	if b, _ := m.Get(t.Context(), fmt.Sprint("session/", 3*mostSessions-1)); b == nil {
		t.Error("the newest is forgotten")
	}
	c.pass(2 * time.Hour)
	if all, _ := m.All(t.Context(), "session/"); len(all) != 0 {
		t.Errorf("%d are over and listed", len(all))
	}
}
