// Package bundletest makes an invented mini-case in memory, for tests of what
// leaves the house: a log of a few dozen entries with everything in it that a
// release must handle, also what it must not show.
package bundletest

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"dalil/internal/custody"
	"dalil/internal/record"
	"dalil/internal/redact"
)

// Case is the material of an invented case.
type Case struct {
	redact.Material
	Signer  ed25519.PrivateKey
	Secrets []string // words that no release may hold
}

// Secret words stand where a release must not look; every one is unique.
const (
	SealedText     = "qasr-zarqa-sealed"
	RestrictedText = "qasr-zarqa-restricted"
	WithdrawnText  = "qasr-zarqa-withdrawn"
	PersonName     = "Nadir Qasrawi"
	GroupName      = "Neighbours of Tell Asfar"
	CapturePath    = "home/samira-the-analyst/exports/result.json"
	CaseSecret     = "case-secret-5f1d"
	DecisionReason = "because Samira knows the sender"
)

type builder struct {
	rng     *rand.ChaCha8
	actor   ed25519.PrivateKey
	entries []redact.Entry
	at      int64
}

func (b *builder) add(l record.Leaf, msg, body []byte) uint64 {
	b.at += 1000
	l.At = b.at
	e := redact.Entry{Index: uint64(len(b.entries)), Body: body}
	if body != nil {
		msg = body
	}
	if msg != nil {
		e.Salt = make([]byte, custody.SaltSize)
		b.rng.Read(e.Salt)
		l.Commit = custody.Commit(e.Salt, msg)
	}
	if custody.Signed(l.Kind) {
		l.By = "desk-1"
	}
	if l.By != "" {
		custody.SignLeaf(&l, b.actor)
	}
	e.Leaf = l.Append(nil)
	b.entries = append(b.entries, e)
	return e.Index
}

func object(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return b
}

