package sample

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// tree reads all files below dir.
func tree(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		files[filepath.ToSlash(rel)], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func writeSample(t *testing.T) map[string][]byte {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "sample")
	if err := Write(dir); err != nil {
		t.Fatal(err)
	}
	return tree(t, dir)
}

// posts reads what the files hold of each message: text by newest export.
func posts(t *testing.T, files map[string][]byte) (first, newest map[Ref]exportedMessage) {
	t.Helper()
	first, newest = map[Ref]exportedMessage{}, map[Ref]exportedMessage{}
	for path, data := range files {
		if !strings.HasSuffix(path, "/result.json") || strings.Contains(path, "account") {
			continue
		}
		into := newest
		if strings.Contains(path, firstExport.Format("2006-01-02")) {
			into = first
		}
		for _, c := range parse(t, data) {
			for _, m := range c.Messages {
				m.text(t)
				into[Ref{c.ID, m.ID}] = m
			}
		}
	}
	for _, c := range Truth().Channels {
		switch c.Handle {
		case in4CAT:
			rows, err := csv.NewReader(bytes.NewReader(files["4cat/telegram-"+c.Handle+".csv"])).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range rows[1:] {
				ref := Ref{c.ID, mustInt(t, row[0])}
				newest[ref] = exportedMessage{ID: ref.ID, Unix: row[11], Text: row[7], Forward: row[14]}
			}
		case inHTML:
			page := string(files["exports/"+c.Handle+"-2025-08-08-html/messages.html"])
			for _, block := range strings.Split(page, "<div class=\"message ")[1:] {
				m := regexp.MustCompile(`id="message(\d+)"`).FindStringSubmatch(block)
				if m == nil {
					continue // a date between the messages
				}
				ref := Ref{c.ID, mustInt(t, m[1])}
				newest[ref] = exportedMessage{ID: ref.ID, Text: block}
				if strings.Contains(block, "forwarded body") {
					newest[ref] = exportedMessage{ID: ref.ID, Text: block, Forward: "somebody"}
				}
			}
		}
	}
	return first, newest
}

func TestWriteIsDeterministic(t *testing.T) {
	a, b := writeSample(t), writeSample(t)
	if len(a) != len(b) {
		t.Fatalf("%d and %d files", len(a), len(b))
	}
	var listed []string
	for _, f := range Truth().Files {
		listed = append(listed, f.Path)
	}
	for path := range a {
		if !bytes.Equal(a[path], b[path]) {
			t.Errorf("%s differs between two runs", path)
		}
		if !slices.Contains(listed, path) {
			t.Errorf("%s is not in World.Files", path)
		}
	}
	if len(listed) != len(a) {
		t.Errorf("World.Files has %d, disk %d", len(listed), len(a))
	}
}

func TestFilesAreWhatTheyClaim(t *testing.T) {
	for path, data := range writeSample(t) {
		switch filepath.Ext(path) {
		case ".json":
			if !json.Valid(data) {
				t.Errorf("%s is not JSON", path)
			}
		case ".jpg", ".png":
			c, _, err := image.DecodeConfig(bytes.NewReader(data))
			if err != nil || c.Width < 300 || c.Height != (c.Width*2+1)/3 {
				t.Errorf("%s: %d by %d, %v", path, c.Width, c.Height, err)
			}
		case ".pdf":
			// Every offset of the cross-reference table leads to its object.
			from := bytes.Index(data, []byte("xref\n"))
			for n, m := range regexp.MustCompile(`(\d{10}) 00000 n`).FindAllSubmatch(data[from:], -1) {
				at := mustInt(t, string(m[1]))
				if want := strconv.Itoa(n+1) + " 0 obj"; !bytes.HasPrefix(data[at:], []byte(want)) {
					t.Errorf("%s: object %d is not at %d", path, n+1, at)
				}
			}
		case ".warc":
			rest := data
			for n := 0; len(rest) > 0; n++ {
				head, body, ok := bytes.Cut(rest, []byte("\r\n\r\n"))
				m := regexp.MustCompile(`Content-Length: (\d+)`).FindSubmatch(head)
				if !ok || m == nil || !bytes.HasPrefix(head, []byte("WARC/1.0\r\n")) {
					t.Fatalf("%s: record %d begins %.60q", path, n, rest)
				}
				size := mustInt(t, string(m[1]))
				if string(body[size:size+4]) != "\r\n\r\n" {
					t.Fatalf("%s: record %d is not %d bytes long", path, n, size)
				}
				rest = body[size+4:]
			}
		default:
			if !utf8.Valid(data) || len(data) == 0 {
				t.Errorf("%s is empty or not UTF-8", path)
			}
		}
	}
}

