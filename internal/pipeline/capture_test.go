package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"dalil/internal/collect"
	"dalil/internal/collect/fetch"
	"dalil/internal/collect/page"
	"dalil/internal/pipeline"
	"dalil/internal/record"
)

// web is an HTTP proxy that answers for every site itself.
func (h *house) web() pipeline.Egress {
	edition := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", "Mon, 03 Mar 2025 10:00:00 GMT")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		switch r.URL.Host + r.URL.Path {
		case "news.example/bridge":
			fmt.Fprint(w, `<!DOCTYPE html><html lang="en"><head><title>Bridge closed</title><meta property="og:site_name" content="The Dahrun Ledger"><meta property="article:published_time" content="2025-03-02T08:00:00Z"><meta name="author" content="R. Sadiq"></head>
<body><article><h1>Bridge closed</h1><p>The bridge at Nahr Zubaym was closed on Sunday morning after a rocket struck its northern pier, officials in Dahrun said.</p></article></body></html>`)
		case "news.example/live":
			edition++
			fmt.Fprintf(w, `<!DOCTYPE html><html><head><title>Live</title></head><body><article><p>Edition %d of the live page about the bridge at Nahr Zubaym, which changes every time somebody looks at it.</p></article></body></html>`, edition)
		case "news.example/moved":
			http.Redirect(w, r, "http://news.example/bridge", http.StatusMovedPermanently)
		case "t.me/harbour_lamp/4":
			if r.URL.RawQuery != "embed=1&mode=tme" {
				w.WriteHeader(http.StatusTeapot)
				return
			}
			fmt.Fprint(w, tme("harbour_lamp", 4, "The ferry does not run this week.<br/>Ask at the harbour."))
		case "t.me/harbour_lamp/9":
			fmt.Fprint(w, tme("harbour_lamp", 9, "The ferry runs again."))
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	h.Cleanup(srv.Close)
	h.made.Stores.Pages = func(e pipeline.Egress) (collect.Pages, error) {
		return page.With(fetch.Options{Proxy: e.Proxy, Ports: e.Ports, BadTLS: e.BadTLS}, "dalil test")
	}
	return pipeline.Egress{Proxy: srv.URL}
}

func tme(channel string, id int, text string) string {
	return fmt.Sprintf(`<!DOCTYPE html><html><head><title>Telegram Widget</title></head><body class="widget_frame_base tgme_widget">
<div class="tgme_widget_message text_not_supported_wrap js-widget_message" data-post="%[1]s/%[2]d" data-peer="c1600000001_-7" data-post-id="%[2]d"><div class="tgme_widget_message_bubble">
<div class="tgme_widget_message_author"><a class="tgme_widget_message_owner_name" href="https://t.me/%[1]s"><span dir="auto">Harbour Lamp</span></a></div>
<div class="tgme_widget_message_text js-message_text" dir="auto">%[3]s</div>
<div class="tgme_widget_message_footer"><a class="tgme_widget_message_date" href="https://t.me/%[1]s/%[2]d"><time datetime="2025-03-02T07:15:00+00:00">07:15</time></a></div></div></div></body></html>`, channel, id, text)
}