// New makes a case of n public posts, in which everything else also occurs
// once or more. The same seed gives the same case.
func New(seed uint64, n int) (*Case, error) {
	var s [32]byte
	copy(s[:], fmt.Sprintf("bundletest %d", seed))
	b := &builder{rng: rand.NewChaCha8(s), at: 1767225600000}
	secret := make([]byte, 32)
	b.rng.Read(secret)
	b.actor = ed25519.NewKeyFromSeed(secret)
	b.rng.Read(secret)
	logKey := ed25519.NewKeyFromSeed(secret)
	origin := "dalil.case/" + hex.EncodeToString(secret[:16])

	// 0 case, 1 key, 2 run
	b.add(record.NewLeaf(record.LeafCase, 0), nil, object(map[string]string{"toml": "name = \"Tell Asfar\"\n", "secret": CaseSecret}))
	k := record.NewLeaf(record.LeafKey, 0)
	k.Key = custody.PublicKey(b.actor)
	b.add(k, nil, object(map[string]string{"name": "Samira the analyst"}))
	run := b.add(record.NewLeaf(record.LeafRun, 0), nil, object(map[string]string{"argv": CapturePath}))

	source := func(src record.Source) record.Source {
		src.Leaf = b.add(record.NewLeaf(record.LeafSource, 0), nil, object(src))
		return src
	}
	channel := source(record.Source{Key: "telegram:9001", Name: "صوت تل أصفر", Type: record.Channel, Platform: "telegram"})
	group := source(record.Source{Key: "telegram:77", Name: GroupName, Type: record.Group, Platform: "telegram", Private: true})
	outlet := source(record.Source{Key: "web:asfar.example", Name: "Asfar Courier", Type: record.Outlet, Platform: "web"})

	posts := make([]post, 0, n+8)
	for i := range n {
		p := post{src: channel, text: fmt.Sprintf("بيان رقم %d: <b>شهود</b> يقولون إن الجسر أُغلق.\n\u202eمحاولة\u202c =1+1", i), sens: redact.Public, kind: record.Post}
		if i == 1 {
			p.sens = redact.Internal
		}
		posts = append(posts, p)
	}
	posts = append(posts,
		post{src: channel, text: SealedText, sens: redact.Sealed, kind: record.Post},
		post{src: channel, text: RestrictedText, sens: redact.Restricted, kind: record.Post},
		post{src: channel, text: WithdrawnText, sens: redact.Public, kind: record.Post, withdrawn: true},
		post{src: channel, text: "unmarked-qasr", sens: redact.Unmarked, kind: record.Post},
		post{src: group, text: "پل از دیشب بسته است", sens: redact.Public, kind: record.Post, person: true},
		post{src: channel, text: "forwarded words", sens: redact.Public, kind: record.Post, forwarded: true},
	)
	var export bytes.Buffer
	export.WriteString("{\"messages\":[\n")
	for i := range posts {
		p := &posts[i]
		m := map[string]any{"id": i + 1, "text": p.text}
		if p.person {
			m["from"] = PersonName
		}
		if p.forwarded {
			m["forwarded_from"] = PersonName
		}
		p.id, p.raw, p.offset = fmt.Sprint(i+1), object(m), int64(export.Len())
		export.Write(p.raw)
		export.WriteString(",\n")
	}
	export.WriteString("null]}\n")
	capture := func(raw []byte, mediaType, format, path string) uint64 {
		l := record.NewLeaf(record.LeafCapture, 0)
		l.Run, l.Blob, l.Size, l.Type, l.Format = run, record.DigestOf(raw), int64(len(raw)), mediaType, format
		i := b.add(l, nil, object(record.Capture{Path: path, Tool: "dalil test"}))
		b.entries[i].Open, b.entries[i].Size = reader(raw), int64(len(raw))
		return i
	}
	file := capture(export.Bytes(), "application/json", "telegram-json/1", CapturePath)
	b.entries[file].Open = nil // nobody asked for the whole export
	photo := []byte("\x89PNG not really a picture")
	capture(photo, "image/png", "image/1", "photos/p1.png")
	page := []byte("<html><script>alert(1)</script><p>The bridge of Tell Asfar was closed, two drivers said.</p></html>")
	pageFile := capture(page, "text/html", "html/1", "article.html")
	revised := []byte("<html><p>The bridge of Tell Asfar was closed, three drivers said.</p></html>")
	revisedFile := capture(revised, "text/html", "html/1", "article-2.html")
	leaflet := []byte("%PDF-1.4 two pages, not really")
	leafletFile := capture(leaflet, "application/pdf", "pdf/1", "leaflet.pdf")

	c := &Case{Signer: b.actor, Secrets: []string{SealedText, RestrictedText, WithdrawnText, "unmarked-qasr", PersonName, GroupName, CaseSecret, DecisionReason, "samira"}}
	version := func(p post, capture uint64, blob record.Digest, span bool, number int, first uint64) redact.Version {
		l := record.NewLeaf(record.LeafStatement, 0)
		l.Capture, l.Source, l.ID, l.Posted = capture, p.src.Leaf, p.id, 1767200000+int64(len(b.entries))*60
		if span {
			l.Offset, l.Length = p.offset, int64(len(p.raw))
		}
		var bound []byte // a whole file is bound by its capture
		if span {
			bound = p.raw
		}
		l.Page = p.page
		i := b.add(l, bound, nil)
		if number == 1 {
			first = i
		}
		st := record.Statement{Reading: record.Reading{Kind: p.kind, ExternalID: p.id, Text: p.text, Posted: record.AtUnix(l.Posted), Lang: "ar",
			Span: record.Span{Blob: blob, Offset: l.Offset, Length: l.Length}},
			Leaf: i, First: first, Version: number, Source: p.src.Leaf, SourceKey: p.src.Key, SourceName: p.src.Name, Capture: capture, CapturedAt: b.at, Withdrawn: p.withdrawn}
		if p.person {
			st.Sender = record.Party{ID: "user5", Name: PersonName, Person: true, Pseudonym: "person-7Q2"}
		}
		if p.forwarded {
			st.Forward = &record.Forward{From: record.Party{Name: PersonName, Person: true, Pseudonym: "person-7Q2"}}
		}
		if p.kind == record.Article {
			st.Title, st.Byline = "=HYPERLINK(\"x\") Bridge closed", "Lina Marou"
		}
		if p.media {
			st.Media = []record.Media{{Kind: "photo", Type: "image/png", Name: "IMG.png", Blob: record.DigestOf(photo)}}
		}
		e := b.entries[i]
		e.Open, e.Size, e.Shared = reader(p.raw), int64(len(p.raw)), p.page > 0
		return redact.Version{Statement: st, Entry: e}
	}
	statements := map[uint64]bool{}
	item := func(p post, vs ...redact.Version) {
		for _, v := range vs {
			statements[v.Entry.Index] = true
		}
		c.Items = append(c.Items, redact.Item{ID: fmt.Sprintf("S-%07d", len(c.Items)+1), Source: p.src, Sensitivity: p.sens, Versions: vs})
	}
	for i, p := range posts {
		p.media = i == 0
		v := version(p, file, record.DigestOf(export.Bytes()), true, 1, 0)
		vs := []redact.Version{v}
		if i == 2 {
			again := p
			again.text += " (edited)"
			vs = append(vs, version(again, file, record.DigestOf(export.Bytes()), true, 2, v.Entry.Index))
		}
		item(p, vs...)
	}
	article := post{src: outlet, id: "/bridge", text: "The bridge of Tell Asfar was closed, two drivers said.", sens: redact.Public, kind: record.Article, raw: page}
	first := version(article, pageFile, record.DigestOf(page), false, 1, 0)
	article.text, article.raw = "The bridge of Tell Asfar was closed, three drivers said.", revised
	item(article, first, version(article, revisedFile, record.DigestOf(revised), false, 2, first.Entry.Index))
	for n := range 2 {
		sheet := post{src: outlet, id: fmt.Sprint("leaflet#", n+1), text: "a page", sens: redact.Public, kind: record.Document, raw: leaflet, page: n + 1}
		item(sheet, version(sheet, leafletFile, record.DigestOf(leaflet), false, 1, 0))
	}
	d := record.NewLeaf(record.LeafDecision, 0)
	d.Action, d.Target, d.Expects = "note", c.Items[0].Versions[0].Entry.Index, c.Items[0].Versions[0].Entry.Index
	b.add(d, nil, object(map[string]string{"reason": DecisionReason}))
	d.Target, d.Action = c.Items[n].Versions[0].Entry.Index, "seal" // about the sealed one
	b.add(d, nil, object(map[string]string{"reason": DecisionReason}))
	g := record.NewLeaf(record.LeafGap, 0)
	g.Source, g.First, g.Last, g.Why = channel.Leaf, "40", "44", "ids"
	b.add(g, nil, object(map[string]string{"note": "collector of samira was down"}))
	g.First, g.Last, g.From, g.To, g.Why, g.By = "", "", 1767200000, 1767203600, "outage", "desk-1" // a person recorded it
	b.add(g, nil, object(map[string]string{"note": "samira had no power"}))

	return c, c.seal(b, logKey, origin, statements)
}

