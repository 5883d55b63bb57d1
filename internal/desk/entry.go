package desk

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"

	"dalil/internal/custody"
	"dalil/internal/record"
)

// Entry is one entry of the log with what was checked about it just now.
type Entry struct {
	Index uint64
	Leaf  record.Leaf
	Bytes string // exactly as they are in the log

	// Body is what the leaf binds and does not say itself: a reason, a path, a
	// receipt, with masked names masked. "" for one that has none, and where it may
	// not be shown here.
	Body string
	Gone bool // its body was destroyed on a decision; that it existed stays

	Signed     bool     // its kind is signed by a person
	Size       uint64   // of the log at the checkpoint
	Root       string   // base64
	Inclusion  []string // base64, from the entry up
	Checkpoint string
	Problems   []string // what does not hold; none when everything does
}

// Entry reads one entry of the log and checks it: the bytes against the signed
// checkpoint, the body against its commitment, the signature against the newest
// key that the log introduced for that person before it. ErrNotFound beyond the
// log's end, and looking back beyond the end it had then.
func (d *Desk) Entry(ctx context.Context, index uint64) (Entry, error) {
	e := Entry{Index: index, Checkpoint: string(d.Case.Archive.Checkpoint())}
	cp, err := d.Case.Checkpoint()
	if err != nil {
		return e, err
	}
	e.Size, e.Root = cp.Size, base64.StdEncoding.EncodeToString(cp.Root[:])
	if index >= cp.Size {
		return e, record.WithHint(fmt.Errorf("entry %d: %w: the log has %d", index, record.ErrNotFound, cp.Size), "take a number below that")
	}
	if d.then != nil && index >= d.then.Size {
		return e, record.WithHint(fmt.Errorf("entry %d: %w: it was recorded later, the log had %d then", index, record.ErrNotFound, d.then.Size), "ask for it as of now")
	}
	b, err := d.Case.Archive.Leaf(ctx, index)
	if err != nil {
		return e, err
	}
	e.Bytes = string(b)
	if e.Leaf, err = record.ParseLeaf([]byte(e.Bytes)); err != nil {
		e.Problems = append(e.Problems, err.Error())
		return e, nil
	}
	hashes, err := custody.ProveEntry(ctx, d.Case.Archive, cp, index)
	if err == nil {
		err = custody.CheckEntry(cp, index, []byte(e.Bytes), hashes)
	}
	if err != nil {
		e.Problems = append(e.Problems, err.Error())
	}
	for _, h := range hashes {
		e.Inclusion = append(e.Inclusion, base64.StdEncoding.EncodeToString(h[:]))
	}
	if stand, err := d.Standing(ctx); err != nil || stand.Problem != "" {
		e.Problems = append(e.Problems, "the checkpoint: "+stand.Problem)
	}
	if e.Signed = custody.Signed(e.Leaf.Kind); e.Signed {
		if err := d.checkSigned(ctx, index, e.Leaf); err != nil {
			e.Problems = append(e.Problems, err.Error())
		}
	}
	return e, d.readBody(ctx, &e)
}

// checkSigned checks an entry's signature with the key that its actor had then.
func (d *Desk) checkSigned(ctx context.Context, index uint64, l record.Leaf) error {
	var keys []uint64
	if err := d.Case.EachKey(ctx, func(leaf uint64) { keys = append(keys, leaf) }); err != nil {
		return err
	}
	public := ""
	for _, k := range keys {
		b, err := d.Case.Archive.Leaf(ctx, k)
		if err != nil {
			return err
		}
		key, err := record.ParseLeaf(b)
		if err != nil {
			return err
		}
		// The case entry, the very first, comes before the key that signs it.
		if key.By == l.By && (k <= index || public == "") {
			public = key.Key
		}
	}
	if public == "" {
		return fmt.Errorf("%w: the log introduces no key of %q", record.ErrAltered, l.By)
	}
	return custody.VerifyLeaf(l, public)
}

// readBody reads the body and checks its commitment. A statement's is the bytes
// of its span, which its own page shows; the case's holds keys and is not shown.
func (d *Desk) readBody(ctx context.Context, e *Entry) error {
	if e.Leaf.Commit.IsZero() || e.Leaf.Kind == record.LeafStatement {
		return nil
	}
	body, err := d.Case.Archive.Body(ctx, e.Index)
	if errors.Is(err, record.ErrWithheld) {
		e.Gone = true
		return nil
	}
	if err != nil {
		e.Problems = append(e.Problems, err.Error())
		return nil
	}
	salt, err := d.Case.Archive.Salt(ctx, e.Index)
	switch {
	case errors.Is(err, record.ErrWithheld):
		e.Gone = true
		return nil
	case err != nil:
		e.Problems = append(e.Problems, err.Error())
	case custody.Commit(salt, body) != e.Leaf.Commit:
		e.Problems = append(e.Problems, "the body is not the one that was recorded")
	}
	if e.Leaf.Kind != record.LeafCase && e.Leaf.Kind != record.LeafSource {
		m, err := d.masker(ctx)
		if err != nil {
			return err
		}
		e.Body = m.plain(string(body)) // the decision that masks a name holds it
	}
	return nil
}

// Entries reads entries of the log as they are, from one index on, at most n.
func (d *Desk) Entries(ctx context.Context, from uint64, n int) ([]Entry, error) {
	size := d.Case.Archive.Size()
	if d.then != nil {
		size = d.then.Size
	}
	to := min(from+uint64(n), size)
	if from >= to {
		return nil, nil
	}
	var all []Entry
	for b, err := range d.Case.Archive.Leaves(ctx, from, to) {
		if err != nil {
			return all, err
		}
		e := Entry{Index: from + uint64(len(all)), Bytes: string(b)}
		if e.Leaf, err = record.ParseLeaf([]byte(e.Bytes)); err != nil {
			e.Problems = append(e.Problems, err.Error())
		}
		all = append(all, e)
	}
	return all, nil
}
