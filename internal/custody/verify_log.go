package custody

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sort"

	"golang.org/x/mod/sumdb/tlog"

	"dalil/internal/record"
)

// logState is what the check of the log leaves for the check of contents.
type logState struct {
	units   []unitHashes // bundles that do not agree with their tile
	roots   []tlog.Hash  // of the full tiles of level 0
	tail    []tlog.Hash  // of the entries in the last, partial tile
	flags   []uint8      // of every entry
	frames  [][]Frame    // bodies, by file
	since   []tlog.Hash  // of the entries of the tile that an earlier log ended in
	failed  bool         // hashes are missing: the root cannot be known
	keys    map[string][]actorKey
	capture []captureAt
	tombs   []tombstone
	buried  map[uint64]bool // targets of tombstones
	erase   []uint64        // targets of decisions to erase
	// settings is the newest case or config entry.
	settings uint64
}

const (
	hasBody uint8 = 1 << iota
	isStatement
)

type actorKey struct {
	index uint64
	key   string
}

type captureAt struct {
	index uint64
	blob  int
}

type tombstone struct {
	index uint64
	leaf  record.Leaf
}

// unitHashes is what a bundle and the tile above it say about 256 entries.
type unitHashes struct {
	index        uint64
	bundle, tile []tlog.Hash // nil when unreadable or malformed
	bundleErr    error
	tileErr      error
}

// unit reads a tile or bundle of the log. While the log grows, partial ones
// are replaced by wider ones, which a newer checkpoint tells of.
func (v *verification) unit(level int, index uint64, width int) ([]byte, error) {
	b, err := v.readQuietly(TilePath(level, index, width))
	if !errors.Is(err, fs.ErrNotExist) || width == TileWidth || !v.cpOK {
		return b, err
	}
	for range 10 {
		signed, err2 := v.readQuietly(CheckpointPath)
		if err2 != nil {
			return nil, err
		}
		cp, err2 := OpenCheckpoint(signed, v.key)
		if err2 != nil || cp.Size <= v.cp.Size {
			return nil, err
		}
		n := cp.Size>>(TileHeight*max(level, 0)) - index*TileWidth
		b, err2 := v.readQuietly(TilePath(level, index, int(min(n, TileWidth))))
		if err2 == nil {
			return cutUnit(b, level, width)
		}
		if !errors.Is(err2, fs.ErrNotExist) {
			return nil, err2
		}
	}
	return nil, err
}

// cutUnit returns the first width hashes or entries.
func cutUnit(b []byte, level, width int) ([]byte, error) {
	if level != Entries {
		if len(b) < width*tlog.HashSize {
			return nil, errors.New("it is too short")
		}
		return b[:width*tlog.HashSize], nil
	}
	rest := b
	for range width {
		var ok bool
		if _, rest, ok = CutEntry(rest); !ok {
			return nil, errors.New("it ends inside an entry")
		}
	}
	return b[:len(b)-len(rest)], nil
}

// tileHashes reads a tile of hashes.
func (v *verification) tileHashes(level int, index uint64, width int) ([]tlog.Hash, error) {
	b, err := v.unit(level, index, width)
	if err != nil {
		return nil, err
	}
	if len(b) != width*tlog.HashSize {
		return nil, fmt.Errorf("it has %d bytes, not %d", len(b), width*tlog.HashSize)
	}
	h := make([]tlog.Hash, width)
	for i := range h {
		h[i] = tlog.Hash(b[i*tlog.HashSize:])
	}
	return h, nil
}

// found is what a worker finds in one bundle besides hashes.
type found struct {
	unit     int
	keys     map[string][]actorKey
	captures []record.Leaf
	indexes  []uint64
	tombs    []tombstone
	erase    []uint64
	settings uint64
	isSet    bool
}

