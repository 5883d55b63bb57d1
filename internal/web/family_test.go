package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"dalil/internal/desk"
	"dalil/internal/record"
)

func TestFamiliesAreShown(t *testing.T) {
	c := sampleCase(t)
	families, _, err := c.desk.Families(t.Context(), "", 2, -1)
	if err != nil || len(families) < 20 {
		t.Fatalf("%d families, %v", len(families), err)
	}
	ghosts, apart, compared, quoting := 0, 0, 0, 0
	for i, row := range families {
		w := c.once(http.MethodGet, "localhost", "/y/"+row.ID)
		at := w.Header().Get("Location")
		if w.Code != http.StatusMovedPermanently || !strings.HasPrefix(at, "/y/"+row.ID+"/") {
			t.Errorf("/y/%s: %d to %s", row.ID, w.Code, at)
			continue
		}
		if i%6 != 0 && row.Members < 6 {
			continue
		}
		f, err := c.desk.Family(t.Context(), row.ID)
		if err != nil {
			t.Fatal(err)
		}
		w = c.once(http.MethodGet, "localhost", at)
		page := w.Body.String()
		doc := inert(t, at, page)
		if w.Code != 200 || !strings.Contains(textOf(doc, "class", "lead"), "First that we captured: ") || !strings.Contains(page, "First means: first that we captured") {
			t.Errorf("%s: %d, does not say what first means", at, w.Code)
		}
		if n := strings.Count(page, `class="strip"`); n != 1 {
			t.Errorf("%s: %d drawings", at, n)
		}
		for _, m := range f.Members {
			if !strings.Contains(page, `class="id open" href="`+c.at(m.Statement)+`"`) {
				t.Errorf("%s: %s is not listed", at, m.ID)
			}
		}
		for _, a := range f.Attested {
			ghosts++
			if !strings.Contains(page, "is not in any capture") || !strings.Contains(page, "proven by the forward header") || !strings.Contains(page, a.Bys[0]) {
				t.Errorf("%s: the original in %s is not told", at, a.Name)
			}
		}
		for _, a := range f.Apart {
			apart++
			if !strings.Contains(page, a.There) && !strings.Contains(page, a.Family) {
				t.Errorf("%s: %s is not told of", at, a.There)
			}
		}
		compared += strings.Count(page, "<summary>Difference")
		var got familyJSON
		if err := json.Unmarshal(c.get("/y/"+row.ID+".json").Body.Bytes(), &got); err != nil || got.ID != row.ID || len(got.Members) != len(f.Members) || got.First != c.desk.StatementID(row.First) {
			t.Errorf("%s.json: %+v %v", at, got, err)
		}
		m := f.Members[len(f.Members)-1]
		page = c.get("/s/" + m.ID).Body.String()
		if m.Relation == record.RelQuotedIn {
			quoting++
		} else if !strings.Contains(page, "Part of family") || !strings.Contains(page, at) || !strings.Contains(page, `class="strip"`) {
			t.Errorf("%s does not say that it is in %s", m.ID, row.ID)
		}
	}
	if ghosts == 0 || apart == 0 || compared == 0 {
		t.Errorf("the sample's families have %d originals, %d kept apart, %d comparisons", ghosts, apart, compared)
	}
	if w := c.once(http.MethodGet, "localhost", "/y/"+c.desk.StatementID(families[0].First)); !strings.HasPrefix(w.Header().Get("Location"), "/y/"+families[0].ID+"/") {
		t.Errorf("the family by its statement: %d to %q", w.Code, w.Header().Get("Location"))
	}
	var list []familyRowJSON
	w := c.get("/families.json?min=5&limit=3")
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || len(list) != 3 || list[0].Size < 5 || !strings.Contains(w.Header().Get("Link"), "limit=15") {
		t.Errorf("%+v %v %q", list, err, w.Header().Get("Link"))
	}
	if page := c.get("/statements").Body.String(); !strings.Contains(page, `class="chip plain num" href="/y/Y-`) {
		t.Error("hits do not lead to their families")
	}
}

