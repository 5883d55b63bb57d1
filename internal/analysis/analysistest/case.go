// Package analysistest is a case in memory: what an analysis sees of one, and
// what becomes of its proposals, so that tests and benchmarks can let runs
// follow each other without an archive, a log or a database.
package analysistest

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"dalil/internal/analysis"
	"dalil/internal/record"
)

// Case is a case in memory. It is an analysis.View of everything in it. Its
// methods may be called from several goroutines as long as none changes it.
type Case struct {
	// Fail makes the method of that name of View return the error.
	Fail map[string]error

	log     []entry // by leaf
	sources map[string]uint64
	current map[uint64]uint64        // statement → leaf of its current version
	named   map[[2]string]uint64     // source key and external id → statement
	shows   map[record.Digest]uint64 // picture → a statement that shows it
	blobs   map[record.Digest][]byte
	zone    *time.Location
	key     []byte
	scratch Scratch

	links    map[[2]uint64]record.Link
	vetoes   map[[2]uint64]record.Veto
	members  map[[2]uint64]record.Member // by statement and family
	families map[uint64]record.Family

	linksOf, vetoesOf map[uint64]map[[2]uint64]bool // keys, by end
	in                map[uint64]map[uint64]bool    // families of a statement
	of                map[uint64]map[uint64]bool    // statements of a family
}

// entry is one entry of the log: a version of a statement or a text read in a
// picture, an erasure, a decision, or something that analyses do not see.
type entry struct {
	post    analysis.Post
	erases  uint64 // leaf
	rulings []record.Ruling
	undone  uint64 // leaf of the decision that undid this one
	gone    bool
}

// New makes an empty case. Its first entry, leaf 0, is none of these.
func New() *Case {
	return &Case{log: make([]entry, 1), sources: map[string]uint64{}, current: map[uint64]uint64{}, named: map[[2]string]uint64{}, shows: map[record.Digest]uint64{},
		blobs: map[record.Digest][]byte{}, zone: time.UTC, key: []byte("a key of tests"), scratch: Scratch{files: map[string][]byte{}},
		links: map[[2]uint64]record.Link{}, vetoes: map[[2]uint64]record.Veto{}, members: map[[2]uint64]record.Member{}, families: map[uint64]record.Family{},
		linksOf: map[uint64]map[[2]uint64]bool{}, vetoesOf: map[uint64]map[[2]uint64]bool{}, in: map[uint64]map[uint64]bool{}, of: map[uint64]map[uint64]bool{}}
}

func (c *Case) append(e entry) uint64 {
	c.log = append(c.log, e)
	return uint64(len(c.log) - 1)
}

// Source returns the leaf of a source, which is added if it is new.
func (c *Case) Source(key string) uint64 {
	if c.sources[key] == 0 {
		c.sources[key] = c.append(entry{})
	}
	return c.sources[key]
}

// Post adds a version of a statement and returns its leaf. What SourceKey and
// ExternalID name is here already becomes its next version. Leaf, First and
// Source are filled in; without an ExternalID it gets its leaf.
func (c *Case) Post(p analysis.Post) uint64 {
	p.Source = c.Source(p.SourceKey)
	p.Leaf = uint64(len(c.log))
	if p.ExternalID == "" {
		p.ExternalID = fmt.Sprint(p.Leaf)
	}
	name := [2]string{p.SourceKey, p.ExternalID}
	if p.First = c.named[name]; p.First == 0 || c.log[p.First].gone {
		p.First = p.Leaf
		c.named[name] = p.Leaf
	}
	for _, d := range p.Pictures {
		c.shows[d] = p.First
	}
	c.current[p.First] = p.Leaf
	return c.append(entry{post: p})
}

// Picture adds the bytes of a picture.
func (c *Case) Picture(b []byte) record.Digest {
	d := record.DigestOf(b)
	c.blobs[d] = bytes.Clone(b)
	return d
}

// Read adds a text that software read in a picture that a statement shows.
func (c *Case) Read(d record.Digest, text string) uint64 {
	p := c.log[c.current[c.shows[d]]].post
	p.Leaf, p.Text, p.Derived, p.Pictures, p.Origin, p.OriginalID = uint64(len(c.log)), text, true, nil, "", ""
	return c.append(entry{post: p})
}

