package redact

import (
	"cmp"
	"fmt"
	"slices"

	"dalil/internal/record"
)

// readSupport parses the gathered entries and puts them in the log's order.
func (p *preparation) readSupport(entries []Entry) error {
	for _, e := range entries {
		leaf, err := record.ParseLeaf(e.Leaf)
		if err != nil {
			return fmt.Errorf("release, log entry %d: %w", e.Index, err)
		}
		p.gathered = append(p.gathered, gathered{e, leaf})
	}
	slices.SortStableFunc(p.gathered, func(a, b gathered) int { return cmp.Compare(a.Index, b.Index) })
	p.gathered = slices.CompactFunc(p.gathered, func(a, b gathered) bool { return a.Index == b.Index })
	return nil
}

// capture returns the leaf of a gathered capture, or the zero leaf.
func (p *preparation) capture(index uint64) record.Leaf {
	i, ok := slices.BinarySearchFunc(p.gathered, index, func(g gathered, x uint64) int { return cmp.Compare(g.Index, x) })
	if !ok || p.gathered[i].leaf.Kind != record.LeafCapture || p.gathered[i].leaf.Parent >= index {
		return record.Leaf{}
	}
	return p.gathered[i].leaf
}

// support adds the entries that the chosen statements refer to, and the key
// entry of every signed one. An entry that nothing shown refers to stays
// behind: its mere presence would tell of something withheld.
func (p *preparation) support() error {
	captures, runs := map[uint64]bool{}, map[uint64]bool{}
	types := map[uint64]string{} // media type by capture
	for _, e := range p.entries {
		leaf, err := record.ParseLeaf(e.Leaf)
		if err != nil {
			return fmt.Errorf("release, log entry %d: %w", e.Index, err)
		}
		captures[leaf.Capture] = true
	}
	for i := len(p.gathered) - 1; i >= 0; i-- { // containers stand before their parts
		g := p.gathered[i]
		if g.leaf.Kind != record.LeafCapture || !captures[g.Index] && !p.blobs[g.leaf.Blob] {
			continue
		}
		types[g.Index] = g.leaf.Type
		runs[g.leaf.Run] = true
		if g.leaf.Parent != 0 {
			captures[g.leaf.Parent] = true
		}
		p.take(g, p.audience == ForPartner, p.wholeFile(g))
	}
	for _, g := range p.gathered {
		switch g.leaf.Kind {
		case record.LeafCase:
			p.take(g, false, false)
		case record.LeafRun:
			if runs[g.Index] {
				p.take(g, false, false)
			}
		case record.LeafSource:
			if src, ok := p.sources[g.Index]; ok {
				p.take(g, !src.Private && src.Type != record.Group && src.Type != record.PrivateIM, false)
			}
		case record.LeafGap:
			if _, ok := p.sources[g.leaf.Source]; ok {
				p.take(g, p.audience == ForPartner, false)
			}
		case record.LeafMissing, record.LeafSeen, record.LeafDecision:
			if g.leaf.Kind == record.LeafDecision && InHouse(g.leaf.Action) {
				continue // it names other statements too, and says what people looked for
			}
			if p.targets[g.leaf.Target] && (g.leaf.Action != actionTranslate || p.translated[g.Index]) {
				p.take(g, p.audience == ForPartner, false)
			}
		}
	}
	for i, e := range p.entries {
		if leaf, err := record.ParseLeaf(e.Leaf); err == nil {
			e.Type = cmp.Or(leaf.Type, types[leaf.Capture])
			p.entries[i] = e
		}
	}
	return p.keys()
}

// InHouse reports whether a decision only sorts the work of the house: triage,
// labels, who looks at what, names masked and opened, searches kept. It says
// nothing about a statement's evidence and leaves with no release.
func InHouse(action string) bool {
	switch action {
	case "keep", "duplicate", "dismiss", "later", "reopen", "label", "unlabel", "assign", "unassign", "edit", "shield", "unshield", "open", "save-search", "drop-search":
		return true
	}
	return false
}

// wholeFile reports whether the file of a capture goes out: it was asked for,
// it belongs to a statement whose own bytes go out, and no withheld statement
// lies in it. The file that a statement is read from as a whole goes out, or
// stays, with that statement.
func (p *preparation) wholeFile(g gathered) bool {
	if g.Open == nil || p.whole[g.Index] && !p.blobs[g.leaf.Blob] {
		return false
	}
	why := ""
	switch {
	case p.overlapsWithheld(g.Index, g.leaf.Blob, spanOf(record.Span{})) || g.Shared && !p.originals:
		why = sharedBytes
	case !p.blobs[g.leaf.Blob] && !p.originals:
		why = "it belongs to no statement whose original goes out"
	default:
		return true
	}
	p.report.Withheld = append(p.report.Withheld, Withheld{"", fmt.Sprintf("the file of log entry %d", g.Index), why})
	return false
}

// take adds a gathered entry, with its body or file where they may be shown.
func (p *preparation) take(g gathered, body, file bool) {
	if _, ok := p.entries[g.Index]; ok {
		return
	}
	e := ShownEntry{Index: g.Index, Leaf: slices.Clone(g.Leaf), Proof: slices.Clone(g.Proof)}
	allowed := g.Sensitivity == Unmarked || g.Sensitivity == Public || g.Sensitivity == Internal && p.audience == ForPartner
	if body && allowed && len(g.Body) > 0 && len(g.Salt) > 0 {
		e.Salt, e.Body = slices.Clone(g.Salt), slices.Clone(g.Body)
	}
	if file && allowed {
		e.Open, e.Size = g.Open, g.Size
	}
	p.entries[g.Index] = e
}

// keys adds the key entry each signed entry is verified with: the newest of
// the same handle before it; for entry 0 that of entry 1.
func (p *preparation) keys() error {
	signed := make([]uint64, 0, len(p.entries))
	for i := range p.entries {
		signed = append(signed, i)
	}
	slices.Sort(signed)
	for _, i := range signed {
		leaf, err := record.ParseLeaf(p.entries[i].Leaf)
		if err != nil || leaf.Sig == "" {
			continue
		}
		found := -1
		for n, g := range p.gathered {
			if g.leaf.Kind != record.LeafKey || g.leaf.By != leaf.By {
				continue
			}
			if i == 0 && g.Index == 1 || g.Index <= i {
				found = n
			}
		}
		if found < 0 {
			return fmt.Errorf("%w release: the key entry of %q, who signed log entry %d, was not gathered", record.ErrInvalid, leaf.By, i)
		}
		p.take(p.gathered[found], false, false)
	}
	return nil
}