// A family that became part of another leads there, for ever.
func TestFamilyThatWasMergedLeadsOn(t *testing.T) {
	c := sampleCase(t)
	families, _, err := c.desk.Families(t.Context(), "", 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	a, b := families[0], families[1]
	if _, err := c.desk.Merge(t.Context(), []string{c.desk.StatementID(a.First), c.desk.StatementID(b.First)}, record.RelTranslation, "the same <text>, I read both"); err != nil {
		t.Fatal(err)
	}
	f, err := c.desk.Family(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{a.ID, b.ID} {
		w := c.get("/y/" + id)
		page := w.Body.String()
		if w.Code != 200 || !strings.Contains(page, `<span class="id">`+f.ID) || !strings.Contains(page, "the same &lt;text&gt;, I read both") || !strings.Contains(page, "a person decided: ") || !strings.Contains(page, "put into a family") {
			t.Errorf("%s: %d, not the family of both with who joined them", id, w.Code)
		}
	}
	st := f.Members[0].Statement
	if _, err := c.desk.Withdraw(t.Context(), c.desk.StatementID(st), "a mistake"); err != nil {
		t.Fatal(err)
	}
	if page := c.get("/y/" + f.ID).Body.String(); !strings.Contains(page, `<li class="gone"`) || !strings.Contains(page, "withdrawn, not to be cited") {
		t.Error("a withdrawn member is not struck out")
	}
}

func TestFirstsAreShown(t *testing.T) {
	c := sampleCase(t)
	var list []desk.FirstJSON
	if err := json.Unmarshal(c.get("/firsts.json").Body.Bytes(), &list); err != nil || len(list) < 3 {
		t.Fatalf("%d sources, %v", len(list), err)
	}
	page := c.get("/firsts").Body.String()
	for _, want := range []string{"is how often a source would be first if", "families are compared", list[0].Verdict, `name="between" value="` + list[0].Who + `"`} {
		if !strings.Contains(page, want) {
			t.Errorf("does not say %q", want)
		}
	}
	v := url.Values{"between": {list[0].Who, list[1].Who, list[2].Who}}
	var pairs []desk.LagJSON
	if err := json.Unmarshal(c.get("/firsts.json?"+v.Encode()).Body.Bytes(), &pairs); err != nil || len(pairs) != 3 {
		t.Errorf("%d pairs, %v", len(pairs), err)
	}
	if page := c.get("/firsts?" + v.Encode()).Body.String(); strings.Count(page, `<th scope="row">`) != 6 {
		t.Error("not three pairs")
	}
	for a, code := range map[string]int{"/firsts?between=" + list[0].Who: 400, "/firsts?between=" + list[0].Who + "&between=nobody": 404, "/firsts?between=" + strings.Join(strings.Split("abcdefghijklmn", ""), "&between="): 400} {
		if w := c.get(a); w.Code != code {
			t.Errorf("%s: %d", a, w.Code)
		}
	}
	page = c.get("/c/" + list[0].Who).Body.String()
	for _, want := range []string{"Posting rhythm", "What travels", "took part in", "Had the text"} {
		if !strings.Contains(page, want) {
			t.Errorf("the source's page does not say %q", want)
		}
	}
}

func TestEmptyCaseTeaches(t *testing.T) {
	c := newCase(t)
	for a, want := range map[string]string{"/families": "Nothing is in this case yet", "/firsts": "Nothing to compare", "/families?min=9": "No family is so large", "/families?q=bridge": "stand alone"} {
		if page := c.get(a).Body.String(); !strings.Contains(page, want) {
			t.Errorf("%s does not say %q", a, want)
		}
	}
}

func TestFamilyWords(t *testing.T) {
	en := tongues()[0]
	for sec, want := range map[int64]string{0: "0 s", 59: "59 s", 60: "1 min", 165: "2 min 45 s", 3599: "59 min 59 s", 3600: "1 h", 90061: "1 d 1 h", -135: "−2 min 15 s", 400 * 86400: "400 d"} {
		if got := en.stretch(sec); got != want {
			t.Errorf("%d: %q, want %q", sec, got, want)
		}
	}
	for n, want := range map[int]string{1: "1st", 2: "2nd", 3: "3rd", 11: "11th", 12: "12th", 23: "23rd", 111: "111th", 1001: "1,001st"} {
		if got := en.ordinal(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
	if en.percent(.9999) != "99 %" || en.percent(1) != "100 %" || en.pvalue(.0004) != "< .001" || en.pvalue(.05) != ".050" || en.pvalue(1) != "1" {
		t.Error(en.percent(.9999), en.percent(1), en.pvalue(.0004), en.pvalue(.05), en.pvalue(1))
	}
	for _, r := range []record.Relation{record.RelFirst, record.RelForward, record.RelVerbatim, record.RelEdited, record.RelWrapped, record.RelTruncated, record.RelQuotedIn, record.RelImageOf, record.RelTranslation} {
		if m := (desk.Member{Member: record.Member{Relation: r}}); en.relation(m) == string(r) && r != record.RelForward {
			t.Errorf("%s has no words", r)
		}
	}
	for _, g := range []record.Ground{record.GroundExact, record.GroundForward, record.GroundPicture, record.GroundNear, record.GroundContains, record.GroundRead, record.GroundPerson} {
		if m := (desk.Member{Member: record.Member{Ground: g}}); en.ground(m) == string(g) {
			t.Errorf("%s has no words", g)
		}
	}
}

func TestLongRunsAreCut(t *testing.T) {
	long := strings.Repeat("كلمة ", 400)
	b, came, went := difference("the bridge", "the bridge "+long, "ar")
	shown := 0
	for _, p := range b.Paragraphs {
		for _, x := range p.Parts {
			shown += len(strings.Fields(x.Text))
		}
	}
	if came != 400 || went != 0 || shown > 120 {
		t.Errorf("%d came, %d went, %d words shown", came, went, shown)
	}
}

// What a person knows about a family goes before what the machine proposed, and
// back again.
func TestFamilyIsDecided(t *testing.T) {
	c := sampleCase(t)
	ctx := t.Context()
	families, _, err := c.desk.Families(ctx, "", 4, -1)
	if err != nil || len(families) == 0 {
		t.Fatalf("%d families, %v", len(families), err)
	}
	f, err := c.desk.Family(ctx, families[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	page := c.get("/y/" + f.ID).Body.String()
	whole := 0
	for _, m := range f.Members {
		if m.Relation != record.RelQuotedIn {
			whole++
		}
	}
	if n := strings.Count(page, `value="split"`); n != whole {
		t.Errorf("%d of %d can be taken out", n, whole)
	}
	var out desk.Member
	for _, m := range f.Members {
		if m.Relation != record.RelQuotedIn && m.Member.Statement != f.First {
			out = m
		}
	}
	send := func(address string, form url.Values, code int) string {
		t.Helper()
		w := c.sendForm(address, form)
		if w.Code != code {
			t.Fatalf("%s %v: %d, want %d: %s", address, form, w.Code, code, w.Body)
		}
		return w.Header().Get("Location")
	}
	in := func(family string) bool {
		t.Helper()
		st, err := c.desk.Statement(ctx, out.ID)
		if err != nil {
			t.Fatal(err)
		}
		return st.Family != 0 && c.desk.Case.IDs.ID(record.KindFamily, st.Family) == family
	}
	split := url.Values{"do": {"split"}, "statement": {out.ID}, "reason": {"another night"}}
	send("/y/"+f.ID, url.Values{"do": {"split"}, "statement": {out.ID}}, http.StatusBadRequest) // no reason
	to := send("/y/"+f.ID, split, http.StatusSeeOther)
	if !strings.HasPrefix(to, "/y/"+f.ID+"?did=D-") || in(f.ID) {
		t.Errorf("it is in the family still, or leads to %s", to)
	}
	if page := c.get(to).Body.String(); !strings.Contains(page, "another night") || !strings.Contains(page, "took out of its family") {
		t.Error("the family does not say who took it out")
	}
	send("/y/"+f.ID, split, http.StatusConflict) // of two who do the same, one is told
	// The others keep it apart still: putting it back is taking that back.
	back := url.Values{"do": {"merge"}, "statement": {c.desk.StatementID(families[0].First)}, "with": {" " + out.ID + " "}, "as": {string(record.RelEdited)}, "reason": {"I read both"}}
	send("/y/"+f.ID, back, http.StatusConflict)
	send("/undo", url.Values{"decision": {strings.Split(strings.SplitAfter(to, "did=")[1], "&")[0]}, "reason": {"I was wrong"}}, http.StatusSeeOther)
	if !in(f.ID) {
		t.Error("it is not in the family again")
	}

	// From the page of one statement, of two that stood alone.
	var alone []string
	for _, st := range c.statements() {
		if st.Family == 0 && len(alone) < 2 {
			alone = append(alone, c.desk.StatementID(st))
		}
	}
	if page := c.get("/s/" + alone[0]).Body.String(); !strings.Contains(page, "It is the same text as") {
		t.Error("the page of a statement does not offer it")
	}
	send("/s/"+alone[0], url.Values{"do": {"merge"}, "with": {"S-0000000"}, "reason": {"x"}}, http.StatusNotFound)
	send("/s/"+alone[0], url.Values{"do": {"merge"}, "with": {alone[0]}, "reason": {"x"}}, http.StatusBadRequest)
	to = send("/s/"+alone[0], url.Values{"do": {"merge"}, "with": {alone[1]}, "as": {string(record.RelTranslation)}, "reason": {"I read both"}}, http.StatusSeeOther)
	if !strings.HasPrefix(to, "/y/Y-") {
		t.Fatalf("leads to %s", to)
	}
	// Of two, nothing is left when one goes.
	family := strings.TrimPrefix(strings.Split(to, "?")[0], "/y/")
	to = send("/y/"+family, url.Values{"do": {"split"}, "statement": {alone[1]}, "reason": {"I was wrong"}}, http.StatusSeeOther)
	if !strings.HasPrefix(to, "/s/"+alone[1]+"?did=") {
		t.Errorf("leads to %s", to)
	}
	send("/y/"+f.ID, url.Values{"do": {"forget"}, "reason": {"x"}}, http.StatusBadRequest)
}
