package desk

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"dalil/internal/catalog"
	"dalil/internal/custody"
	"dalil/internal/query"
	"dalil/internal/record"
)

// Standing is how far the log of a case is under a signed checkpoint, and the
// catalog up to it.
type Standing struct {
	Origin  string
	Size    uint64 // entries under the newest checkpoint
	Root    string // base64, as the checkpoint prints it
	Catalog uint64 // entries the catalog knows
	Problem string // why the checkpoint cannot be relied on; "" when its signature is right
}

// Standing checks the signature of the newest checkpoint and says how far it
// reaches. It does not read the evidence: that is what `dalil verify` is for.
func (d *Desk) Standing(ctx context.Context) (Standing, error) {
	signed := d.Case.Archive.Checkpoint()
	cp, err := custody.ParseCheckpoint(string(signed))
	if err != nil {
		return Standing{Problem: err.Error()}, nil
	}
	s := Standing{Origin: cp.Origin, Size: cp.Size, Root: base64.StdEncoding.EncodeToString(cp.Root[:])}
	if s.Catalog, err = d.Case.Catalog.Size(ctx); err != nil {
		return s, err
	}
	line, err := os.ReadFile(filepath.Join(d.Case.Dir, filepath.FromSlash(custody.KeyPath)))
	if err != nil {
		s.Problem = "the log's public key cannot be read"
		return s, nil
	}
	key, err := custody.ParseKey(line)
	if err == nil {
		_, err = custody.OpenCheckpoint(signed, key)
	}
	if err != nil {
		s.Problem = err.Error()
	}
	return s, nil
}

// Inclusion returns the hashes, base64 from the leaf up, that lead from an
// entry to the root of the newest checkpoint.
func (d *Desk) Inclusion(ctx context.Context, leaf uint64) ([]string, error) {
	cp, err := d.Case.Checkpoint()
	if err != nil {
		return nil, err
	}
	hashes, err := custody.ProveEntry(ctx, d.Case.Archive, cp, leaf)
	if err != nil {
		return nil, err
	}
	all := make([]string, len(hashes))
	for i, h := range hashes {
		all[i] = base64.StdEncoding.EncodeToString(h[:])
	}
	return all, nil
}

// MediaFile reads the n-th file (from 1) that a statement came with.
// ErrNotFound when there is none or it is not in the archive, ErrInvalid when
// it is larger than most bytes.
func (d *Desk) MediaFile(ctx context.Context, id string, n int, most int64) ([]byte, record.Media, error) {
	s, err := d.Statement(ctx, id)
	if err != nil {
		return nil, record.Media{}, err
	}
	if n < 1 || n > len(s.Media) {
		return nil, record.Media{}, fmt.Errorf("file %d of %s: %w", n, id, record.ErrNotFound)
	}
	m := s.Media[n-1]
	if m.Blob.IsZero() {
		return nil, m, record.WithHint(fmt.Errorf("file %d of %s is not in the archive: %w", n, id, record.ErrNotFound), "import the export again with its media folder")
	}
	b, err := d.Case.Archive.Open(ctx, m.Blob)
	if err != nil {
		return nil, m, err
	}
	defer b.Close()
	if b.Size() > most {
		return nil, m, record.WithHint(fmt.Errorf("%w: file %d of %s has %d bytes, too many to show here", record.ErrInvalid, n, id, b.Size()), "hand it out with `dalil bundle "+id+"` and open it from there")
	}
	data, err := io.ReadAll(io.NewSectionReader(b, 0, b.Size()))
	return data, m, err
}

// maxComments bounds the comments shown under one article.
const maxComments = 200

// Comments returns the readers' comments under an article, oldest first, and
// whether there are more.
func (d *Desk) Comments(ctx context.Context, article record.Statement) (all []record.Statement, more bool, err error) {
	if article.ExternalID == "" {
		return nil, false, nil
	}
	q := query.Query{Sort: query.Oldest, Root: query.And{
		query.Filter{Key: "type", Values: []string{string(record.Comment)}},
		query.Filter{Key: "from", Values: []string{article.SourceKey}},
	}}
	for page := (catalog.Page{Limit: 500}); ; {
		res, err := d.Reader().Search(ctx, q, page)
		if err != nil {
			return nil, false, err
		}
		for _, h := range res.Hits {
			if h.Parent != article.ExternalID || h.Until != 0 {
				continue
			}
			if len(all) == maxComments {
				return all, true, nil
			}
			all = append(all, h.Statement)
		}
		if page.After = res.Next; page.After == "" {
			return all, false, nil
		}
	}
}
