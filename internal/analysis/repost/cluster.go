package repost

import (
	"cmp"
	"slices"

	"dalil/internal/record"
)

// node is a statement among those whose families are made anew.
type node struct {
	id    uint64
	f     *features // of its current version
	order int       // its place in time among the nodes of its component
	links []record.Link
	group *group
}

// before orders statements: by when they were posted, those without a time
// last; then by what does not depend on the order of import.
func before(a, b *node) int {
	when := func(n *node) (bool, int64) { return n.f.post.Posted == record.NoSeconds, n.f.post.Posted }
	an, at := when(a)
	bn, bt := when(b)
	return cmp.Or(compareBool(an, bn), cmp.Compare(at, bt), cmp.Compare(a.f.post.SourceKey, b.f.post.SourceKey),
		cmp.Compare(a.f.post.ExternalID, b.f.post.ExternalID), cmp.Compare(a.id, b.id))
}

// group is a family in the making.
type group struct {
	nodes  []*node
	slots  []slots // what its members state, none twice
	parent *group  // the group it went into
}

func (g *group) root() *group {
	for g.parent != nil {
		g = g.parent
	}
	return g
}

// mostStated bounds the different sets of slots of a group that another is held
// against.
const mostStated = 8

// cluster makes the families anew around every statement that was touched.
func (r *runner) cluster() (record.FamilyChange, error) {
	c := clusterer{r: r, seen: map[uint64]bool{}}
	if err := c.rule(); err != nil {
		return c.change, err
	}
	if err := c.prune(); err != nil {
		return c.change, err
	}
	var waiting [][]*node
	n := 0
	for _, id := range sorted(r.links.touched) {
		if c.seen[id] {
			continue
		}
		if err := r.ctx.Err(); err != nil {
			return c.change, err
		}
		nodes, err := c.component(id)
		if err != nil {
			return c.change, err
		}
		waiting = append(waiting, nodes)
		if n += len(nodes); n >= componentsAtOnce {
			if err := c.make(waiting); err != nil {
				return c.change, err
			}
			waiting, n = waiting[:0], 0
		}
	}
	if err := c.make(waiting); err != nil {
		return c.change, err
	}
	c.settle()
	return c.change, nil
}

// componentsAtOnce is of how many statements texts are asked for together.
const componentsAtOnce = 2000

// make makes the families of some components.
func (c *clusterer) make(components [][]*node) error {
	var ids []uint64
	for _, nodes := range components {
		for _, n := range nodes {
			ids = append(ids, n.id)
		}
	}
	have, err := c.r.texts.current(c.r.ctx, ids)
	if err != nil {
		return err
	}
	if err := c.old(ids); err != nil {
		return err
	}
	for _, nodes := range components {
		nodes = slices.DeleteFunc(nodes, func(n *node) bool { n.f = have[n.id]; return n.f == nil })
		slices.SortFunc(nodes, before)
		for i, n := range nodes {
			n.order = i
		}
		c.families(nodes)
	}
	return nil
}

