package doc_test

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"dalil/internal/custody"
	"dalil/internal/record"
)

// forgery is what the holder of a log's key can do and a verifier must find:
// an entry that no honest program writes, with proofs and checkpoint to match.
// change returns the entry as it shall be; only the first one it changes is.
type forgery struct {
	name string
	good bool // it must be found good, or the test would prove nothing
	do   func(e string) string
}

// of changes the entries that begin with kind and hold part.
func of(kind, part string, change func(string) string) func(string) string {
	return func(e string) string {
		if strings.HasPrefix(e, `{"kind":"`+kind+`"`) && strings.Contains(e, part) {
			return change(e)
		}
		return e
	}
}

// swap replaces old, once; cut removes a member.
func swap(old, to string) func(string) string {
	return func(e string) string { return strings.Replace(e, old, to, 1) }
}

func cut(member string) func(string) string {
	return func(e string) string {
		i := strings.Index(e, `,"`+member+`":`)
		if i < 0 {
			return e
		}
		n := strings.IndexAny(e[i+1:], ",}")
		return e[:i] + e[i+1+n:]
	}
}

func end(member string) func(string) string {
	return func(e string) string { return strings.TrimSuffix(e, "}") + member + "}" }
}

const (
	aHash    = `"00000000000000000000000000000000000000000000000000000000000000ab"`
	aSig     = `"5y99HoT5rWdVhK/R0u0JgaIzai1T5QFzMzhhCRZZxu2ZYFoepZiW6K+mtoWxTs0Qu9jN9JS6v8KLz0wfS9wnBg=="`
	personal = `"by":"desk-1"`
)

var forgeries = []forgery{
	{"nothing", true, func(e string) string { return e }},
	{"another time", true, of("source", "", swap(`"at":1`, `"at":2`))},
	{"a gap of a person unsigned", false, of("gap", personal, cut("sig"))},
	{"a gap of a person changed", false, of("gap", personal, swap(`"why":"outage"`, `"why":"ids"`))},
	{"a gap of somebody without a key", false, of("gap", personal, swap(personal, `"by":"desk-2"`))},
	{"a gap signed by nobody", false, of("gap", personal, cut("by"))},
	{"a gap in a person's name", false, of("gap", `"first"`, swap(`,"source"`, `,"by":"desk-1","source"`))},
	{"a source with a wrong signature", false, of("source", "", end(`,"sig":`+aSig))},
	{"case unsigned", false, of("case", "", cut("sig"))},
	{"key unsigned", false, of("key", "", cut("sig"))},
	{"run unsigned", false, of("run", "", cut("sig"))},
	{"decision unsigned", false, of("decision", "", cut("sig"))},
	{"decision changed", false, of("decision", "", swap(`"action":"note"`, `"action":"seal"`))},
	{"decision with another signature", false, of("decision", "", func(e string) string { return end(`,"sig":` + aSig)(cut("sig")(e)) })},
	{"a whole file that commits", false, of("statement", `"id":"/bridge"`, end(`,"commit":`+aHash))},
	{"a span that does not", false, of("statement", `"offset"`, cut("commit"))},
	{"a span without an offset", false, of("statement", `"offset"`, cut("offset"))},
	{"a span without a length", false, of("statement", `"offset"`, cut("length"))},
	{"a span before its file", false, of("statement", `"offset":`, swap(`"offset":`, `"offset":-`))},
	{"a span of less than nothing", false, of("statement", `"length":`, swap(`"length":`, `"length":-`))},
	{"a capture without a size", false, of("capture", "", cut("size"))},
	{"an unknown kind", false, of("source", "", swap(`"source"`, `"outlet"`))},
	{"an unknown member", false, of("source", "", end(`,"note":"x"`))},
	{"a member twice", false, of("capture", "", swap(`"at":`, `"at":1,"at":`))},
	{"a member in capitals", false, of("capture", "", swap(`"size"`, `"Size"`))},
	{"members in another order", false, of("capture", "", func(e string) string {
		return strings.Replace(cut("size")(e), `,"blob"`, `,"size":5,"blob"`, 1)
	})},
	{"white space", false, of("source", "", swap(`,"at"`, `, "at"`))},
	{"a fraction", false, of("source", "", swap(`"at":1`, `"at":1.0e1`))},
	{"minus nothing", false, of("statement", `"offset":`, func(e string) string {
		return strings.Replace(cut("offset")(e), `,"length"`, `,"offset":-0,"length"`, 1)
	})},
	{"a number beyond all", false, of("source", "", swap(`"at":`, `"at":9999999`))},
	{"an empty text", false, of("statement", `"id":"/bridge"`, swap(`"id":"/bridge"`, `"id":""`))},
	{"a null", false, of("statement", `"id":"/bridge"`, swap(`"id":"/bridge"`, `"id":null`))},
	{"text for a number", false, of("source", "", swap(`"at":`, `"at":"1","run":`))},
	{"a zero count", false, of("gap", `"first"`, swap(`,"source"`, `,"run":0,"source"`))},
	{"a hash in capitals", false, of("capture", "", func(e string) string {
		i := strings.Index(e, `"blob":"`) + 8
		return e[:i] + strings.ToUpper(e[i:i+64]) + e[i+64:]
	})},
	{"a hash of zeros", false, of("capture", "", func(e string) string {
		i := strings.Index(e, `"blob":"`) + 8
		return e[:i] + strings.Repeat("0", 64) + e[i+64:]
	})},
	{"an escape that need not be", false, of("capture", "", swap(`"type":"i`, `"type":"\u0069`))},
	{"a sign that must be escaped", false, of("capture", "", swap(`"type":"`, `"type":"<`))},
	{"no object", false, of("source", "", func(string) string { return "[]" })},
	{"a long entry", false, of("source", "", end(`,"id":"`+strings.Repeat("x", 1<<16)+`"`))},
	{"text behind it", false, of("source", "", func(e string) string { return e + " " })},
}