func TestCapture(t *testing.T) {
	h := newHouse(t)
	egress := h.web()
	ctx := context.Background()
	c := h.create("case")
	must(t, os.MkdirAll(h.path("export"), 0o777))
	must(t, os.WriteFile(h.path("export", "result.json"), []byte(`{"name":"Harbour Lamp","type":"public_channel","id":1600000001,"messages":[
 {"id":4,"type":"message","date":"2025-03-02T07:15:00","date_unixtime":"1740899700","from":"Harbour Lamp","from_id":"channel1600000001","text":"The ferry does not run this week.\nAsk at the harbour.","text_entities":[{"type":"plain","text":"The ferry does not run this week.\nAsk at the harbour."}]}]}`), 0o666))
	h.take(c, pipeline.ImportOptions{}, h.path("export"))

	addresses := []string{"http://news.example/moved", "http://t.me/harbour_lamp/4", "http://t.me/harbour_lamp/9", "http://news.example/nothing", "http://127.0.0.1/", "http://news.example/live"}
	dry, plan, err := c.Capture(ctx, addresses, pipeline.CaptureOptions{Egress: egress, DryRun: true})
	must(t, err)
	if dry.Failed != 1 || len(plan) != 6 || plan[1].Web.URL != "http://t.me/harbour_lamp/4?embed=1&mode=tme" || len(plan[4].Problems) != 1 {
		t.Errorf("dry run: %+v %+v", dry, plan)
	}
	before := c.Archive.Size()
	if _, _, err := c.Capture(ctx, addresses, pipeline.CaptureOptions{Egress: pipeline.Egress{Proxy: "nonsense"}}); !errors.Is(err, record.ErrInvalid) || c.Archive.Size() != before {
		t.Errorf("a proxy that cannot be: %v", err)
	}

	r, all, err := c.Capture(ctx, addresses, pipeline.CaptureOptions{Egress: egress})
	must(t, err)
	if r.Read != r.New+r.Known+r.Edits+r.Failed || r.New != 3 || r.Known != 1 || r.Failed != 2 || r.Sources != 1 || len(r.Problems) != 2 || r.Run == 0 {
		t.Errorf("%+v", r)
	}
	article, known, fresh, gone, refused, live := all[0], all[1], all[2], all[3], all[4], all[5]
	if article.New != 1 || article.Web.Redirects != 1 || article.Web.Final != "http://news.example/bridge" || article.Capture == 0 || len(article.Statements) != 1 {
		t.Errorf("%+v", article)
	}
	if known.Known != 1 || fresh.New != 1 || live.New != 1 {
		t.Errorf("%+v %+v %+v", known, fresh, live)
	}
	if gone.Capture == 0 || gone.Web.Status != 404 || len(gone.Problems) != 1 || !strings.Contains(gone.Problems[0].What, "404 Not Found") {
		t.Errorf("%+v", gone)
	}
	if refused.Capture != 0 || len(refused.Problems) != 1 || !strings.Contains(refused.Problems[0].What, "this machine itself") || refused.Problems[0].Remedy == "" {
		t.Errorf("%+v", refused)
	}
	// The captured post and the exported one are one statement of one source.
	st, err := c.Catalog.Statement(ctx, known.Statements[0])
	must(t, err)
	other, err := c.Catalog.Statement(ctx, fresh.Statements[0])
	must(t, err)
	if st.SourceKey != "telegram:1600000001" || other.Source != st.Source || other.ExternalID != "9" || other.Posted.Unix != 1740899700 || other.Text != "The ferry runs again." {
		t.Errorf("%+v\n%+v", st, other)
	}
	// Both clocks.
	cp, err := c.Catalog.Capture(ctx, fresh.Capture)
	must(t, err)
	if want := time.Date(2025, 3, 3, 10, 0, 0, 0, time.UTC).Unix(); cp.Theirs != want || cp.Tool != "page" || cp.URL != "http://t.me/harbour_lamp/9?embed=1&mode=tme" || !strings.HasPrefix(cp.Format, "warc/") || cp.At == 0 {
		t.Errorf("%+v", cp)
	}
	art, err := c.Catalog.Statement(ctx, article.Statements[0])
	must(t, err)
	if art.SourceKey != "web:news.example" || art.ExternalID != "http://news.example/bridge" || art.Posted.Unix != 1740902400 || art.Byline != "R. Sadiq" || !strings.Contains(art.Text, "northern pier") {
		t.Errorf("%+v", art)
	}

	// Again: pages change, so each is captured anew; what did not change is known.
	r, all, err = c.Capture(ctx, []string{addresses[0], addresses[5]}, pipeline.CaptureOptions{Egress: egress})
	must(t, err)
	if r.New != 0 || r.Known != 1 || r.Edits != 1 || all[0].Capture == article.Capture || all[0].Before == 0 || all[1].Before != 0 || all[1].Edits != 1 {
		t.Errorf("again: %+v %+v", r, all)
	}

	// A vain try alone is on the record too, and says how it went out.
	r, _, err = c.Capture(ctx, []string{"http://10.0.0.1/"}, pipeline.CaptureOptions{Egress: egress})
	must(t, err)
	runs, err := c.Catalog.Runs(ctx)
	must(t, err)
	if r.Run == 0 || r.Failed != 1 || runs[0].Leaf != r.Run || runs[0].Verb != "capture" || !strings.Contains(runs[0].Detail, `"egress":"http://127.0.0.1:`) || !strings.Contains(runs[0].Receipt, "a private address") {
		t.Errorf("%+v %+v", r, runs[0])
	}

	// Cancelled before anything was got: nothing happened.
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	before = c.Archive.Size()
	r, all, err = c.Capture(stopped, addresses, pipeline.CaptureOptions{Egress: egress})
	if err != nil || !r.Cancelled || len(all) != 0 || c.Archive.Size() != before {
		t.Errorf("cancelled: %+v %v %v", r, all, err)
	}
	h.close(c)

	again, err := h.made.Rebuild(ctx, h.path("case"))
	must(t, err)
	if !again.Identical || len(again.Differs) > 0 {
		t.Errorf("rebuilt: %+v", again)
	}
	report, err := h.made.Verify(ctx, h.path("case"), nil)
	must(t, err)
	if !report.OK {
		t.Errorf("verify: %+v", report.Problems)
	}
}

func TestCapturePicture(t *testing.T) {
	h := newHouse(t)
	egress := h.web()
	ctx := context.Background()
	c := h.create("case")
	painter := &pipeline.Painter{Tool: "painter 1", Type: "image/png", Paint: func(_ context.Context, page []byte, mediaType string) ([]byte, error) {
		if strings.Contains(string(page), "Edition 2") {
			return nil, errors.New("out of paint")
		}
		return []byte("\x89PNG of " + mediaType), nil
	}}
	opt := pipeline.CaptureOptions{Egress: egress, Picture: painter}
	_, all, err := c.Capture(ctx, []string{"http://news.example/live"}, opt)
	must(t, err)
	cp, err := c.Catalog.Capture(ctx, all[0].Picture)
	must(t, err)
	parent, err := c.Catalog.Capture(ctx, cp.Parent)
	must(t, err)
	if cp.Tool != "painter 1" || cp.Type != "image/png" || cp.Theirs != record.NoSeconds || parent.URL != "http://news.example/live" || parent.Parent != all[0].Capture {
		t.Errorf("%+v of %+v", cp, parent)
	}
	r, all, err := c.Capture(ctx, []string{"http://news.example/live"}, opt)
	must(t, err)
	if r.Failed != 1 || all[0].Picture != 0 || all[0].Capture == 0 || !strings.Contains(all[0].Problems[0].What, "out of paint") {
		t.Errorf("%+v %+v", r, all)
	}
	h.close(c)
	again, err := h.made.Rebuild(ctx, h.path("case"))
	must(t, err)
	if !again.Identical {
		t.Errorf("rebuilt: %+v", again)
	}
}