// readLog hashes all entries, holds them against the tiles, and collects the
// entries that others are checked with.
func (v *verification) readLog() {
	l := &v.log
	l.keys, l.buried = make(map[string][]actorKey), make(map[uint64]bool)
	units := int((v.size + TileWidth - 1) / TileWidth)
	l.roots = make([]tlog.Hash, v.size/TileWidth)
	l.flags = make([]uint8, v.size)
	sinceUnit := uint64(1) << 63
	if cp, err := ParseCheckpoint(string(v.opt.Since)); err == nil && cp.Size%TileWidth != 0 {
		sinceUnit = cp.Size / TileWidth
	}
	all := make([]found, units)
	v.each(units, func(n int) {
		u := unitHashes{index: uint64(n)}
		width := v.width(0, u.index)
		raw, err := v.unit(Entries, u.index, width)
		entries := make([][]byte, 0, width)
		if err == nil {
			rest := raw
			for len(entries) < width {
				entry, r, ok := CutEntry(rest)
				if !ok {
					err = errors.New("it ends inside an entry")
					break
				}
				entries, rest = append(entries, entry), r
			}
			if err == nil && len(rest) > 0 {
				err = fmt.Errorf("it has %d bytes too many", len(rest))
			}
		}
		u.bundleErr = err
		u.bundle = make([]tlog.Hash, len(entries), TileWidth)
		for i, e := range entries {
			u.bundle[i] = EntryHash(e)
		}
		u.tile, u.tileErr = v.tileHashes(0, u.index, width)
		if uint64(n) == sinceUnit {
			l.since = slices.Clone(u.bundle)
		}
		good := u.bundleErr == nil && u.tileErr == nil && slices.Equal(u.bundle, u.tile)
		if good {
			v.settle(u.index, slices.Clone(u.bundle))
		} else {
			v.mu.Lock()
			l.units = append(l.units, u)
			v.mu.Unlock()
		}
		all[n] = v.glean(n, entries, func(i int) bool { return good || u.tile == nil || u.tile[i] == u.bundle[i] })
		v.count(Checked{Entries: int64(width), Files: 2, Bytes: int64(len(raw) + len(u.tile)*tlog.HashSize)})
	})
	for _, f := range all {
		for by, k := range f.keys {
			l.keys[by] = append(l.keys[by], k...)
		}
		for i, c := range f.captures {
			b, ok := v.blobOf[c.Blob]
			if !ok {
				b = len(v.blobs)
				v.blobOf[c.Blob] = b
				v.blobs = append(v.blobs, blobState{digest: c.Blob})
			}
			l.capture = append(l.capture, captureAt{f.indexes[i], b})
			s := &v.blobs[b]
			if s.captures == 0 {
				s.capture, s.want = f.indexes[i], c.Size
			}
			if c.Size != s.want {
				s.otherSize = f.indexes[i]
			}
			s.captures++
			s.lastCapture = f.indexes[i]
		}
		l.tombs = append(l.tombs, f.tombs...)
		l.erase = append(l.erase, f.erase...)
		if f.isSet {
			l.settings = f.settings
		}
	}
	for _, t := range l.tombs {
		l.buried[t.leaf.Target] = true
	}
}

// settle takes the hashes of 256 entries as those of the log. It overwrites
// them.
func (v *verification) settle(index uint64, h []tlog.Hash) {
	if len(h) == TileWidth {
		v.log.roots[index] = subtree(h)
	} else {
		v.log.tail = h
	}
}

// glean collects what is needed of a bundle's entries later, without parsing
// the many that are not.
func (v *verification) glean(n int, entries [][]byte, good func(int) bool) found {
	f := found{unit: n}
	for i, e := range entries {
		if !good(i) {
			continue
		}
		index := uint64(n)*TileWidth + uint64(i)
		kind := leafKind(e)
		switch {
		case kind == record.LeafStatement:
			v.log.flags[index] = isStatement
			continue
		case bytes.Contains(e, []byte(`,"commit":"`)):
			v.log.flags[index] = hasBody
		}
		switch kind {
		case record.LeafKey, record.LeafCapture, record.LeafTombstone, record.LeafDecision, record.LeafCase, record.LeafConfig:
		default:
			continue
		}
		l, err := record.ParseLeaf(e)
		if err != nil {
			continue // the check of contents reports it
		}
		switch {
		case kind == record.LeafKey:
			if f.keys == nil {
				f.keys = make(map[string][]actorKey)
			}
			f.keys[l.By] = append(f.keys[l.By], actorKey{index, l.Key})
		case kind == record.LeafCapture:
			f.captures, f.indexes = append(f.captures, record.Leaf{Blob: l.Blob, Size: l.Size}), append(f.indexes, index)
		case kind == record.LeafTombstone:
			f.tombs = append(f.tombs, tombstone{index, l})
		case kind == record.LeafDecision && l.Action == eraseAction:
			f.erase = append(f.erase, l.Target)
		case kind == record.LeafCase, kind == record.LeafConfig:
			f.settings, f.isSet = index, true
		}
	}
	return f
}

// eraseAction is the decision that is followed by an erasure.
const eraseAction = "erase"

// leafKind reads the kind of a canonical leaf, its first member.
func leafKind(leaf []byte) record.LeafKind {
	rest, ok := bytes.CutPrefix(leaf, []byte(`{"kind":"`))
	if i := bytes.IndexByte(rest, '"'); ok && i >= 0 {
		return record.LeafKind(rest[:i])
	}
	return ""
}