// forge changes one entry of the bundle and puts a log around what is there:
// hashes of the entries that are not shown are made up.
func forge(t *testing.T, b box, f forgery) {
	t.Helper()
	const origin = "dalil.case/0123456789abcdef0123456789abcdef"
	skey, vkey, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	b["log/key"] = []byte(vkey + "\n")
	cp, err := custody.ParseCheckpoint(string(b["log/checkpoint"][:strings.Index(string(b["log/checkpoint"]), "\n\n")+1]))
	if err != nil {
		t.Fatal(err)
	}
	shown := map[uint64]string{}
	done := false
	lines(t, b, func(l []map[string]any) []map[string]any {
		for _, x := range l {
			e := x["entry"].(string)
			if after := f.do(e); after != e && !done {
				done, e = true, after
			}
			x["entry"] = e
			shown[uint64(x["index"].(float64))] = e
		}
		var stored []tlog.Hash
		read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
			out := make([]tlog.Hash, len(indexes))
			for i, n := range indexes {
				out[i] = stored[n]
			}
			return out, nil
		})
		for i := range cp.Size {
			e, ok := shown[i]
			if !ok {
				e = fmt.Sprint("not shown ", i)
			}
			h, err := tlog.StoredHashes(int64(i), []byte(e), read)
			if err != nil {
				t.Fatal(err)
			}
			stored = append(stored, h...)
		}
		root, err := tlog.TreeHash(int64(cp.Size), read)
		if err != nil {
			t.Fatal(err)
		}
		cp.Origin, cp.Root = origin, record.Digest(root)
		for _, x := range l {
			proof, err := tlog.ProveRecord(int64(cp.Size), int64(x["index"].(float64)), read)
			if err != nil {
				t.Fatal(err)
			}
			all := [][]byte{}
			for _, h := range proof {
				all = append(all, slices.Clone(h[:]))
			}
			x["proof"] = all // base64 in JSON
		}
		return l
	})
	if !done && !f.good {
		t.Errorf("the forgery %q changed nothing", f.name)
	}
	if b["log/checkpoint"], err = cp.Sign(signer); err != nil {
		t.Fatal(err)
	}
	b.reseal()
}
