package custody_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"dalil/internal/archive"
	"dalil/internal/archive/disk"
	"dalil/internal/custody"
	"dalil/internal/record"
)

const origin = "dalil.case/00112233445566778899aabbccddeeff"

// builder makes a case of an invented country, entry by entry.
type builder struct {
	t      testing.TB
	dir    string
	keys   *custody.Keys
	signer note.Signer
	a      *disk.Archive
	next   uint64
	batch  []archive.Entry
	actors map[string]ed25519.PrivateKey
	toml   string
}

func newBuilder(t testing.TB) *builder {
	t.Helper()
	keys, err := custody.OpenKeys(t.TempDir())
	must(t, err)
	s, vkey, err := keys.CreateLogKey(origin)
	must(t, err)
	b := &builder{t: t, dir: filepath.Join(t.TempDir(), "case"), keys: keys, signer: s, actors: map[string]ed25519.PrivateKey{}}
	b.a, err = disk.Create(b.dir, origin, s, vkey)
	must(t, err)
	t.Cleanup(func() { b.a.Close() })
	b.settings(record.LeafCase, "name = \"Qamaria\"\n")
	b.introduce("ana")
	b.flush()
	return b
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// add appends an entry to the batch: signed if its kind is, committed to its
// body or span.
func (b *builder) add(l record.Leaf, message []byte) uint64 {
	b.t.Helper()
	l.At = 1700000000000 + int64(b.next)
	e := archive.Entry{}
	if message != nil {
		e.Salt = custody.NewSalt()
		l.Commit = custody.Commit(e.Salt, message)
		if l.Kind != record.LeafStatement {
			e.Body = message
		}
	}
	if custody.Signed(l.Kind) {
		if l.By == "" {
			l.By = "ana"
		}
		key, ok := b.actors[l.By]
		if !ok {
			var err error
			key, err = b.keys.CreateActorKey(origin, l.By)
			must(b.t, err)
			b.actors[l.By] = key
		}
		if l.Kind == record.LeafKey {
			l.Key = custody.PublicKey(key)
		}
		custody.SignLeaf(&l, key)
	}
	e.Leaf = l.Append(nil)
	b.batch = append(b.batch, e)
	b.next++
	return b.next - 1
}

func (b *builder) flush() {
	b.t.Helper()
	first, err := b.a.Append(context.Background(), b.batch)
	must(b.t, err)
	if first+uint64(len(b.batch)) != b.next || b.a.Size() != b.next {
		b.t.Fatalf("appended %d entries at %d, size %d, want %d", len(b.batch), first, b.a.Size(), b.next)
	}
	b.batch = nil
}

func leaf(kind record.LeafKind) record.Leaf { return record.NewLeaf(kind, 0) }

func (b *builder) introduce(handle string) {
	l := leaf(record.LeafKey)
	l.By = handle
	b.add(l, []byte(`{"tool":"test"}`))
}

func (b *builder) settings(kind record.LeafKind, toml string) uint64 {
	body, err := json.Marshal(map[string]string{"toml": toml, "id_key": "00"})
	must(b.t, err)
	b.toml = toml
	must(b.t, os.WriteFile(filepath.Join(b.dir, "case.toml"), []byte(toml), 0o600))
	return b.add(leaf(kind), body)
}

func (b *builder) capture(run uint64, data []byte) (uint64, record.Digest) {
	b.t.Helper()
	d, n, err := b.a.Put(context.Background(), bytes.NewReader(data))
	must(b.t, err)
	l := leaf(record.LeafCapture)
	l.Run, l.Blob, l.Size, l.Type, l.Format = run, d, n, "application/json", "telegram-json/1"
	return b.add(l, []byte(fmt.Sprintf(`{"path":"export-%d.json"}`, b.next))), d
}

func (b *builder) statement(capture, source uint64, id int, data []byte, offset, length int64) uint64 {
	l := leaf(record.LeafStatement)
	l.Capture, l.Source, l.ID, l.Posted, l.Offset, l.Length = capture, source, fmt.Sprint(id), int64(1690000000+id), offset, length
	if length == 0 {
		return b.add(l, nil) // the whole file
	}
	return b.add(l, data[offset:offset+length])
}

// export returns an invented export of n messages and where each begins; the
// last offset is that of the end.
func export(name string, n int) (data []byte, at []int64) {
	data = append(data, `{"name":"`+name+`","messages":[`...)
	for i := range n {
		if i > 0 {
			data = append(data, ',')
		}
		at = append(at, int64(len(data)))
		data = append(data, fmt.Sprintf(`{"id":%d,"text":"The harbour of Tel Samar was quiet on day %d, says %s. %s"}`, i, i, name, strings.Repeat("x", i%37))...)
	}
	at = append(at, int64(len(data)))
	return append(data, "]}\n"...), at
}

func (b *builder) read(run uint64, name string, n int) (capture, first uint64, blob record.Digest) {
	data, at := export(name, n)
	source := b.add(leaf(record.LeafSource), []byte(`{"key":"telegram:`+name+`"}`))
	capture, blob = b.capture(run, data)
	first = b.next
	for i := range n {
		end := at[i+1] - 1
		if i == n-1 {
			end = at[i+1]
		}
		b.statement(capture, source, i, data, at[i], end-at[i])
	}
	return capture, first, blob
}

// erase carries out what a decision to erase asks for.
func (b *builder) blank(target uint64, blob record.Digest) {
	b.t.Helper()
	ctx := context.Background()
	raw, err := b.a.Leaf(ctx, target)
	must(b.t, err)
	l, err := record.ParseLeaf(raw)
	must(b.t, err)
	now, err := b.a.BlankSpan(ctx, blob, l.Offset, l.Length)
	must(b.t, err)
	must(b.t, b.a.DestroySecret(ctx, target))
	t := leaf(record.LeafTombstone)
	t.Target, t.Blob, t.Offset, t.Length, t.Now, t.Why = target, blob, l.Offset, l.Length, now, "erased"
	b.add(t, nil)
	b.flush()
}

func (b *builder) remove(capture uint64, blob record.Digest) {
	b.t.Helper()
	ctx := context.Background()
	must(b.t, b.a.RemoveBlob(ctx, blob))
	must(b.t, b.a.DestroySecret(ctx, capture))
	t := leaf(record.LeafTombstone)
	t.Target, t.Blob, t.Why = capture, blob, "erased"
	b.add(t, nil)
	b.flush()
}

func (b *builder) decide(by, action string, target uint64) uint64 {
	l := leaf(record.LeafDecision)
	l.By, l.Action, l.Target = by, action, target
	i := b.add(l, []byte(`{"reason":"a source asked for it"}`))
	b.flush()
	return i
}

// seal writes the index files of a cleanly closed case.
func (b *builder) seal() {
	b.t.Helper()
	files := map[string]string{}
	for _, name := range []string{"catalog.db", "search.db"} {
		data := []byte(name + " of " + fmt.Sprint(b.next) + " entries\n")
		must(b.t, os.WriteFile(filepath.Join(b.dir, name), data, 0o600))
		files[name] = record.DigestOf(data).String()
	}
	sum, err := json.Marshal(struct {
		LogSize uint64            `json:"log_size"`
		Files   map[string]string `json:"files"`
	}{b.next, files})
	must(b.t, err)
	must(b.t, os.WriteFile(filepath.Join(b.dir, "catalog.sum"), append(sum, '\n'), 0o600))
}

// sampleCase builds a case of about 600 entries in which everything occurs,
// closed cleanly, and remembers what its files were on the way.
func sampleCase(t testing.TB) (b *builder, older []memory) {
	b = newBuilder(t)
	snap := func() {
		b.seal()
		older = append(older, load(t, b.dir))
	}
	snap()
	run := b.add(leaf(record.LeafRun), []byte(`{"what":"import"}`))
	capture, first, blob := b.read(run, "harbour", 230)
	b.flush()
	snap()
	b.introduce("omid")
	b.read(run, "mountain", 150)
	b.read(run, "valley", 120)
	b.flush()
	snap()
	photo := bytes.Repeat([]byte("\xff\xd8 photo of a gate "), 500)
	pc, pd := b.capture(run, photo)
	b.statement(pc, 3, 900, photo, 0, 0)
	b.capture(run, nil) // an empty file
	paper, _ := export("paper", 60)
	xc, xd := b.capture(run, paper)
	gap := leaf(record.LeafGap)
	gap.Source, gap.First, gap.Last, gap.Why = 3, "17", "19", "ids"
	b.add(gap, nil)
	end := leaf(record.LeafEnd)
	end.Run = run
	b.add(end, []byte(`{"read":500}`))
	b.settings(record.LeafConfig, "name = \"Qamaria and its coast\"\n")
	b.flush()
	snap()
	b.decide("omid", "withdraw", first+4)
	b.decide("ana", "erase", first+7)
	b.blank(first+7, blob)
	b.decide("ana", "erase", first+90)
	b.blank(first+90, blob)
	b.decide("omid", "erase", xc)
	b.remove(xc, xd)
	analysis := leaf(record.LeafAnalysis)
	analysis.Name, analysis.Saw, analysis.Digest = "repost/1", b.next, record.DigestOf([]byte("x"))
	b.add(analysis, nil)
	b.read(run, "island", 40)
	b.flush()
	b.seal()
	must(t, b.a.Close())
	_, _ = capture, pd
	return b, older
}

// copyCase copies a case.
func copyCase(t testing.TB, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	must(t, os.CopyFS(to, os.DirFS(dir)))
	return to
}

// reopen continues a copy of a builder's case with the same keys.
func (b *builder) reopen(dir string) *builder {
	b.t.Helper()
	a, err := disk.Open(dir, disk.Options{Write: true, Signer: b.signer})
	must(b.t, err)
	b.t.Cleanup(func() { a.Close() })
	return &builder{t: b.t, dir: dir, keys: b.keys, signer: b.signer, a: a, next: a.Size(), actors: b.actors, toml: b.toml}
}

// memory is a case in memory.
type memory map[string][]byte

func load(t testing.TB, dir string) memory {
	t.Helper()
	m := memory{}
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		m[filepath.ToSlash(name)], err = os.ReadFile(path)
		return err
	}))
	return m
}

