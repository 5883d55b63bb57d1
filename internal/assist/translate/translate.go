// Package translate asks a translation program that speaks LibreTranslate's
// protocol: POST /translate. It dials the configured address and nothing else,
// follows no redirect, and takes nothing from the answer but its text.
//
// A machine translation reads well and is wrong in numbers, names and negations:
// it is unreviewed until a person has read it against the original.
package translate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"

	"dalil/internal/assist"
	"dalil/internal/record"
)

// Kind is LibreTranslate and what answers like it.
var Kind = assist.Translation{
	Name: "libretranslate",
	Doc:  "statements put into another language by a LibreTranslate-compatible program; unreviewed until a person has read it",
	Find: func(ctx context.Context, address string, remote bool) (assist.Translator, error) {
		return find(ctx, address, remote, limits{2 * time.Minute, 64 << 10, 1 << 20})
	},
}

// limits bound one translation; tests choose others.
type limits struct {
	patience time.Duration
	sent     int   // bytes of a text
	answer   int64 // bytes of an answer
}

func find(ctx context.Context, address string, remote bool, l limits) (assist.Translator, error) {
	u, err := assist.Endpoint(address, remote)
	if err != nil {
		return assist.Translator{}, err
	}
	c := client{at: u, limits: l, http: &http.Client{
		Transport:     &http.Transport{Proxy: nil, DialContext: dialer(u), MaxResponseHeaderBytes: 16 << 10, DisableKeepAlives: true, TLSHandshakeTimeout: 10 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	tool, err := c.tool(ctx)
	if err != nil {
		return assist.Translator{}, err
	}
	here := assist.OnThisMachine(u)
	place := "this machine"
	if !here {
		place = u.Host
	}
	return assist.Translator{Tool: tool + " (" + place + ")", Address: u.Scheme + "://" + u.Host, Remote: !here, Translate: c.translate}, nil
}

// dialer dials the host of u, whatever it is asked for. Where that is this
// machine, an address that is not is refused when the connection is made: no
// name service is trusted with where the text goes.
func dialer(u *url.URL) func(ctx context.Context, network, address string) (net.Conn, error) {
	host, port := u.Hostname(), u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	d := &net.Dialer{Timeout: 10 * time.Second}
	if assist.OnThisMachine(u) {
		d.Control = func(_, address string, _ syscall.RawConn) error {
			ip, err := netip.ParseAddrPort(address)
			if err != nil || !ip.Addr().Unmap().IsLoopback() {
				return fmt.Errorf("%w: %s is not this machine", record.ErrInvalid, address)
			}
			return nil
		}
	}
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		return d.DialContext(ctx, "tcp", net.JoinHostPort(host, port))
	}
}

type client struct {
	limits
	at   *url.URL
	http *http.Client
}

// ask sends one request and returns the body of its answer and the status.
func (c client) ask(ctx context.Context, method, path string, body any, most int64) ([]byte, int, error) {
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	var sent io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, 0, err
		}
		sent = bytes.NewReader(b)
	}
	at := *c.at
	at.Path += path
	r, err := http.NewRequestWithContext(ctx, method, at.String(), sent)
	if err != nil {
		return nil, 0, err
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "dalil")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	a, err := c.http.Do(r)
	if err != nil {
		return nil, 0, c.unreachable(ctx, err)
	}
	defer a.Body.Close()
	if kind, _, _ := mime.ParseMediaType(a.Header.Get("Content-Type")); kind != "application/json" {
		return nil, a.StatusCode, nil
	}
	b, err := io.ReadAll(io.LimitReader(a.Body, most+1))
	if err != nil {
		return nil, a.StatusCode, c.unreachable(ctx, err)
	}
	if int64(len(b)) > most {
		return nil, a.StatusCode, fmt.Errorf("the translation program answered with more than %d bytes", most)
	}
	return b, a.StatusCode, nil
}

// unreachable says that nothing of use answers. The words of the error name the
// address: it is the user's own.
func (c client) unreachable(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return record.WithHint(fmt.Errorf("the translation program at %s did not answer within %s", c.at.Host, c.patience), "look at what it is doing, and try again")
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return record.WithHint(fmt.Errorf("translation program at %s: %w: %v", c.at.Host, record.ErrNotFound, err), "start it, or set another with `dalil config translate.endpoint=…`")
}

// tool asks which program it is. One that does not say so can be used all the
// same, and is recorded as such.
func (c client) tool(ctx context.Context) (string, error) {
	b, status, err := c.ask(ctx, http.MethodGet, "/spec", nil, 4<<20)
	if err != nil {
		return "", err
	}
	var spec struct {
		Info struct{ Title, Version string }
	}
	if status == http.StatusOK && json.Unmarshal(b, &spec) == nil {
		name, version := word(spec.Info.Title), word(spec.Info.Version)
		if name != "" && version != "" {
			return name + " " + version, nil
		}
	}
	return "a LibreTranslate-compatible program that does not state its version", nil
}

// word is a short name out of a program's mouth.
func word(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(" .-+_/", r) {
			return r
		}
		return -1
	}, strings.ToValidUTF8(s, ""))
	return strings.TrimSpace(shortened(s, 60))
}

func shortened(s string, most int) string {
	for len(s) > most {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}

func (c client) translate(ctx context.Context, text, from, to string) (string, error) {
	if len(text) > c.sent {
		return "", record.WithHint(fmt.Errorf("%w: a text of %d bytes; the most is %d", record.ErrInvalid, len(text), c.sent), "translate the part that matters by hand")
	}
	if from == "" {
		from = "auto"
	}
	b, status, err := c.ask(ctx, http.MethodPost, "/translate", map[string]string{"q": text, "source": from, "target": to, "format": "text"}, c.answer)
	if err != nil {
		return "", err
	}
	var a struct {
		TranslatedText *string `json:"translatedText"`
		Error          string  `json:"error"`
	}
	bad := json.Unmarshal(b, &a)
	switch {
	case status >= 400 && status < 500 && status != http.StatusTooManyRequests:
		return "", record.WithHint(fmt.Errorf("%w: the translation program refuses (%d): %s", record.ErrInvalid, status, said(a.Error)), "see which languages it has")
	case status >= 300 && status < 400:
		return "", record.WithHint(fmt.Errorf("the translation program at %s sends us elsewhere (%d), where no text goes", c.at.Host, status), "set the address it really has with `dalil config translate.endpoint=…`")
	case status != http.StatusOK:
		return "", fmt.Errorf("the translation program failed (%d): %s", status, said(a.Error))
	case bad != nil || a.TranslatedText == nil:
		return "", record.WithHint(fmt.Errorf("what answers at %s is no LibreTranslate-compatible program", c.at.Host), "check the address with `dalil config`")
	}
	out := tidy(*a.TranslatedText)
	if out == "" {
		return "", fmt.Errorf("%w: the translation program answered with no text", record.ErrInvalid)
	}
	return out, nil
}

// said is a program's complaint, fit for one line of ours.
func said(s string) string {
	if s = strings.Join(strings.Fields(tidy(s)), " "); s == "" {
		return "it does not say why"
	}
	return shortened(s, 200)
}

// tidy makes plain text of an answer: no control characters but line breaks and
// tabs, and none of the invisible ones that turn the direction of what follows.
// Markup stays, as the characters it is made of.
func tidy(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r' || r == '\u2028' || r == '\u2029':
			return '\n'
		case unicode.Is(unicode.Cc, r), '\u202A' <= r && r <= '\u202E', '\u2066' <= r && r <= '\u2069', r == '\uFEFF', unicode.Is(unicode.Co, r):
			return -1
		}
		return r
	}, s))
}