// Erase erases a statement in every version, by its first: its texts, vetoes and
// places in families are gone at once, its links stay until the analysis has
// seen by them which families have to be made anew.
func (c *Case) Erase(statement uint64) {
	for leaf := range c.log {
		e := &c.log[leaf]
		if e.post.First != statement || e.gone {
			continue
		}
		e.gone, e.post = true, analysis.Post{First: statement}
		c.append(entry{erases: uint64(leaf)})
	}
	delete(c.current, statement)
	for _, k := range slices.Collect(maps.Keys(c.vetoesOf[statement])) {
		c.dropVeto(k)
	}
	for _, family := range slices.Collect(maps.Keys(c.in[statement])) {
		f := c.families[family]
		if f.Members--; f.Members < 2 {
			delete(c.families, family)
		} else {
			c.families[family] = f
		}
		c.dropMember(statement, family)
	}
}

// Join is a person's decision that statements are the same text, Part that they
// are not. They return its leaf.
func (c *Case) Join(relation record.Relation, a uint64, with ...uint64) uint64 {
	return c.decide(true, relation, a, with)
}

func (c *Case) Part(a uint64, with ...uint64) uint64 { return c.decide(false, "", a, with) }

func (c *Case) decide(join bool, relation record.Relation, a uint64, with []uint64) uint64 {
	leaf := c.append(entry{})
	for _, b := range with {
		c.log[leaf].rulings = append(c.log[leaf].rulings, record.Ruling{Decision: leaf, Join: join, A: a, B: b, Relation: relation})
	}
	return leaf
}

// Undo takes a decision back.
func (c *Case) Undo(decision uint64) { c.log[decision].undone = c.append(entry{}) }

// Run lets an analysis look at what is new and applies what it proposes.
func (c *Case) Run(ctx context.Context, k analysis.Kind) (analysis.Output, error) {
	out, err := k.Run(ctx, c)
	if err == nil {
		err = c.Apply(out)
	} else {
		c.scratch.clean(nil)
	}
	return out, err
}

// Apply takes in what a run proposes, as the catalog does, and drops the
// scratch files that are not in use any more.
func (c *Case) Apply(out analysis.Output) error {
	f := &out.Families
	for _, k := range f.Unlink {
		c.dropLink(k)
	}
	for _, k := range f.Unveto {
		c.dropVeto(k)
	}
	for _, l := range f.Links {
		if l.A >= l.B {
			return fmt.Errorf("link %v: its ends are not in order", l)
		}
		k := [2]uint64{l.A, l.B}
		c.links[k] = l
		note(c.linksOf, l.A, k)
		note(c.linksOf, l.B, k)
	}
	for _, v := range f.Vetoes {
		if v.A >= v.B {
			return fmt.Errorf("veto %v: its ends are not in order", v)
		}
		k := [2]uint64{v.A, v.B}
		c.vetoes[k] = v
		note(c.vetoesOf, v.A, k)
		note(c.vetoesOf, v.B, k)
	}
	for _, k := range f.NotMembers {
		c.dropMember(k[0], k[1])
	}
	for _, m := range f.Members {
		c.members[[2]uint64{m.Statement, m.Family}] = m
		note(c.in, m.Statement, m.Family)
		note(c.of, m.Family, m.Statement)
	}
	for _, anchor := range f.NotFamilies {
		delete(c.families, anchor)
	}
	for _, x := range f.Families {
		c.families[x.Anchor] = x
	}
	for _, name := range out.Files {
		if c.scratch.files[name] == nil {
			return fmt.Errorf("scratch file %s is not there", name)
		}
	}
	c.scratch.state = out.State
	c.scratch.clean(out.Files)
	c.scratch.kept = out.Files
	c.append(entry{}) // the run itself
	return nil
}

func note[K comparable](m map[uint64]map[K]bool, at uint64, k K) {
	if m[at] == nil {
		m[at] = map[K]bool{}
	}
	m[at][k] = true
}

func (c *Case) dropLink(k [2]uint64) {
	delete(c.links, k)
	delete(c.linksOf[k[0]], k)
	delete(c.linksOf[k[1]], k)
}