func (m memory) names() []string { return slices.Sorted(maps.Keys(m)) }

func (m memory) Files() iter.Seq2[custody.File, error] {
	return func(yield func(custody.File, error) bool) {
		for _, name := range m.names() {
			if !yield(custody.File{Name: name, Size: int64(len(m[name])), Regular: true}, nil) {
				return
			}
		}
	}
}

type memoryFile struct{ *bytes.Reader }

func (memoryFile) Close() error { return nil }

func (m memory) OpenFile(name string) (custody.EvidenceReader, error) {
	b, ok := m[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return memoryFile{bytes.NewReader(b)}, nil
}

// noEvidence reports whether nothing is promised about a file.
func noEvidence(name string) bool {
	switch name {
	case "lock", "catalog.open", "state.db":
		return true
	}
	return false
}

func verify(t testing.TB, ev custody.Evidence, o custody.Options) *custody.Report {
	t.Helper()
	r, err := custody.Verify(context.Background(), ev, o)
	must(t, err)
	return r
}

// names reports whether a report names a file, in a problem or, where a tail
// beyond the checkpoint is no damage, in a note.
func names(r *custody.Report, name string) (problem, note bool) {
	for _, p := range r.Problems {
		if strings.Contains(p.Where+" "+p.What, name) {
			problem = true
		}
	}
	for _, n := range r.Notes {
		if strings.Contains(n, name) {
			note = true
		}
	}
	return problem, note
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	must(t, err)
	return b
}
