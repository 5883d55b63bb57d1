package web

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"

	"dalil/internal/desk"
	"dalil/internal/record"
)

// proofData is the page that lays a statement's proof open.
type proofData struct {
	desk.Detail
	URL    string
	Hashes []string
	Export string
}

func (s *server) proof(r *http.Request) (reply, error) {
	t, err := s.desk.Detail(r.Context(), r.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	if at := "/s/" + t.ID + "/proof"; r.URL.Path != at {
		return reply{moved: at + suffix(r)}, nil
	}
	d := proofData{Detail: t, URL: s.at(t.Statement), Export: t.Capture.Path}
	if d.Hashes, err = s.desk.Inclusion(r.Context(), t.Proof.Index); err != nil {
		return reply{}, err
	}
	return reply{page: "proof", title: s.tongueOf(r).t("Proof of {id}", "id", t.ID), data: d, json: struct {
		ID string `json:"id"`
		proofJSON
		Entry      string   `json:"entry"`
		Inclusion  []string `json:"inclusion"`
		Checkpoint string   `json:"checkpoint"`
	}{t.ID, proofOf(t.Proof), t.Proof.Entry, d.Hashes, t.Proof.Checkpoint}}, nil
}

// raw hands out the evidence bytes of a statement, to be saved, never to be
// rendered.
func (s *server) raw(r *http.Request) (reply, error) {
	st, err := s.desk.Statement(r.Context(), r.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	id := s.desk.StatementID(st)
	b, _, err := s.desk.Raw(r.Context(), id)
	if err != nil {
		return reply{}, err
	}
	return reply{bytes: &download{b, "text/plain; charset=utf-8", id + ".txt"}}, nil
}

// mostPicture bounds a picture that is shown, in bytes.
const mostPicture = 64 << 20

// media serves a picture a statement came with. Other files are not served:
// a browser would open them with whatever it has.
func (s *server) media(r *http.Request) (reply, error) {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil {
		return reply{}, fmt.Errorf("file %.20q: %w", r.PathValue("n"), record.ErrNotFound)
	}
	b, _, err := s.desk.MediaFile(r.Context(), r.PathValue("id"), n, mostPicture)
	if err != nil {
		return reply{}, err
	}
	t := pictureType(b)
	if t == "" {
		return reply{}, told(record.ErrInvalid, phrase{Text: key("this file is no PNG, JPEG, GIF or WebP picture; other files are not opened here")},
			phrase{Text: key("hand it out with `dalil bundle` and open it where it can do no harm")})
	}
	return reply{bytes: &download{data: b, contentType: t}}, nil
}

// pictureType looks at the first bytes of a file; what a source says a file is
// counts for nothing. "" for anything but the four kinds a browser shows
// without running anything.
func pictureType(b []byte) string {
	for _, k := range []struct{ magic, name string }{
		{"\x89PNG\r\n\x1a\n", "image/png"}, {"\xff\xd8\xff", "image/jpeg"}, {"GIF87a", "image/gif"}, {"GIF89a", "image/gif"},
	} {
		if bytes.HasPrefix(b, []byte(k.magic)) {
			return k.name
		}
	}
	if len(b) > 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP" {
		return "image/webp"
	}
	return ""
}