func TestWorldMatchesFiles(t *testing.T) {
	files, w := writeSample(t), Truth()
	first, newest := posts(t, files)
	service := 0
	for _, m := range newest {
		if m.Type == "service" {
			service++
		}
	}
	// 4CAT leaves service messages out: one channel was created.
	if len(newest) != w.Posts-1 {
		t.Errorf("files hold %d messages, truth %d", len(newest), w.Posts)
	}
	if w.Posts < 800 || w.Posts > 1500 || len(w.Events) < 50 || service < 10 {
		t.Errorf("%d posts, %d events, %d service messages", w.Posts, len(w.Events), service)
	}
	for _, e := range w.Edits {
		if a := first[e.Ref]; a.Text == nil || a.text(t) != e.Before || a.Edited != "" {
			t.Errorf("edit %+v: first export has %q", e.Ref, a.Text)
		}
		if b := newest[e.Ref]; b.Text == nil || b.text(t) != e.After || b.Edited != strconv.FormatInt(e.At, 10) || e.After == e.Before {
			t.Errorf("edit %+v: second export has %q", e.Ref, b.Text)
		}
	}
	edited := map[Ref]bool{}
	for _, e := range w.Edits {
		edited[e.Ref] = true
	}
	for ref, a := range first {
		b, ok := newest[ref]
		if missing := slices.Contains(w.Missing, ref); missing == ok {
			t.Errorf("%+v: missing is %v", ref, missing)
		}
		if ok && !edited[ref] && a.text(t) != b.text(t) {
			t.Errorf("%+v changed and is no edit", ref)
		}
	}
	for _, ref := range w.Missing {
		if _, ok := first[ref]; !ok {
			t.Errorf("%+v is missing without having been there", ref)
		}
	}
	if len(w.Edits) < 5 || len(w.Missing) < 5 || len(w.Named) != 1 || len(w.Renamed) != 1 {
		t.Errorf("%d edits, %d missing, %d named, %d renamed", len(w.Edits), len(w.Missing), len(w.Named), len(w.Renamed))
	}
	for _, h := range w.Holes {
		for id := h.First; id <= h.Last; id++ {
			if _, ok := newest[Ref{h.Chat, id}]; ok {
				t.Errorf("message %d stands in hole %+v", id, h)
			}
		}
	}
	for _, c := range w.Channels {
		n := 0
		for ref, m := range newest {
			if ref.Chat == c.ID {
				n++
			}
			if at, err := strconv.ParseInt(m.Unix, 10, 64); err == nil && ref.Chat == c.ID && !c.Abroad &&
				at > w.Outage.From.Unix() && at < w.Outage.To.Unix() {
				t.Errorf("%s posted message %d during the outage", c.Handle, m.ID)
			}
		}
		if c.Handle != in4CAT && n != c.Messages {
			t.Errorf("%s has %d messages, truth %d", c.Handle, n, c.Messages)
		}
	}
	if text, ok := newest[w.Named[0]].Text.(string); !ok || !strings.Contains(text, Exposed) {
		t.Errorf("the post about a private person is %q", text)
	}
}

