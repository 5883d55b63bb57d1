package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dalil/internal/custody"
	"dalil/internal/desk"
)

func TestDoctor(t *testing.T) {
	c := newCase(t, map[string]string{"a.txt": "the old bridge"})
	keys, err := custody.OpenKeys(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	_, h := newServer(c.desk, Options{Keys: keys, Now: c.desk.Case.Now})
	ask := func(address, tongue string) string {
		r := httptest.NewRequest(http.MethodGet, address, nil)
		r.Host = "localhost"
		r.Header.Set("Accept-Language", tongue)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != 200 {
			t.Fatalf("%s: %d", address, w.Code)
		}
		return w.Body.String()
	}
	state := func() map[string]string {
		var list []checkJSON
		if err := json.Unmarshal([]byte(ask("/doctor.json", "en")), &list); err != nil {
			t.Fatal(err)
		}
		m := map[string]string{}
		for _, x := range list {
			if x.What == "" || strings.ContainsAny(x.What+x.Means+x.Remedy, "{}") || x.State != desk.Fine && x.State != desk.Look && x.State != desk.Bad {
				t.Errorf("%+v", x)
			}
			m[x.Name] = x.State
		}
		return m
	}
	first := state()
	for _, name := range []string{"catalog", "log", "sample", "order", "access", "closing"} {
		if first[name] != desk.Fine {
			t.Errorf("%s is %s", name, first[name])
		}
	}
	for _, tongue := range []string{"en", "ar", "fa"} {
		page := ask("/doctor", tongue)
		inert(t, "/doctor "+tongue, page)
		for _, path := range []string{c.desk.Case.Dir, keys.Dir(), filepath.Dir(keys.Dir()), os.TempDir() + "/"} {
			if strings.Contains(page, path) {
				t.Errorf("%s: names %s", tongue, path)
			}
		}
	}
	// A changed byte of the evidence is found by the sample, and told without a path.
	altered := 0
	err = filepath.WalkDir(filepath.Join(c.desk.Case.Dir, "archive"), func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		altered++
		b = bytes.ReplaceAll(b, []byte("old"), []byte("new"))
		return errors.Join(os.Chmod(name, 0o600), os.WriteFile(name, b, 0o600))
	})
	if err != nil || altered == 0 {
		t.Fatalf("%d %v", altered, err)
	}
	if s := state(); s["sample"] != desk.Bad {
		t.Errorf("altered evidence: sample is %s", s["sample"])
	}
	if page := ask("/doctor", "en"); strings.Contains(page, c.desk.Case.Dir) || !strings.Contains(page, "dalil verify") {
		t.Error("the page names a folder, or no remedy")
	}
}
