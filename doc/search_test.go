package doc_test

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"dalil/internal/format/all"
	"dalil/internal/query"
)

// blocks returns the lines of every ```name block of a document.
func blocks(t *testing.T, file, name string) []string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	inside := false
	for _, l := range strings.Split(string(b), "\n") {
		switch {
		case l == "```"+name:
			inside = true
		case l == "```":
			inside = false
		case inside && l != "":
			lines = append(lines, l)
		}
	}
	if len(lines) == 0 {
		t.Fatalf("%s has no ```%s block", file, name)
	}
	return lines
}

// TestSearchExamples parses every query of search.md: it means what the page
// says, and written out again it means the same.
func TestSearchExamples(t *testing.T) {
	opt := query.ParseOptions{Zone: time.UTC, Now: time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)}
	for _, line := range blocks(t, "search.md", "queries") {
		text, want, ok := strings.Cut(line, "→")
		if !ok {
			t.Fatalf("search.md: no → in %q", line)
		}
		text, want = strings.TrimSpace(text), strings.TrimSpace(want)
		q, err := query.Parse(text, opt)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := query.Echo(q); got != want {
			t.Errorf("%s\n\tis    %s\n\tpage: %s", text, got, want)
		}
		again, err := query.Parse(query.String(q), opt)
		if err != nil || query.Echo(again) != query.Echo(q) {
			t.Errorf("%s, written out as %s, is something else: %v", text, query.String(q), err)
		}
	}
	for _, line := range blocks(t, "search.md", "refused") {
		text, want, _ := strings.Cut(line, "→")
		text, want = strings.TrimSpace(text), strings.TrimSpace(want)
		_, err := query.Parse(text, opt)
		var q *query.Error
		if !errors.As(err, &q) {
			t.Errorf("%s is read: %v", text, err)
		} else if q.What != want || q.Do == "" {
			t.Errorf("%s\n\tis    %s (%s)\n\tpage: %s", text, q.What, q.Do, want)
		}
	}
}

// TestSearchFilters: the table names every filter and every value there is,
// and no other.
func TestSearchFilters(t *testing.T) {
	b, err := os.ReadFile("search.md")
	if err != nil {
		t.Fatal(err)
	}
	known := query.Keys()
	told := map[string]bool{}
	quoted := regexp.MustCompile("`([^`]+)`")
	for _, row := range regexp.MustCompile("(?m)^\\| (`[a-z]+:`.*?) \\| (.*) \\|$").FindAllStringSubmatch(string(b), -1) {
		values := map[string]bool{}
		for _, v := range quoted.FindAllStringSubmatch(row[2], -1) {
			values[v[1]] = true
		}
		for _, k := range quoted.FindAllStringSubmatch(row[1], -1) {
			name := strings.TrimSuffix(k[1], ":")
			told[name] = true
			want, ok := known[name]
			if !ok {
				t.Errorf("search.md tells of %s:, which is no filter", name)
			}
			for _, v := range want {
				if !values[v] {
					t.Errorf("search.md does not name %s:%s", name, v)
				}
			}
			if want != nil && len(values) != len(want) {
				t.Errorf("search.md gives %s: the values %v, it takes %v", name, values, want)
			}
		}
	}
	for name := range known {
		if !told[name] {
			t.Errorf("search.md does not tell of %s:", name)
		}
	}
}

// TestFormats: the table names every format, and no other.
func TestFormats(t *testing.T) {
	b, err := os.ReadFile("formats.md")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z0-9-]+)` \\|").FindAllStringSubmatch(string(b), -1) {
		told[m[1]] = true
	}
	for _, k := range all.Formats() {
		if !told[k.Name] {
			t.Errorf("formats.md does not tell of %s: %s", k.Name, k.Doc)
		}
		delete(told, k.Name)
	}
	for name := range told {
		t.Errorf("formats.md tells of %s, which is no format", name)
	}
}