func TestFamilies(t *testing.T) {
	files, w := writeSample(t), Truth()
	_, newest := posts(t, files)
	kinds := map[Relation]int{}
	taken := map[Ref]string{}
	for _, f := range w.Families {
		original, present := newest[f.First]
		if present == f.Deleted {
			t.Errorf("%s: deleted is %v, in the files is %v", f.ID, f.Deleted, present)
		}
		for _, m := range f.Members {
			kinds[m.Relation]++
			if m.At < f.FirstAt {
				t.Errorf("%s: %+v is earlier than the first", f.ID, m)
			}
			if m.Path != "" {
				if files[m.Path] == nil {
					t.Errorf("%s: no file %s", f.ID, m.Path)
				}
				continue
			}
			post, ok := newest[m.Ref]
			if !ok {
				t.Errorf("%s: member %+v is in no file", f.ID, m)
			}
			if other := taken[m.Ref]; other != "" {
				t.Errorf("%+v is in %s and %s", m.Ref, other, f.ID)
			}
			taken[m.Ref] = f.ID
			if (m.Relation == Forwarded) != (post.Forward != "") {
				t.Errorf("%s: %+v is forwarded from %q", f.ID, m, post.Forward)
			}
			text, plain := post.Text.(string)
			want, exact := original.Text.(string)
			if m.Relation == Verbatim && plain && exact && post.Date != "" && text != want {
				t.Errorf("%s: verbatim %+v differs", f.ID, m)
			}
		}
		if !f.Deleted {
			continue
		}
		languages := map[string]bool{}
		forwards := 0
		for _, m := range f.Members {
			for _, c := range w.Channels {
				if c.ID == m.Chat && m.Relation == Forwarded {
					languages[c.Lang] = true
					forwards++
				}
			}
		}
		if forwards < 10 || !languages["ar"] || !languages["fa"] {
			t.Errorf("the deleted original is attested by %d forwards in %v", forwards, languages)
		}
		// One of the exports gives the time of the deleted original.
		if csv := string(files["4cat/telegram-"+in4CAT+".csv"]); !strings.Contains(csv, ","+strconv.FormatInt(f.FirstAt, 10)+",") {
			t.Error("no forward header gives the time of the deleted original")
		}
	}
	for _, k := range []Relation{Original, Verbatim, Forwarded, Orthography, Wrapped, Stripped, Truncated, Quoted, Pictured, Translated} {
		if kinds[k] < 3 {
			t.Errorf("%d members are %s", kinds[k], k)
		}
	}
}

// TestCounts checks that figures are printed where the truth says, and that
// every citation leads to an older or equally old count.
func TestCounts(t *testing.T) {
	files, w := writeSample(t), Truth()
	byID := map[string]Count{}
	for _, c := range w.Counts {
		byID[c.ID] = c
	}
	cited := 0
	for _, c := range w.Counts {
		if !strings.Contains(string(files[c.Path]), c.Words) {
			t.Errorf("%s does not print %q", c.Path, c.Words)
		}
		for _, id := range c.Cites {
			cited++
			if from, ok := byID[id]; !ok || from.AsOf > c.AsOf {
				t.Errorf("%s cites %s (%s)", c.ID, id, from.AsOf)
			}
		}
	}
	if len(w.Counts) < 6 || cited < 4 {
		t.Errorf("%d counts, %d citations", len(w.Counts), cited)
	}
}

func TestNamesResolve(t *testing.T) {
	w := Truth()
	ids := map[string]bool{"": true}
	for _, g := range w.Groups {
		ids[g.ID] = true
	}
	for _, b := range w.Brands {
		if !ids[b.Group] {
			t.Errorf("brand %s stands for no group", b.ID)
		}
		for _, text := range []string{b.templateAR, b.templateFA} {
			for _, slot := range []string{"{verse}", "{sign}", "{no}", "{what}", "{target}", "{place}", "{date}", "{time}"} {
				if !strings.Contains(text, slot) {
					t.Errorf("a template of %s lacks %s", b.ID, slot)
				}
			}
		}
	}
	for _, p := range w.Places {
		if p.Lat > -20 || p.Lat < -24 || p.Lon > -11 || p.Lon < -14 {
			t.Errorf("%s does not lie in the open sea", p.ID)
		}
	}
	for _, e := range w.Events {
		if placeOf(e.Place) == nil || weaponOf(e.Weapon) == nil || targetOf(e.Target) == nil || e.Count < 1 {
			t.Errorf("event %+v", e)
		}
	}
	// No slot is left unfilled anywhere.
	for path, data := range writeSample(t) {
		if m := regexp.MustCompile(`\{(me|place|other|what|target|n|m|hurt|day|time|handle|verse|sign|brand|no|date)\}`).Find(data); m != nil {
			t.Errorf("%s contains %s", path, m)
		}
	}
}

func TestWriteErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Write(file); err == nil {
		t.Error("wrote a folder where a file is")
	}
}
