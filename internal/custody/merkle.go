package custody

import (
	"context"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"

	"dalil/internal/record"
)

// EntryHash returns the RFC 6962 hash of a log entry.
func EntryHash(entry []byte) tlog.Hash { return tlog.RecordHash(entry) }

// EmptyRoot is the root of a log without entries: SHA-256 of nothing.
func EmptyRoot() record.Digest { return record.DigestOf(nil) }

// subtree returns the hash over a power of two of neighbouring hashes. It
// overwrites hashes.
func subtree(hashes []tlog.Hash) tlog.Hash {
	for n := len(hashes); n > 1; n /= 2 {
		for i := range n / 2 {
			hashes[i] = tlog.NodeHash(hashes[2*i], hashes[2*i+1])
		}
	}
	return hashes[0]
}

// Edge is the right edge of a growing tree: of every tile level the hashes
// that do not fill a tile yet. It is all that is needed to append entries and
// to know the root. The zero Edge is the empty tree.
type Edge struct {
	size   uint64
	levels [][]tlog.Hash // at level L: the last size>>(8·L) mod 256 hashes
}

// Size returns the number of entries.
func (e *Edge) Size() uint64 { return e.size }

// Add appends an entry's hash. full is called for each tile it completes, from
// level 0 upwards; the hashes are valid during the call.
func (e *Edge) Add(h tlog.Hash, full func(level int, index uint64, hashes []tlog.Hash)) {
	e.size++
	for level := 0; ; level++ {
		if level == len(e.levels) {
			e.levels = append(e.levels, make([]tlog.Hash, 0, TileWidth))
		}
		l := append(e.levels[level], h)
		e.levels[level] = l
		if len(l) < TileWidth {
			return
		}
		full(level, e.size>>(TileHeight*(level+1))-1, l)
		h = subtree(l)
		e.levels[level] = l[:0]
	}
}

// AddEntry appends an entry where no tiles are kept.
func (e *Edge) AddEntry(entry []byte) {
	e.Add(EntryHash(entry), func(int, uint64, []tlog.Hash) {})
}

// Partial returns the hashes of the unfilled tile at a level, none if there is
// no such tile.
func (e *Edge) Partial(level int) []tlog.Hash {
	if level >= len(e.levels) {
		return nil
	}
	return e.levels[level]
}

// Levels returns how many tile levels there are.
func (e *Edge) Levels() int { return len(e.levels) }

// Root returns the root hash of the tree.
func (e *Edge) Root() (record.Digest, error) {
	if e.size == 0 {
		return EmptyRoot(), nil
	}
	h, err := tlog.TreeHash(int64(e.size), tlog.HashReaderFunc(e.hashes))
	return record.Digest(h), err
}

// hashes answers with subtrees that end at the right edge, which is all that
// the root needs.
func (e *Edge) hashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	var scratch [TileWidth]tlog.Hash
	for i, x := range indexes {
		level, n := tlog.SplitStoredHashIndex(x)
		within := level % TileHeight
		from := int(uint64(n) << within % TileWidth)
		l := e.Partial(level / TileHeight)
		if from+1<<within > len(l) {
			return nil, fmt.Errorf("hash %d of level %d is not at the right edge", n, level)
		}
		out[i] = subtree(scratch[:copy(scratch[:], l[from:from+1<<within])])
	}
	return out, nil
}

// NewEdge makes the edge of a tree of a size from its unfilled tiles, as
// returned by tile (32 bytes for each of width hashes).
func NewEdge(size uint64, tile func(level int, index uint64, width int) ([]byte, error)) (*Edge, error) {
	e := &Edge{size: size}
	for level := 0; size>>(TileHeight*level) > 0; level++ {
		n := size >> (TileHeight * level)
		l := make([]tlog.Hash, n%TileWidth, TileWidth)
		if len(l) > 0 {
			b, err := tile(level, n/TileWidth, len(l))
			if err != nil {
				return nil, err
			}
			if len(b) != len(l)*tlog.HashSize {
				return nil, fmt.Errorf("%w: tile %s has %d bytes, not %d", record.ErrAltered, TilePath(level, n/TileWidth, len(l)), len(b), len(l)*tlog.HashSize)
			}
			for i := range l {
				l[i] = tlog.Hash(b[i*tlog.HashSize:])
			}
		}
		e.levels = append(e.levels, l)
	}
	return e, nil
}

// Tiled is a log that proofs can be made from.
type Tiled interface {
	// Tile returns the first width hashes of a tile, 32 bytes each.
	Tile(ctx context.Context, level int, index uint64, width int) ([]byte, error)
}

