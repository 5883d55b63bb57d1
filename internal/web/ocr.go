package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"dalil/internal/desk"
)

// ocrData is the page from which pictures are read.
type ocrData struct {
	Write   bool
	Query   string
	Waiting int    // pictures that were not read
	More    bool   // there may be more of them: counting took too long, or there are very many
	Tool    string // what reads them; "" when there is nothing
	Why     string // then: what is missing
}

const (
	ocrCounted  = 5000            // pictures that are counted at most
	ocrCountFor = 2 * time.Second // that are counted for
)

// ocr is the page about the text in pictures.
func (s *server) ocr(r *http.Request) (reply, error) {
	d := ocrData{Write: s.desk.Case.Writable(), Query: strings.TrimSpace(r.URL.Query().Get("q"))}
	h, err := s.desk.TextReader(r.Context())
	if err != nil {
		d.Why = err.Error()
	}
	d.Tool = h.Tool
	ctx, cancel := context.WithTimeout(r.Context(), ocrCountFor)
	defer cancel()
	_, d.Waiting, err = s.desk.UnreadPictures(ctx, desk.PictureChoice{Query: d.Query, Limit: ocrCounted})
	if d.More = d.Waiting >= ocrCounted; errors.Is(err, context.DeadlineExceeded) && r.Context().Err() == nil {
		d.More, err = true, nil
	}
	if err != nil {
		return reply{}, err
	}
	return reply{page: "ocr", title: key("Text in pictures"), data: d, json: map[string]any{"query": d.Query, "pictures": d.Waiting, "more": d.More, "tool": d.Tool}}, nil
}

// startOCR puts the reading of pictures on the list of jobs.
func (s *server) startOCR(_ http.ResponseWriter, r *http.Request) (string, error) {
	if err := s.onlyShown(); err != nil {
		return "", err
	}
	j, err := s.desk.StartOCR(r.Context(), desk.PictureChoice{Query: strings.TrimSpace(r.PostForm.Get("q"))}, r.PostForm.Get("renews") != "")
	return jobURL(j), err
}