func sorted[V any](m map[uint64]V) []uint64 {
	ids := make([]uint64, 0, len(m))
	for id := range m {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

type clusterer struct {
	r      *runner
	seen   map[uint64]bool
	joins  map[uint64][]record.Link   // what persons joined, by end
	apart  map[uint64]map[uint64]bool // what persons parted
	told   map[[2]uint64]record.Relation
	change record.FamilyChange
}

// rule takes up the standing decisions. Where they changed since the last run,
// families are made anew.
func (c *clusterer) rule() error {
	rulings, err := c.r.view.Rulings(c.r.ctx)
	if err != nil {
		return err
	}
	c.joins, c.apart, c.told = map[uint64][]record.Link{}, map[uint64]map[uint64]bool{}, map[[2]uint64]record.Relation{}
	st := &c.r.state
	was := st.Rulings
	st.Rulings = nil
	now := map[uint64]bool{}
	for _, x := range rulings {
		if !now[x.Decision] {
			now[x.Decision] = true
			st.Rulings = append(st.Rulings, x.Decision)
		}
		fresh := !slices.Contains(was, x.Decision)
		k := pairKey(x.A, x.B)
		if x.Join { // the later word counts
			delete(c.apart[x.A], x.B)
			delete(c.apart[x.B], x.A)
			l := record.Link{A: k[0], B: k[1], Ground: record.GroundPerson, Similarity: 1}
			for _, end := range k {
				c.joins[end] = append(c.joins[end], l)
			}
			c.told[k] = x.Relation
		} else {
			for _, e := range [][2]uint64{{x.A, x.B}, {x.B, x.A}} {
				if c.apart[e[0]] == nil {
					c.apart[e[0]] = map[uint64]bool{}
				}
				c.apart[e[0]][e[1]] = true
				c.joins[e[0]] = slices.DeleteFunc(c.joins[e[0]], func(l record.Link) bool { return pairKey(l.A, l.B) == k })
			}
		}
		if fresh {
			c.r.links.touch(x.A)
			c.r.links.touch(x.B)
		}
	}
	// A decision that was undone is told by the statements it was about.
	for _, d := range was {
		if !now[d] {
			about, err := c.r.view.About(c.r.ctx, d)
			if err != nil {
				return err
			}
			for _, s := range about {
				c.r.links.touch(s)
			}
		}
	}
	return nil
}

// prune drops links that are beyond the strongest at both of their ends.
func (c *clusterer) prune() error {
	x := c.r.links
	touched := sorted(x.touched)
	over := map[[2]uint64]int{}
	for part := range slices.Chunk(touched, 4096) {
		all, err := x.ofAll(part)
		if err != nil {
			return err
		}
		for _, id := range part {
			list := all[id]
			if len(list) <= mostLinks {
				continue
			}
			slices.SortStableFunc(list, stronger)
			for _, l := range list[mostLinks:] {
				over[pairKey(l.A, l.B)]++
			}
		}
	}
	for k, n := range over {
		if n == 2 {
			delete(x.made, k)
			x.dropped[k] = true
		}
	}
	return nil
}

// component gathers the statements that hang together with one.
func (c *clusterer) component(id uint64) ([]*node, error) {
	var nodes []*node
	front := []uint64{id}
	c.seen[id] = true
	for len(front) > 0 {
		all, err := c.r.links.ofAll(front)
		if err != nil {
			return nil, err
		}
		var next []uint64
		for _, s := range front {
			n := &node{id: s, links: append(all[s], c.joins[s]...)}
			nodes = append(nodes, n)
			for _, l := range n.links {
				if o := l.A + l.B - s; !c.seen[o] {
					c.seen[o] = true
					next = append(next, o)
				}
			}
		}
		front = next
	}
	return nodes, nil
}

// old notes what the statements' rows were, to be taken away where they are not
// set again.
func (c *clusterer) old(ids []uint64) error {
	rows, err := c.r.view.Members(c.r.ctx, ids)
	for _, m := range rows {
		c.change.NotMembers = append(c.change.NotMembers, [2]uint64{m.Statement, m.Family})
		c.change.NotFamilies = append(c.change.NotFamilies, m.Family)
	}
	return err
}

// edge is a link between two nodes of a component.
type edge struct {
	record.Link
	a, b *node // a posted before b
}

// quotes reports whether the later text is at least twice as long as the
// earlier and holds it: such a text tells of the other, it is not a copy that
// others could be told from.
func (e *edge) quotes() bool {
	in, holds := e.AInB, e.BInA // of the earlier in the later, and the other way
	if e.Link.A != e.a.id {
		in, holds = holds, in
	}
	return (e.Ground == record.GroundContains || e.Ground == record.GroundNear) && in >= nearContains && in >= 2*holds
}

// families makes the families of one component.
func (c *clusterer) families(nodes []*node) {
	if len(nodes) < 2 {
		return
	}
	by := make(map[uint64]*node, len(nodes))
	for _, n := range nodes {
		by[n.id] = n
		n.group = &group{nodes: []*node{n}}
		if len(n.f.slots) > 0 {
			n.group.slots = []slots{n.f.slots}
		}
	}
	strong, quoting := c.edges(nodes, by)
	// What persons join comes last: it joins whole groups, whatever they state,
	// and so takes nothing from what the tests found.
	slices.SortFunc(strong, func(x, y edge) int {
		return cmp.Or(compareBool(x.Ground == record.GroundPerson, y.Ground == record.GroundPerson), stronger(x.Link, y.Link), cmp.Compare(x.a.order, y.a.order), cmp.Compare(x.b.order, y.b.order))
	})
	var joined []edge
	for _, e := range strong {
		if c.join(&e) {
			joined = append(joined, e)
		}
	}
	beside := map[*node][]edge{}
	for _, e := range joined {
		beside[e.a] = append(beside[e.a], e)
		beside[e.b] = append(beside[e.b], e)
	}
	// A family is told from its earliest member; who is further than two steps
	// from that is another family.
	home := map[*node]int{} // index into made
	var made []*family
	for _, n := range nodes {
		g := n.group.root()
		for len(g.nodes) > 0 {
			f := c.cut(g, beside)
			for _, m := range f.members {
				home[m.node] = len(made)
			}
			made = append(made, f)
		}
	}
	c.quote(nodes, quoting, home, made)
	for _, f := range made {
		c.write(f)
	}
}

// edges makes edges of the links of a component. Posts that say the same are one
// as far as likeness goes: which of them was held against another text depends
// on the order of import. So a likeness is told of the earliest two that it holds
// for.
func (c *clusterer) edges(nodes []*node, by map[uint64]*node) (strong, quoting []edge) {
	classes := map[string][]*node{}
	for _, n := range nodes {
		if n.f.words >= fewWords {
			classes[n.f.dup] = append(classes[n.f.dup], n)
		}
	}
	class := func(n *node) []*node {
		if n.f.words < fewWords {
			return []*node{n}
		}
		return classes[n.f.dup]
	}
	seen := map[[2]int]bool{} // pairs of classes
	for _, n := range nodes {
		for _, l := range n.links {
			o := by[l.A+l.B-n.id]
			if o == nil || o.order < n.order { // each link once
				continue
			}
			e := edge{l, n, o}
			a, b := class(n), class(o)
			switch {
			case l.Ground == record.GroundExact && a[0] == b[0]:
				continue
			case (l.Ground == record.GroundNear || l.Ground == record.GroundContains) && len(a)+len(b) > 2:
				like := compare(n.f, o.f)
				if !like.similar(n.f, o.f) { // an earlier wording was
					break
				}
				k := [2]int{min(a[0].order, b[0].order), max(a[0].order, b[0].order)}
				if seen[k] || !e.earliest(a, b, like) {
					continue
				}
				seen[k] = true
			}
			if e.quotes() {
				quoting = append(quoting, e)
			} else {
				strong = append(strong, e)
			}
		}
		if same := class(n); same[0] == n {
			strong = append(strong, c.copies(same)...)
		}
	}
	return strong, quoting
}

// earliest makes e an edge between the earliest two of posts that say the same
// that are alike; it returns false when no two are.
func (e *edge) earliest(as, bs []*node, like likeness) bool {
	if as[0].order > bs[0].order {
		as, bs = bs, as
	}
	aIsFirst := e.a.f.dup == as[0].f.dup // like and the link are told of e.a and e.b
	for _, a := range as {
		for _, b := range bs {
			if !like.timely(a.f, b.f) {
				continue
			}
			aInB, bInA := like.aInB, like.bInA
			if !aIsFirst {
				aInB, bInA = bInA, aInB
			}
			if e.a, e.b = a, b; a.order > b.order {
				e.a, e.b, aInB, bInA = b, a, bInA, aInB
			}
			e.Link = record.Link{A: e.a.id, B: e.b.id, Ground: e.Ground, Similarity: e.Similarity, AInB: aInB, BInA: bInA}
			return true
		}
	}
	return false
}

// copies links posts that say the same: each with the earliest and with the one
// before it, or all with all where a person parted some.
func (c *clusterer) copies(same []*node) (all []edge) {
	parted := slices.ContainsFunc(same, func(n *node) bool { return len(c.apart[n.id]) > 0 })
	for i, b := range same {
		for k, a := range same[:i] {
			if k == 0 || k == i-1 || parted && i < mostParted {
				all = append(all, edge{record.Link{A: min(a.id, b.id), B: max(a.id, b.id), Ground: record.GroundExact, Similarity: 1, AInB: 1, BInA: 1}, a, b})
			}
		}
	}
	return all
}

// mostParted is up to how many copies of a text are linked all with all.
const mostParted = 200

// join lets two groups be one unless what they state, or a person, keeps them
// apart. It reports whether the ends of e are in one group.
func (c *clusterer) join(e *edge) bool {
	g, h := e.a.group.root(), e.b.group.root()
	if g == h {
		return true
	}
	if len(g.nodes) < len(h.nodes) {
		g, h = h, g
	}
	if len(c.apart) > 0 {
		for _, n := range h.nodes {
			for o := range c.apart[n.id] {
				if slices.ContainsFunc(g.nodes, func(m *node) bool { return m.id == o }) {
					return false
				}
			}
		}
	}
	if e.Ground != record.GroundPerson {
		for _, s := range g.slots {
			for _, t := range h.slots {
				if s.conflict(t) {
					return false
				}
			}
		}
	}
	g.nodes = append(g.nodes, h.nodes...)
	for _, t := range h.slots {
		if len(g.slots) < mostStated && !slices.ContainsFunc(g.slots, func(s slots) bool { return slices.Equal(s, t) }) {
			g.slots = append(g.slots, t)
		}
	}
	h.parent, h.nodes, h.slots = g, nil, nil
	return true
}

// member is a node's place in a family in the making.
type member struct {
	*node
	via      *node
	distance int
	link     record.Link // by which it was found: with via, or computed here
	quoting  bool
}

type family struct{ members []member }

// cut takes one family out of a group: its earliest node, what is the same text
// as that, and what is linked to one of these.
func (c *clusterer) cut(g *group, beside map[*node][]edge) *family {
	slices.SortFunc(g.nodes, func(a, b *node) int { return cmp.Compare(a.order, b.order) })
	first := g.nodes[0]
	f := &family{members: []member{{node: first}}}
	rest := g.nodes[1:]
	near := map[*node]bool{first: true}
	var far []*node
	for _, n := range rest {
		if l, ok := c.direct(first, n, beside); ok {
			near[n] = true
			f.members = append(f.members, member{node: n, via: first, distance: 1, link: l})
		} else {
			far = append(far, n)
		}
	}
	// What a person joined is as near as what it was joined to: otherwise its own
	// copies would be a step too far.
	for joined := true; joined; {
		joined = false
		far = slices.DeleteFunc(far, func(n *node) bool {
			for _, e := range beside[n] {
				if o := e.other(n); e.Ground == record.GroundPerson && near[o] {
					near[n], joined = true, true
					f.members = append(f.members, member{node: n, via: o, distance: 1, link: e.Link})
					return true
				}
			}
			return false
		})
	}
	g.nodes = g.nodes[:0]
	for _, n := range far {
		best := -1
		for i, e := range beside[n] {
			if o := e.other(n); near[o] && (best < 0 || stronger(e.Link, beside[n][best].Link) < 0) {
				best = i
			}
		}
		if best < 0 {
			g.nodes = append(g.nodes, n)
			continue
		}
		e := beside[n][best]
		f.members = append(f.members, member{node: n, via: e.other(n), distance: 2, link: e.Link})
	}
	return f
}

func (e *edge) other(n *node) *node {
	if e.a == n {
		return e.b
	}
	return e.a
}

// direct says whether a node is the same text as the first by itself.
func (c *clusterer) direct(first, n *node, beside map[*node][]edge) (record.Link, bool) {
	for _, e := range beside[n] {
		if e.other(n) == first {
			return e.Link, true
		}
	}
	if c.apart[first.id][n.id] {
		return record.Link{}, false
	}
	l, ok := sameText(first.f, n.f)
	l.A, l.B = first.id, n.id
	return l, ok
}

func seconds(f *features) uint32 {
	if f.post.Posted == record.NoSeconds || f.post.Posted < 0 {
		return 0
	}
	return uint32(f.post.Posted)
}

// quote puts texts that hold a member into its family as well; so do the copies
// of such a text. A text can quote many.
func (c *clusterer) quote(nodes []*node, quoting []edge, home map[*node]int, made []*family) {
	copies := map[string][]*node{}
	for _, n := range nodes {
		if n.f.words >= fewWords {
			copies[n.f.dup] = append(copies[n.f.dup], n)
		}
	}
	slices.SortFunc(quoting, func(x, y edge) int {
		return cmp.Or(cmp.Compare(x.a.order, y.a.order), cmp.Compare(x.b.order, y.b.order))
	})
	for _, e := range quoting {
		f := made[home[e.a]]
		if slices.ContainsFunc(f.members, func(m member) bool { return m.f.slots.conflict(e.b.f.slots) }) {
			continue // it quotes another claim of the same template
		}
		for _, n := range copies[e.b.f.dup] {
			if c.apart[e.a.id][n.id] || slices.ContainsFunc(f.members, func(m member) bool { return m.node == n }) {
				continue
			}
			l := e.Link
			if l.A == e.b.id {
				l.A = n.id
			} else {
				l.B = n.id
			}
			distance := 2
			if f.members[0].node == e.a {
				distance = 1
			}
			f.members = append(f.members, member{node: n, via: e.a, distance: distance, link: l, quoting: true})
		}
	}
}

// write puts a family of two or more into the change.
func (c *clusterer) write(f *family) {
	change := &c.change
	if len(f.members) < 2 {
		return
	}
	row := record.Family{Anchor: 1 << 62, First: f.members[0].id, Members: len(f.members), From: record.NoSeconds, To: record.NoSeconds}
	sources := map[uint64]bool{}
	for _, m := range f.members {
		if !m.quoting {
			row.Anchor = min(row.Anchor, m.id)
		}
		sources[m.f.post.Source] = true
		if at := m.f.post.Posted; at != record.NoSeconds {
			if row.From == record.NoSeconds || at < row.From {
				row.From = at
			}
			row.To = max(row.To, at)
		}
	}
	row.Sources = len(sources)
	for _, m := range f.members {
		change.Members = append(change.Members, c.place(f, m, row.Anchor))
	}
	change.Families = append(change.Families, row)
}

// place says how a member came from the one it is told from.
func (c *clusterer) place(f *family, m member, anchor uint64) record.Member {
	p := record.Member{Statement: m.id, Family: anchor, Relation: record.RelFirst, Distance: m.distance, Similarity: 1, Within: 1, Holds: 1}
	forward := m.f.post.Origin != ""
	if m.via == nil {
		if forward {
			p.Relation, p.Ground = record.RelForward, record.GroundForward
		}
		return p
	}
	l := m.link
	p.Via, p.Ground, p.Similarity, p.Within, p.Holds = m.via.id, l.Ground, l.Similarity, l.AInB, l.BInA
	if l.A != m.id {
		p.Within, p.Holds = l.BInA, l.AInB
	}
	if forward && !m.quoting {
		p.Relation, p.Ground = record.RelForward, record.GroundForward
		// Told from the post it names, if that is here: of several the likest.
		best, most := -1.0, 1
		if slices.ContainsFunc(f.members, func(o member) bool { return o.via == m.node }) {
			most = 0 // others are told from this one: it must stay next to the first
		}
		for _, o := range f.members {
			if o.node == m.node || o.f.post.SourceKey != m.f.post.Origin || o.order > m.order || o.distance > most || o.quoting {
				continue
			}
			like := likeness{p.Similarity, p.Within, p.Holds}
			switch {
			case o.f.dup == m.f.dup:
				like = likeness{1, 1, 1}
			case len(m.f.set) > 0 && len(o.f.set) > 0:
				like = compare(m.f, o.f)
			}
			if like.jaccard > best {
				best = like.jaccard
				p.Via, p.Distance, p.Similarity, p.Within, p.Holds = o.id, o.distance+1, like.jaccard, like.aInB, like.bInA
			}
		}
		return p
	}
	if l.Ground == record.GroundPerson {
		like := compare(m.f, m.via.f)
		p.Similarity, p.Within, p.Holds = like.jaccard, like.aInB, like.bInA
		if p.Relation = c.told[pairKey(m.id, m.via.id)]; p.Relation != "" {
			return p
		}
	}
	p.Relation = relation(m, p)
	return p
}

// relation names how a text differs from the one it is told from.
func relation(m member, p record.Member) record.Relation {
	size := 1.0 // of this text against the other's
	if p.Within > 0 {
		size = p.Holds / p.Within
	}
	switch {
	case m.quoting:
		return record.RelQuotedIn
	case p.Ground == record.GroundPicture || p.Ground == record.GroundRead:
		return record.RelImageOf
	case m.f.dup == m.via.f.dup || p.Ground == record.GroundExact: // or it was, before one was rewritten
		return record.RelVerbatim
	case p.Holds >= nearContains && size >= 2:
		return record.RelQuotedIn
	case p.Holds >= .85 && size >= 1.1:
		return record.RelWrapped
	case p.Within >= .85 && size <= .9:
		return record.RelTruncated
	}
	return record.RelEdited
}

// settle drops what is taken away and set again alike, and sorts the change:
// the same run gives the same bytes.
func (c *clusterer) settle() {
	x := c.r.links
	ch := &c.change
	byMember := func(a, b [2]uint64) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) }
	slices.SortFunc(ch.Members, func(a, b record.Member) int {
		return byMember([2]uint64{a.Statement, a.Family}, [2]uint64{b.Statement, b.Family})
	})
	slices.SortFunc(ch.Families, func(a, b record.Family) int { return cmp.Compare(a.Anchor, b.Anchor) })
	slices.SortFunc(ch.NotMembers, byMember)
	ch.NotMembers = slices.Compact(ch.NotMembers)
	slices.Sort(ch.NotFamilies)
	ch.NotFamilies = slices.Compact(ch.NotFamilies)
	ch.NotMembers = slices.DeleteFunc(ch.NotMembers, func(k [2]uint64) bool {
		_, ok := slices.BinarySearchFunc(ch.Members, k, func(m record.Member, k [2]uint64) int {
			return byMember([2]uint64{m.Statement, m.Family}, k)
		})
		return ok
	})
	ch.NotFamilies = slices.DeleteFunc(ch.NotFamilies, func(id uint64) bool {
		_, ok := slices.BinarySearchFunc(ch.Families, id, func(f record.Family, id uint64) int { return cmp.Compare(f.Anchor, id) })
		return ok
	})
	for _, l := range x.made {
		ch.Links = append(ch.Links, l)
	}
	slices.SortFunc(ch.Links, func(a, b record.Link) int { return byMember(pairKey(a.A, a.B), pairKey(b.A, b.B)) })
	for k := range x.dropped {
		if _, again := x.made[k]; !again {
			ch.Unlink = append(ch.Unlink, k)
		}
	}
	slices.SortFunc(ch.Unlink, byMember)
	for _, v := range x.vetoes {
		ch.Vetoes = append(ch.Vetoes, v)
	}
	slices.SortFunc(ch.Vetoes, func(a, b record.Veto) int { return byMember(pairKey(a.A, a.B), pairKey(b.A, b.B)) })
}
