package web

import (
	"hash/fnv"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// looked is how many pictures somebody has had shown in a browser without a break.
// Pictures of violence wear down whoever looks at many of them, and nobody counts
// alone. A cookie keeps it: it is theirs, and no record of the case.
type looked struct {
	N           int
	Since, Last time.Time
	newest      string // what was shown last: to look again is not to look at more
}

const (
	lookedCookie = "dalil-looked"
	// lookedBreak without a picture is a break: the count begins anew.
	lookedBreak = 15 * time.Minute
	// lookedUsual is after how many pictures a break is suggested, unless somebody
	// chose otherwise.
	lookedUsual = 20
)

// budget is after how many pictures a break is suggested; 0 is never.
func (c choices) budget() int {
	switch c.Pictures {
	case "":
		return lookedUsual
	case "off":
		return 0
	}
	n, _ := strconv.Atoi(c.Pictures)
	return n
}

// lookedOf reads the cookie. One that nobody can have been given counts as none.
func lookedOf(r *http.Request, now time.Time) looked {
	v := cookieValues(r, lookedCookie)
	n, err := strconv.Atoi(v.Get("n"))
	since, bad := strconv.ParseInt(v.Get("since"), 10, 64)
	last, worse := strconv.ParseInt(v.Get("last"), 10, 64)
	x := looked{N: n, Since: time.Unix(since, 0), Last: time.Unix(last, 0), newest: v.Get("newest")}
	if err != nil || bad != nil || worse != nil || n < 1 || x.Last.After(now) || x.Since.After(x.Last) || now.Sub(x.Last) >= lookedBreak {
		return looked{Since: now}
	}
	return x
}

// enough reports whether a break is suggested before a further picture is shown.
func (x looked) enough(budget int, which string) bool {
	return budget > 0 && x.N > 0 && x.N%budget == 0 && x.newest != short(which)
}

// shown counts a picture.
func (x *looked) shown(which string, now time.Time) {
	if x.newest != short(which) {
		x.N++
	}
	x.newest, x.Last = short(which), now
}

// short tells pictures apart, and nobody else which they were.
func short(which string) string {
	h := fnv.New32a()
	h.Write([]byte(which))
	return strconv.FormatUint(uint64(h.Sum32()), 16)
}

// cookie is the count as a browser keeps it, until the window is closed.
func (x looked) cookie() *http.Cookie {
	v := url.Values{"n": {strconv.Itoa(x.N)}, "since": {strconv.FormatInt(x.Since.Unix(), 10)}, "last": {strconv.FormatInt(x.Last.Unix(), 10)}, "newest": {x.newest}}
	return &http.Cookie{Name: lookedCookie, Value: v.Encode(), Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode}
}

// lookedRow is what a page with pictures says of it.
type lookedRow struct {
	N      int
	Since  int64 // ms
	Budget int
}

// showPictures shows the picture that was asked for, or suggests a break instead.
func (s *server) showPictures(r *http.Request, d *statementData) *http.Cookie {
	now, budget := s.desk.Case.Now(), choicesOf(r).budget()
	x := lookedOf(r, now)
	for i := range d.Media {
		m := &d.Media[i]
		if !m.Open {
			continue
		}
		which := d.ID + "." + strconv.Itoa(m.N)
		if x.enough(budget, which) && r.URL.Query().Get("anyway") != "1" {
			m.Open, m.Enough = false, true
			continue
		}
		x.shown(which, now)
	}
	d.Looked = lookedRow{N: x.N, Since: x.Since.UnixMilli(), Budget: budget}
	if x.N == 0 || budget == 0 {
		return nil
	}
	return x.cookie()
}