// checkRoot settles which of bundle and tile is right where they disagree,
// checks the upper tiles, and holds the root against the checkpoint.
func (v *verification) checkRoot() {
	l := &v.log
	sort.Slice(l.units, func(i, j int) bool { return l.units[i].index < l.units[j].index })
	var last *unitHashes // the partial one, which only the root can judge
	for i := range l.units {
		u := &l.units[i]
		if width := v.width(0, u.index); width < TileWidth {
			last = u
			continue
		}
		var parent tlog.Hash
		var known bool
		if up, err := v.tileHashes(1, u.index/TileWidth, v.width(1, u.index/TileWidth)); err == nil {
			parent, known = up[u.index%TileWidth], true
		}
		bundle := u.bundleErr == nil && (!known || subtree(slices.Clone(u.bundle)) == parent)
		tile := u.tileErr == nil && (!known || subtree(slices.Clone(u.tile)) == parent)
		v.judge(u, bundle, tile, parent, known)
	}
	if last != nil {
		fits := func(h []tlog.Hash, err error) bool {
			if err != nil {
				return false
			}
			l.tail = h
			root, ok := v.root()
			return !v.cpOK || !ok || root == v.cp.Root
		}
		bundle := fits(last.bundle, last.bundleErr)
		tile := fits(last.tile, last.tileErr)
		v.judge(last, bundle, tile, tlog.Hash{}, false)
	}
	upper := v.checkUpperTiles()
	if l.failed || !v.cpOK {
		v.problemsOf(upper)
		return
	}
	root, _ := v.root()
	if root == v.cp.Root {
		v.problemsOf(upper)
		return
	}
	if len(upper) > 0 {
		// Entries and their tile agree with each other and not with the tile
		// above, nor with the checkpoint: both were exchanged.
		for _, p := range upper {
			for _, child := range p.children {
				v.problemf(TilePath(Entries, child, TileWidth), restore, "entries %d to %d were changed, and %s with them", child*TileWidth, child*TileWidth+TileWidth-1, TilePath(0, child, TileWidth))
			}
		}
		return
	}
	for _, p := range v.problems {
		if ParsePath(p.Where).Role == Tile {
			return // damage that has been named
		}
	}
	v.problemf(CheckpointPath, restore, "the log does not have the root that was signed: entries were changed and the tiles made anew, or the checkpoint is of another log")
}

// judge names what is wrong where a bundle and its tile disagree, and goes on
// with the better one.
func (v *verification) judge(u *unitHashes, bundle, tile bool, parent tlog.Hash, known bool) {
	width := v.width(0, u.index)
	bundleName, tileName := TilePath(Entries, u.index, width), TilePath(0, u.index, width)
	var changed []uint64
	if u.tile != nil {
		for i := range u.bundle {
			if u.bundle[i] != u.tile[i] {
				changed = append(changed, u.index*TileWidth+uint64(i))
			}
		}
		for i := len(u.bundle); i < width; i++ {
			changed = append(changed, u.index*TileWidth+uint64(i))
		}
	}
	missing := func(name string, id tileID, err error) bool {
		w := v.tiles[id]
		if !errors.Is(err, fs.ErrNotExist) || w <= width || !v.cpOK {
			return false
		}
		v.problemf(CheckpointPath, restore, "the checkpoint is older than the log, or %s was deleted: %s has more entries than the checkpoint's %d", name, TilePath(id.level, id.index, w), v.cp.Size)
		return true
	}
	switch {
	case u.bundleErr != nil && missing(bundleName, tileID{Entries, u.index}, u.bundleErr):
	case u.bundleErr != nil:
		p := Problem{Where: bundleName, What: fmt.Sprintf("the log is damaged (%v)", cause(u.bundleErr)), Remedy: restore}
		defer func() { v.problem(v.touching(p, changed)) }() // when it is known what is left of them
	case u.bundleErr == nil && !bundle || bundle && tile: // tile has the parent's or checkpoint's word, or nobody has
		p := Problem{Where: bundleName, What: "the log was altered", Remedy: restore}
		if bundle || !tile {
			p.What += fmt.Sprintf(" here or in %s", tileName)
		}
		defer func() { v.problem(v.touching(p, changed)) }()
	}
	switch {
	case u.tileErr != nil && missing(tileName, tileID{0, u.index}, u.tileErr):
	case u.tileErr != nil:
		v.problemf(tileName, restore, "hashes of the log are damaged: %v", cause(u.tileErr))
	case u.tileErr == nil && !tile && bundle:
		v.problem(Problem{Where: tileName, What: "hashes of the log were altered", Remedy: restore})
	}
	if u.bundleErr == nil && bundle {
		v.settle(u.index, slices.Clone(u.bundle))
		return
	}
	for _, i := range changed {
		v.badEntry[i] = true
	}
	switch {
	case u.tileErr == nil:
		v.settle(u.index, slices.Clone(u.tile))
	case known:
		v.log.roots[u.index] = parent
	case u.bundleErr == nil:
		v.settle(u.index, slices.Clone(u.bundle))
	default:
		v.log.failed = true
	}
	if u.tile == nil && u.bundleErr != nil {
		for i := range width {
			v.badEntry[u.index*TileWidth+uint64(i)] = true
		}
	}
}

