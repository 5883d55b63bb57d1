// Package archive declares where evidence bytes and the log live. The bytes
// lie under their SHA-256; the log is a C2SP tlog-tiles log of small leaves
// (doc/evidence-package.md). Implementations are folders that pass archivetest.
package archive

import (
	"context"
	"io"
	"iter"

	"dalil/internal/record"
)

// Archive keeps the evidence of one case. Methods may be called from several
// goroutines; Put and Append only while the archive was opened for writing.
type Archive interface {
	// Put stages the bytes of r as a blob and returns its SHA-256 and size.
	// They are durable once the next Append returned. Putting bytes that are
	// already here costs a read and stores nothing. Bytes of which something
	// was erased are ErrWithheld, beside their digest and size.
	Put(ctx context.Context, r io.Reader) (record.Digest, int64, error)
	// Open opens a blob, staged ones too. ErrNotFound if it is not here,
	// ErrWithheld if it was erased.
	Open(ctx context.Context, d record.Digest) (Blob, error)

	// Append makes every staged blob durable, then the entries' salts and
	// bodies, then the entries, and signs one checkpoint over them. When it
	// returns nil all of it is on stable storage. When it fails with anything
	// but record.ErrInvalid the archive is unusable: storage that failed once
	// is not trusted again (SECURITY T8). It returns the index of the first entry.
	Append(ctx context.Context, entries []Entry) (first uint64, err error)

	Size() uint64       // entries in the log, as of the newest checkpoint
	Checkpoint() []byte // the newest signed checkpoint, a C2SP signed note

	// Leaves yields the leaf bytes of entries from up to but not including to.
	// The slice is valid until the next iteration.
	Leaves(ctx context.Context, from, to uint64) iter.Seq2[[]byte, error]
	Leaf(ctx context.Context, index uint64) ([]byte, error)
	// Salt returns the 32-byte salt of an entry; ErrWithheld when destroyed.
	Salt(ctx context.Context, index uint64) ([]byte, error)
	// Salts reads the salts of n entries from first, 32 bytes each.
	Salts(ctx context.Context, first uint64, n int) ([]byte, error)
	// Body returns the body of an entry; ErrNotFound when it has none,
	// ErrWithheld when destroyed.
	Body(ctx context.Context, index uint64) ([]byte, error)

	// Tile returns the first width hashes of a tile of the Merkle tree, 32
	// bytes each: what proofs are made of (custody.Tiled).
	Tile(ctx context.Context, level int, index uint64, width int) ([]byte, error)

	// BlankSpan overwrites length bytes at offset of a blob with spaces, by
	// writing the file anew under its old name, and returns the SHA-256 of
	// what it now holds. The file's name no longer matches its bytes: a
	// tombstone leaf must say so.
	BlankSpan(ctx context.Context, d record.Digest, offset, length int64) (now record.Digest, err error)
	// RemoveBlob destroys a blob; DestroySecret an entry's salt and body.
	RemoveBlob(ctx context.Context, d record.Digest) error
	DestroySecret(ctx context.Context, index uint64) error

	io.Closer
}

// Blob is an open evidence file.
type Blob interface {
	io.ReaderAt
	io.Closer
	Size() int64
}

// Entry is one entry to append. Leaf is final: its Commit was made with Salt.
type Entry struct {
	Leaf []byte
	Salt []byte // 32 random bytes, or nil when the leaf commits to nothing
	Body []byte // kept in the side store; nil for statements, whose body is a span
}