func (c *Case) dropVeto(k [2]uint64) {
	delete(c.vetoes, k)
	delete(c.vetoesOf[k[0]], k)
	delete(c.vetoesOf[k[1]], k)
}

func (c *Case) dropMember(statement, family uint64) {
	delete(c.members, [2]uint64{statement, family})
	delete(c.in[statement], family)
	delete(c.of[family], statement)
}

// Families returns all families, by anchor; AllLinks, AllVetoes and AllMembers
// what else is known, in order of their keys.
func (c *Case) Families() []record.Family { return values(c.families, cmp.Compare[uint64]) }

func (c *Case) AllLinks() []record.Link     { return values(c.links, comparePairs) }
func (c *Case) AllVetoes() []record.Veto    { return values(c.vetoes, comparePairs) }
func (c *Case) AllMembers() []record.Member { return values(c.members, comparePairs) }

func comparePairs(a, b [2]uint64) int {
	return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
}

func values[K comparable, V any](m map[K]V, compare func(a, b K) int) []V {
	var list []V
	for _, k := range slices.SortedFunc(maps.Keys(m), compare) {
		list = append(list, m[k])
	}
	return list
}

// At returns the version at a leaf; its Leaf is 0 when there is none.
func (c *Case) At(leaf uint64) analysis.Post {
	if leaf >= uint64(len(c.log)) || c.log[leaf].gone {
		return analysis.Post{}
	}
	return c.log[leaf].post
}

// The methods of analysis.View.

func (c *Case) Size() uint64              { return uint64(len(c.log)) }
func (c *Case) Key() []byte               { return c.key }
func (c *Case) Zone() *time.Location      { return c.zone }
func (c *Case) Scratch() analysis.Scratch { return &c.scratch }

// SetZone sets the zone of the case.
func (c *Case) SetZone(z *time.Location) { c.zone = z }

func (c *Case) Posts(ctx context.Context, from, to uint64) iter.Seq2[analysis.Post, error] {
	return func(yield func(analysis.Post, error) bool) {
		if err := cmp.Or(c.Fail["Posts"], ctx.Err()); err != nil {
			yield(analysis.Post{}, err)
			return
		}
		for leaf := from; leaf < min(to, c.Size()); leaf++ {
			if p := c.At(leaf); p.Leaf != 0 && !yield(p, nil) {
				return
			}
		}
	}
}

func (c *Case) Again(ctx context.Context, leaves []uint64) (map[uint64]analysis.Post, error) {
	found := make(map[uint64]analysis.Post, len(leaves))
	for _, leaf := range leaves {
		if p := c.At(leaf); p.Leaf != 0 {
			found[leaf] = p
		}
	}
	return found, cmp.Or(c.Fail["Again"], ctx.Err())
}

func (c *Case) Current(ctx context.Context, statements []uint64) (map[uint64]analysis.Post, error) {
	found := make(map[uint64]analysis.Post, len(statements))
	for _, first := range statements {
		if p := c.At(c.current[first]); p.Leaf != 0 {
			found[first] = p
		}
	}
	return found, cmp.Or(c.Fail["Current"], ctx.Err())
}

func (c *Case) Erased(ctx context.Context, from, to uint64) ([]uint64, error) {
	var gone []uint64
	for _, e := range c.log[min(from, c.Size()):min(to, c.Size())] {
		if e.erases != 0 {
			gone = append(gone, e.erases)
		}
	}
	slices.Sort(gone)
	return gone, cmp.Or(c.Fail["Erased"], ctx.Err())
}

func (c *Case) Links(ctx context.Context, statements []uint64) ([]record.Link, error) {
	return beside(c.linksOf, c.links, statements, comparePairs), cmp.Or(c.Fail["Links"], ctx.Err())
}

func (c *Case) Vetoes(ctx context.Context, statements []uint64) ([]record.Veto, error) {
	return beside(c.vetoesOf, c.vetoes, statements, comparePairs), cmp.Or(c.Fail["Vetoes"], ctx.Err())
}