// tileReader lets package tlog read a Tiled, checking each tile against the
// root it came for.
type tileReader struct {
	ctx  context.Context
	from Tiled
}

func (tileReader) Height() int                     { return TileHeight }
func (tileReader) SaveTiles([]tlog.Tile, [][]byte) {}
func (r tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	out := make([][]byte, len(tiles))
	for i, t := range tiles {
		b, err := r.from.Tile(r.ctx, t.L, uint64(t.N), t.W)
		if err != nil {
			return nil, err
		}
		out[i] = b
	}
	return out, nil
}

// HashReader returns the hashes of a log for package tlog. Every tile read is
// checked against the checkpoint's root.
func HashReader(ctx context.Context, t Tiled, cp Checkpoint) tlog.HashReader {
	return tlog.TileHashReader(tlog.Tree{N: int64(cp.Size), Hash: tlog.Hash(cp.Root)}, tileReader{ctx, t})
}

// ProveEntry returns the inclusion proof of the entry at index in the tree of
// cp, lowest hash first.
func ProveEntry(ctx context.Context, t Tiled, cp Checkpoint, index uint64) ([]tlog.Hash, error) {
	if index >= cp.Size {
		return nil, fmt.Errorf("%w: no entry %d in a log of %d", record.ErrNotFound, index, cp.Size)
	}
	p, err := tlog.ProveRecord(int64(cp.Size), int64(index), HashReader(ctx, t, cp))
	if err != nil {
		return nil, fmt.Errorf("%w log: proof of entry %d: %w", record.ErrAltered, index, err)
	}
	return p, nil
}

// CheckEntry checks an inclusion proof; a wrong one is ErrAltered.
func CheckEntry(cp Checkpoint, index uint64, entry []byte, proof []tlog.Hash) error {
	return CheckHash(cp, index, EntryHash(entry), proof)
}

// CheckHash is CheckEntry where only the entry's hash is known.
func CheckHash(cp Checkpoint, index uint64, hash tlog.Hash, proof []tlog.Hash) error {
	if index >= cp.Size || bits.Len64(cp.Size) > 62 {
		return fmt.Errorf("%w proof: no entry %d in a log of %d", record.ErrAltered, index, cp.Size)
	}
	if err := tlog.CheckRecord(proof, int64(cp.Size), tlog.Hash(cp.Root), int64(index), hash); err != nil {
		return fmt.Errorf("%w: entry %d is not in the log at that place: %w", record.ErrAltered, index, err)
	}
	return nil
}

// ProveGrowth returns the consistency proof that the tree of cp begins with
// the tree of the first size entries.
func ProveGrowth(ctx context.Context, t Tiled, cp Checkpoint, size uint64) ([]tlog.Hash, error) {
	if size > cp.Size {
		return nil, fmt.Errorf("%w: a log of %d entries has not had %d", record.ErrNotFound, cp.Size, size)
	}
	if size == 0 {
		return nil, fmt.Errorf("%w: every log has grown from an empty one; there is nothing to prove", record.ErrInvalid)
	}
	p, err := tlog.ProveTree(int64(cp.Size), int64(size), HashReader(ctx, t, cp))
	if err != nil {
		return nil, fmt.Errorf("%w log: growth from %d entries: %w", record.ErrAltered, size, err)
	}
	return p, nil
}

// CheckGrowth checks a consistency proof between an earlier and a later
// checkpoint of the same log; a wrong one is ErrAltered.
func CheckGrowth(earlier, later Checkpoint, proof []tlog.Hash) error {
	if earlier.Origin != later.Origin {
		return fmt.Errorf("%w: checkpoints of two logs, %.80q and %.80q", record.ErrInvalid, earlier.Origin, later.Origin)
	}
	if earlier.Size > later.Size || bits.Len64(later.Size) > 62 {
		return fmt.Errorf("%w: the log had %d entries and now has %d", record.ErrAltered, earlier.Size, later.Size)
	}
	if earlier.Size == 0 {
		return fmt.Errorf("%w: every log has grown from an empty one; there is nothing to check", record.ErrInvalid)
	}
	if err := tlog.CheckTree(proof, int64(later.Size), tlog.Hash(later.Root), int64(earlier.Size), tlog.Hash(earlier.Root)); err != nil {
		return fmt.Errorf("%w: history was rewritten after entry %d: %w", record.ErrAltered, earlier.Size, err)
	}
	return nil
}
