package autoarchiver

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"dalil/internal/format"
	"dalil/internal/record"
)

// sink collects what the format reads, each reading with its source.
type sink struct {
	source   record.Source
	readings []record.Reading
	from     []string
	problems []record.Problem
	skipped  map[string]int
}

func (s *sink) Source(x record.Source) error { s.source = x; return nil }
func (s *sink) Reading(r *record.Reading) error {
	s.readings, s.from = append(s.readings, *r), append(s.from, s.source.Key)
	return nil
}
func (s *sink) Problem(p record.Problem) { s.problems = append(s.problems, p) }
func (s *sink) Covers(first, last int64) {}
func (s *sink) Skipped(what string, n int) {
	if s.skipped == nil {
		s.skipped = map[string]int{}
	}
	s.skipped[what] += n
}

func readTable(t testing.TB, text string) *sink {
	t.Helper()
	s := &sink{}
	in := format.Input{Path: "sheet.csv", R: strings.NewReader(text), Size: int64(len(text)), Settings: format.Settings{Zone: time.FixedZone("Varda", 3*3600)}}
	if err := Kind.Read(context.Background(), in, s); err != nil {
		t.Fatal(err)
	}
	return s
}

const sheetHead = "Link,Archive Status,Destination Folder,Archive Location,Archive Date,Thumbnail,Upload Timestamp,Upload Title,Text Content,Screenshot,Hash,Perceptual Hashes,WACZ,ReplayWebPage\n"

func TestSheet(t *testing.T) {
	row := "https://t.me/VardaPost/55,telethon: success,f,\"out/55.mp4\nhttps://store.example/55.html\",2031-05-05,,2031-05-04T10:00:00+00:00,A title,\"Body\nmore\",shots/55.png,abc,,,\n"
	s := readTable(t, sheetHead+
		"https://t.me/VardaPost/54,Archive failed,,,,,,,,,,,,\n"+row+
		"https://x.com/KestNews/status/123,[cached] wayback: success,,,,,2031-05-04 10:00:00,,no zone,,,,,\n"+
		"https://www.varda.example/a,nothing archived,,,,,,,,,,,,\n"+
		"https://www.varda.example/b,wayback: success,,../../etc/passwd,,,,Only a title,,,,,,\n"+
		",,,,,,,,,,,,,\n")
	if len(s.problems) != 0 || len(s.readings) != 3 {
		t.Fatalf("%d readings, problems %v", len(s.readings), s.problems)
	}
	want := record.Reading{
		Kind: record.Post, ExternalID: "55", URL: "https://t.me/VardaPost/55", Title: "A title", Text: "A title\nBody\nmore",
		Posted: record.AtUnix(time.Date(2031, 5, 4, 10, 0, 0, 0, time.UTC).Unix()),
		Span:   record.Span{Offset: int64(len(sheetHead) + len("https://t.me/VardaPost/54,Archive failed,,,,,,,,,,,,\n")), Length: int64(len(row))},
		Media: []record.Media{{Kind: "file", Path: "out/55.mp4", Name: "55.mp4"}, {Kind: "file", Name: "55.html", Omitted: "it is kept at https://store.example/55.html"},
			{Kind: "photo", Path: "shots/55.png", Name: "55.png"}},
	}
	if got := s.readings[0]; !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got := strings.Join(s.from, " "); got != "telegram-user:vardapost x:kestnews web:varda.example" {
		t.Errorf("sources %s", got)
	}
	if r := s.readings[1]; !r.Posted.NoZone || r.Posted.In(time.UTC) != "2031-05-04 07:00:00" || fmt.Sprint(r.Flags) != "[no-zone]" {
		t.Errorf("second %+v", r)
	}
	if r := s.readings[2]; r.Text != "Only a title" || r.Media[0].Path != "" {
		t.Errorf("third %+v", r)
	}
	if s.skipped["rows not archived"] != 3 {
		t.Errorf("skipped %v", s.skipped)
	}
}