func (c *Case) Members(ctx context.Context, statements []uint64) ([]record.Member, error) {
	var list []record.Member
	for _, s := range slices.Compact(slices.Sorted(slices.Values(statements))) {
		for _, family := range slices.Sorted(maps.Keys(c.in[s])) {
			list = append(list, c.members[[2]uint64{s, family}])
		}
	}
	return list, cmp.Or(c.Fail["Members"], ctx.Err())
}

func (c *Case) MembersOf(ctx context.Context, families []uint64) ([]record.Member, error) {
	var list []record.Member
	for _, f := range slices.Compact(slices.Sorted(slices.Values(families))) {
		for _, s := range slices.Sorted(maps.Keys(c.of[f])) {
			list = append(list, c.members[[2]uint64{s, f}])
		}
	}
	return list, cmp.Or(c.Fail["MembersOf"], ctx.Err())
}

// beside returns the values with an end among statements, each once.
func beside[V any](by map[uint64]map[[2]uint64]bool, all map[[2]uint64]V, statements []uint64, compare func(a, b [2]uint64) int) []V {
	keys := map[[2]uint64]V{}
	for _, s := range statements {
		for k := range by[s] {
			keys[k] = all[k]
		}
	}
	return values(keys, compare)
}

func (c *Case) Rulings(ctx context.Context) ([]record.Ruling, error) {
	var all []record.Ruling
	for i := range c.log {
		if e := &c.log[i]; e.undone == 0 {
			all = append(all, e.rulings...)
		}
	}
	return all, cmp.Or(c.Fail["Rulings"], ctx.Err())
}

func (c *Case) About(ctx context.Context, decision uint64) ([]uint64, error) {
	var about []uint64
	for _, r := range c.log[decision].rulings {
		about = append(about, r.A, r.B)
	}
	return about, cmp.Or(c.Fail["About"], ctx.Err())
}

func (c *Case) Blob(ctx context.Context, d record.Digest) (analysis.Blob, error) {
	b, ok := c.blobs[d]
	if !ok {
		return nil, fmt.Errorf("picture %s: %w", d, record.ErrNotFound)
	}
	return blob{bytes.NewReader(b)}, cmp.Or(c.Fail["Blob"], ctx.Err())
}

type blob struct{ *bytes.Reader }

func (blob) Close() error { return nil }

// Scratch is scratch storage in memory.
type Scratch struct {
	mu    sync.Mutex
	state []byte
	files map[string][]byte
	kept  []string // by the last run that was applied
}

// Files returns the names and bytes of the files.
func (c *Case) Files() map[string][]byte { return maps.Clone(c.scratch.files) }

// SetFile replaces the bytes of a scratch file, nil removes it: damage.
func (c *Case) SetFile(name string, b []byte) {
	if b == nil {
		delete(c.scratch.files, name)
		return
	}
	c.scratch.files[name] = b
}

// SetState replaces what the last run left.
func (c *Case) SetState(b []byte) { c.scratch.state = b }

// State is what the last run left; nil at first.
func (s *Scratch) State() []byte { return s.state }

// Create begins a file.
func (s *Scratch) Create() (analysis.ScratchFile, error) { return &scratchFile{s: s}, nil }

// Open opens a file; a missing one is record.ErrAltered, as in a case on disk.
func (s *Scratch) Open(name string) (analysis.Blob, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.files[name]
	if !ok {
		return nil, fmt.Errorf("%w: scratch file %s is not there", record.ErrAltered, name)
	}
	return blob{bytes.NewReader(b)}, nil
}

// clean drops the files that are neither used nor, without a run that was
// applied, those of the run before.
func (s *Scratch) clean(used []string) {
	if used == nil {
		used = s.kept
	}
	maps.DeleteFunc(s.files, func(name string, _ []byte) bool { return !slices.Contains(used, name) })
}

type scratchFile struct {
	s *Scratch
	b bytes.Buffer
}

func (f *scratchFile) Write(p []byte) (int, error) { return f.b.Write(p) }

func (f *scratchFile) Commit() (string, error) {
	name := record.DigestOf(f.b.Bytes()).String()
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	f.s.files[name] = f.b.Bytes()
	return name, nil
}

func (f *scratchFile) Abort() {}
