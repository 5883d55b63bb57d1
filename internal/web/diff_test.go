package web

import (
	"slices"
	"strings"
	"testing"
)

func TestCompare(t *testing.T) {
	for _, x := range []struct{ was, is, want string }{
		{"", "", `<div class="text " lang="und" dir="auto"><p dir="ltr"><br></p></div>`},
		{"one two three", "one 2 three", `<div class="text " lang="und-Latn" dir="auto"><p dir="auto">one <del>two</del><ins>2</ins> three</p></div>`},
		{"ونقل 3 مصابين", "ونقل 5 مصابين", `<div class="text arab" lang="und-Arab" dir="auto"><p dir="auto">ونقل <del>3</del><ins>5</ins> مصابين</p></div>`},
		{"a\nb", "a\nc", `<div class="text " lang="und-Latn" dir="auto"><p dir="auto">a</p><p dir="ltr"><del>b</del><ins>c</ins></p></div>`},
		{"كتب", "كُتب", `<div class="text arab" lang="und-Arab" dir="auto"><p dir="rtl"><del>كتب</del><ins>كُتب</ins></p></div>`},
		{"<b>", "<i>", `<div class="text " lang="und-Latn" dir="auto"><p dir="ltr">&lt;<del>b</del><ins>i</ins>&gt;</p></div>`},
		{"x", "x\u200f", `<div class="text " lang="und-Latn" dir="auto"><p dir="auto">x` + ctl + `right-to-left mark"><ins>&lt;U&#43;200F&gt;</ins></bdi></p></div>`},
	} {
		if got := render(t, "block", compare(x.was, x.is, "")); got != x.want {
			t.Errorf("%q to %q:\n got %s\nwant %s", x.was, x.is, got, x.want)
		}
	}
}

func TestEditsAreFew(t *testing.T) {
	a := strings.Fields("the bridge over the river was closed on monday after the storm")
	b := strings.Fields("the old bridge over the river was open on monday after a storm")
	n := 0
	for _, e := range shortest(a, b) {
		if e.del || e.ins {
			n++
		}
	}
	if n != 5 {
		t.Errorf("%d steps, want 5", n)
	}
}

// FuzzEdits holds that the words kept and gone are the old text, the words kept
// and new the new one.
func FuzzEdits(f *testing.F) {
	f.Add("one two three", "one three four")
	f.Add("", "نص")
	f.Add(strings.Repeat("a b ", 900), strings.Repeat("c d ", 900))
	f.Fuzz(func(t *testing.T, was, is string) {
		if !slices.Equal([]string{strings.Join(words(was), ""), strings.Join(words(is), "")}, []string{was, is}) {
			t.Fatalf("words lose something of %q or %q", was, is)
		}
		var a, b strings.Builder
		for _, e := range edits(words(was), words(is)) {
			if !e.ins {
				a.WriteString(e.text)
			}
			if !e.del {
				b.WriteString(e.text)
			}
		}
		if a.String() != was || b.String() != is {
			t.Fatalf("%q to %q became %q to %q", was, is, a.String(), b.String())
		}
	})
}

// A line whose words are all new is an isolate as a whole: nothing in it would
// tell a browser which way it runs.
func TestNewLinesKeepTheirDirection(t *testing.T) {
	b := compare("بعد الاتكال على الله", "عاجل من الوادي\nبعد الاتكال على الله\nhttps://example.org\nFollow us\nتابعونا: @long_handle_here", "ar")
	var got []string
	for _, p := range b.Paragraphs {
		got = append(got, p.Dir)
	}
	if want := []string{"rtl", "auto", "ltr", "ltr", "rtl"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