// post is a statement before it has an entry.
type post struct {
	src                                 record.Source
	id, text                            string
	raw                                 []byte
	offset                              int64
	page                                int // of a document; its file holds the other pages too
	sens                                redact.Sensitivity
	kind                                record.StatementKind
	withdrawn, person, forwarded, media bool
}

func reader(b []byte) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }
}

// seal makes the tree, the proofs and the checkpoint.
func (c *Case) seal(b *builder, logKey ed25519.PrivateKey, origin string, statements map[uint64]bool) error {
	var stored []tlog.Hash
	read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			out[i] = stored[x]
		}
		return out, nil
	})
	for i, e := range b.entries {
		h, err := tlog.StoredHashes(int64(i), e.Leaf, read)
		if err != nil {
			return err
		}
		stored = append(stored, h...)
	}
	size := int64(len(b.entries))
	root, err := tlog.TreeHash(size, read)
	if err != nil {
		return err
	}
	prove := func(index uint64) ([]record.Digest, error) {
		p, err := tlog.ProveRecord(size, int64(index), read)
		out := make([]record.Digest, len(p))
		for i := range p {
			out[i] = record.Digest(p[i])
		}
		return out, err
	}
	for i := range b.entries {
		if b.entries[i].Proof, err = prove(uint64(i)); err != nil {
			return err
		}
		if !statements[uint64(i)] {
			c.Entries = append(c.Entries, b.entries[i])
		}
	}
	for _, it := range c.Items {
		for j := range it.Versions {
			it.Versions[j].Entry.Proof = b.entries[it.Versions[j].Entry.Index].Proof
		}
	}
	pub := append([]byte{1}, logKey.Public().(ed25519.PublicKey)...)
	id := sha256.Sum256(append([]byte(origin+"\n"), pub...))
	signer, err := note.NewSigner(fmt.Sprintf("PRIVATE+KEY+%s+%x+%s", origin, id[:4], base64.StdEncoding.EncodeToString(append([]byte{1}, logKey.Seed()...))))
	if err != nil {
		return err
	}
	c.Key = fmt.Sprintf("%s+%x+%s", origin, id[:4], base64.StdEncoding.EncodeToString(pub))
	c.Origin, c.Material.Case, c.Zone = origin, "Tell Asfar", time.FixedZone("Asfar/+03", 3*3600)
	c.Checkpoint, err = custody.Checkpoint{Origin: origin, Size: uint64(size), Root: record.Digest(root)}.Sign(signer)
	return err
}