func TestDatabase(t *testing.T) {
	meta := `{'_processed_at': datetime.datetime(2031, 5, 5, 1, 2, 3, 4, tzinfo=datetime.timezone.utc), 'url': 'https://t.me/s/VardaPost/56', 'title': ""It's out"", 'timestamp': datetime.datetime(2031, 5, 4, 13, 0, tzinfo=datetime.timezone(datetime.timedelta(seconds=10800))), 'content': 'line\nبيان \u06a9', 'n': -1.5e3, 'ok': True, 'none': None, 'set': {1, 2}, 'odd': <object at 0x7f>}`
	media := `[{'filename': 'tmp/a.mp4', 'key': 'dir/a.mp4', 'urls': ['https://store.example/a.mp4'], '_mimetype': None}, Media(filename='b.jpg', key=None)]`
	s := readTable(t, "status,metadata,media\ntelethon: success,\""+meta+"\",\""+media+"\"\nno archiver,{},[]\nx: success,\"{'url': 'https://varda.example/c', 'content': 'kept', 'title': bro ken\",[]\n")
	if len(s.readings) != 2 {
		t.Fatalf("%d readings, problems %v", len(s.readings), s.problems)
	}
	r := s.readings[0]
	if r.URL != "https://t.me/s/VardaPost/56" || r.Title != "It's out" || r.Text != "It's out\nline\nبيان ک" || r.Posted.In(time.UTC) != "2031-05-04 10:00:00" || r.ExternalID != "56" {
		t.Errorf("first %+v", r)
	}
	if len(r.Media) != 2 || r.Media[0].Path != "dir/a.mp4" || r.Media[1].Path != "b.jpg" || len(r.Flags) != 0 {
		t.Errorf("media %+v, flags %v", r.Media, r.Flags)
	}
	if r := s.readings[1]; r.Text != "kept" || fmt.Sprint(r.Flags) != "[unknown-parts]" || len(s.problems) != 1 || !strings.Contains(s.problems[0].What, "row 4") {
		t.Errorf("broken row %+v, problems %v", r, s.problems)
	}
	if s.skipped["rows not archived"] != 1 {
		t.Errorf("skipped %v", s.skipped)
	}
}

func TestSource(t *testing.T) {
	for address, want := range map[string]string{
		"https://t.me/VardaPost/5": "telegram-user:vardapost 5", "https://t.me/s/VardaPost": "telegram-user:vardapost ", "https://telegram.me/VardaPost/7?single": "telegram-user:vardapost 7",
		"https://t.me/c/1234567/8": "telegram:1234567 8", "https://twitter.com/Kest_News/status/99": "x:kest_news 99", "https://www.x.com/Kest_News": "x:kest_news ",
		"https://x.com/i/status/4": "web:x.com ", "https://WWW.Varda.example:8080/x": "web:varda.example ", "https://t.me/+secret": "web:t.me ", "no address": "web:unknown ", "": "web:unknown ",
	} {
		src, id := source(address)
		if got := src.Key + " " + id; got != want {
			t.Errorf("%s is %q, want %q", address, got, want)
		}
	}
}

func TestArchived(t *testing.T) {
	for s, want := range map[string]bool{"telethon: success": true, "success": true, "[cached] x: success": true, "DONE": true, "": false, "Archive in progress": false, "Archive failed x": false, "nothing archived": false, "unsuccessful": false} {
		if archived(s) != want {
			t.Errorf("archived(%q) is %v", s, !want)
		}
	}
}

func TestPython(t *testing.T) {
	for s, want := range map[string]string{
		`'a\'b\\c\x41\u0627\U0001F525\q'`: `a'b\cAا🔥\q`, `"double 'x'"`: `double 'x'`, `r'\n'`: `\n`, `b'raw\xff'`: "raw\u00ff",
		`[1, 'x', (2,), [], None, True]`: "[1 x [2] [] <nil> true]", `{}`: "[]", `{'a': {'b': 1}}`: "[{a [{b 1}]}]", `-1.5`: "-1.5", ``: "<nil>", `inf`: "{inf []}",
	} {
		v, err := parsePython(s)
		if err != nil || fmt.Sprint(v) != want {
			t.Errorf("%s: %v %v, want %s", s, v, err, want)
		}
	}
	for _, s := range []string{"'open", "[1", "{'a': ", "{'a' 'b'}", "x y", "<a", "datetime.datetime(2031", "]", strings.Repeat("[", 10000), "é"} {
		if _, err := parsePython(s); err == nil {
			t.Errorf("%.20s: no fault found", s)
		}
	}
}

func FuzzPython(f *testing.F) {
	for _, s := range []string{`{'a': datetime.datetime(1, 2, 3, tzinfo=datetime.timezone.utc), "b": [1, (2,), {3}]}`, `Media(filename='x', urls=[])`, `'\x4'`, `<a <b> c>`, `f(x=`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, _ := parsePython(s)
		if d, ok := v.(dict); ok {
			d.get("a")
		}
	})
}

func FuzzTable(f *testing.F) {
	f.Add([]byte(sheetHead + "https://t.me/a/1,success,,x,,,2031-05-04,t,c,s,,,,\n"))
	f.Add([]byte("status;metadata;media\nsuccess;{'url': 'x'};[{'key': '../a'}]\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := &sink{}
		in := format.Input{R: bytes.NewReader(b), Size: int64(len(b)), Settings: format.Settings{Zone: time.UTC}}
		if err := Kind.Read(context.Background(), in, s); err != nil {
			t.Fatal(err)
		}
		for _, r := range s.readings {
			if r.Span.Length <= 0 || r.Span.Offset+r.Span.Length > int64(len(b)) {
				t.Fatalf("span %+v of %d", r.Span, len(b))
			}
			for _, m := range r.Media {
				if clean, why := format.CleanPath(m.Path); clean != m.Path || why != "" {
					t.Fatalf("media path %q", m.Path)
				}
			}
		}
		Kind.Match(format.Head{Bytes: b})
	})
}