// upperProblem is a tile above level 0 that is not made from the ones below.
type upperProblem struct {
	Problem
	children []uint64 // level-0 tiles it disagrees with
}

func (v *verification) problemsOf(upper []upperProblem) {
	for _, p := range upper {
		v.problem(p.Problem)
	}
}

// checkUpperTiles makes the tiles above level 0 from the ones below and
// compares.
func (v *verification) checkUpperTiles() (wrong []upperProblem) {
	below := v.log.roots
	for level := 1; len(below) > 0; level++ {
		var above []tlog.Hash
		for i := 0; i < len(below); i += TileWidth {
			want := below[i:min(i+TileWidth, len(below))]
			index := uint64(i / TileWidth)
			name := TilePath(level, index, len(want))
			have, err := v.tileHashes(level, index, len(want))
			p := upperProblem{Problem: Problem{Where: name, Remedy: restore}}
			if err != nil {
				if w := v.tiles[tileID{level, index}]; errors.Is(err, fs.ErrNotExist) && w > len(want) && v.cpOK {
					v.problemf(CheckpointPath, restore, "the checkpoint is older than the log, or %s was deleted", name)
				} else {
					p.What = fmt.Sprintf("hashes of the log are damaged: %v", cause(err))
					wrong = append(wrong, p)
				}
			} else if v.count(Checked{Files: 1, Bytes: int64(len(have) * tlog.HashSize)}); !slices.Equal(have, want) {
				p.What = "hashes of the log were altered"
				for k := range want {
					if have[k] != want[k] && level == 1 {
						p.children = append(p.children, uint64(i+k))
					}
				}
				wrong = append(wrong, p)
			}
			if len(want) == TileWidth {
				above = append(above, subtree(slices.Clone(want)))
			}
		}
		below = above
	}
	return wrong
}

// root returns the root of the tree over the entries as settled.
func (v *verification) root() (record.Digest, bool) { return v.rootAt(v.size, v.log.tail) }

// rootAt returns the root of the first size entries; tail are the hashes of
// those in its last, partial tile.
func (v *verification) rootAt(size uint64, tail []tlog.Hash) (record.Digest, bool) {
	if size == 0 {
		return EmptyRoot(), true
	}
	h, err := tlog.TreeHash(int64(size), tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			level, n := tlog.SplitStoredHashIndex(x)
			from, row := uint64(n), v.log.roots
			if level < TileHeight {
				from, row = uint64(n)<<level%TileWidth, tail
				if uint64(n)<<level/TileWidth != size/TileWidth {
					return nil, fmt.Errorf("%w: hash %d of level %d", record.ErrNotFound, n, level)
				}
			} else {
				level -= TileHeight
				from <<= level
			}
			if from+1<<level > uint64(len(row)) {
				return nil, fmt.Errorf("%w: hash %d of level %d", record.ErrNotFound, n, level)
			}
			out[i] = subtree(slices.Clone(row[from : from+1<<level]))
		}
		return out, nil
	}))
	return record.Digest(h), err == nil
}

// checkSince holds the log against an earlier checkpoint.
func (v *verification) checkSince() {
	if len(v.opt.Since) == 0 || v.key == nil {
		return
	}
	old, err := OpenCheckpoint(v.opt.Since, v.key)
	if err != nil {
		v.problemf(CheckpointPath, "give a checkpoint that this case printed", "the earlier checkpoint was not signed by this log's key: it is of another case, or was altered")
		return
	}
	v.count(Checked{Checkpoints: 1})
	if !v.cpOK {
		return // nothing signed to hold against it
	}
	if old.Size > v.size {
		v.problemf(CheckpointPath, restore, "the log was set back: it had %d entries at the earlier checkpoint and now has %d", old.Size, v.size)
		return
	}
	tail := v.log.since
	if old.Size/TileWidth == v.size/TileWidth {
		tail = v.log.tail
	}
	if n := int(old.Size % TileWidth); len(tail) > n {
		tail = tail[:n]
	}
	root, ok := v.rootAt(old.Size, tail)
	switch {
	case !ok || v.log.failed:
		v.problemf(CheckpointPath, restore, "the damage to the log does not let it be held against the earlier checkpoint")
	case root != old.Root:
		v.problemf(CheckpointPath, "ask who holds the signing key; restore the case from a backup made before", "history was rewritten after the earlier checkpoint over %d entries was signed", old.Size)
	}
}
