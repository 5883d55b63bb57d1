package main

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	islands = ".."
	assets  = "../../assets"
)

// TestCommitted compares the committed scripts with what the sources make today.
func TestCommitted(t *testing.T) {
	fresh := t.TempDir()
	if err := run(islands, fresh); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(assets, "*.js"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(entries()) {
		t.Errorf("%d scripts are committed, %d are made", len(files), len(entries()))
	}
	for _, name := range entries() {
		want, err := os.ReadFile(filepath.Join(fresh, name+".js"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(assets, name+".js"))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("assets/%s.js is not of today's islands: run go generate ./internal/web", name)
		}
	}
}

// budget is what an island may weigh on its way to a browser, in bytes.
const budget = 30 << 10

// TestSizes prints what each island weighs by itself, and all that every page
// loads, compressed, and holds them to the budget.
func TestSizes(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(islands, "*.ts"))
	if err != nil || len(files) < 8 {
		t.Fatalf("%d islands, %v", len(files), err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, ".d.ts") {
			continue
		}
		b, err := bundle(file)
		if err != nil {
			t.Fatal(err)
		}
		n := compressed(t, b)
		t.Logf("%-12s %6d B, compressed %5d B", filepath.Base(file), len(b), n)
		if n > budget {
			t.Errorf("%s weighs %d B compressed, its budget is %d", file, n, budget)
		}
	}
}

func compressed(t *testing.T, b []byte) int {
	t.Helper()
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Len()
}

// TestForbidden holds what no island may do: make markup out of strings, run
// strings, write style into the page, or call out.
func TestForbidden(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(islands, "*.ts"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "createContextualFragment",
			"parseFromString", "parseHTMLUnsafe", "setHTMLUnsafe", "srcdoc", `createElement("script")`, "createPolicy", "cssText", "import(", "http://", "https://", "sendBeacon", "WebSocket"} {
			if strings.Contains(string(b), word) {
				t.Errorf("%s has %q", file, word)
			}
		}
	}
}
