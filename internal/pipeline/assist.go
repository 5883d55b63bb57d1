package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"dalil/internal/assist"
	"dalil/internal/catalog"
	"dalil/internal/record"
)

// Helper is a helper outside the process, under a name for those who do not
// see the room.
type Helper = assist.Helper

// ReadPictures lets a helper outside the process read the text in pictures that
// statements show and that were not read before. What it reads is archived as a
// file of its own whose capture names the picture's as its parent and the
// helper as its tool; it is never made again silently. The receipt counts
// pictures: Read, New for those with text, Failed. When ctx is cancelled, what was
// read so far is kept and the receipt says Cancelled.
//
// The texts then take part in families, without their numbers: those are
// unverified until a person has looked.
func (c *Case) ReadPictures(ctx context.Context, h assist.Helper, statements []uint64, progress func(Progress)) (Receipt, error) {
	pictures, err := c.Catalog.Unread(ctx, statements)
	if err != nil {
		return Receipt{}, err
	}
	if err := c.work.take(ctx); err != nil {
		return Receipt{}, err
	}
	im := newImporter(ctx, c, ImportOptions{Progress: progress}, runDetail{Verb: "ocr", Zone: c.Config.Zone, Tool: c.stores.Tool + "; " + h.Tool})
	im.stages = []stretch{{"ocr", .95}, {"link", .05}} // a picture takes half a second
	for i, p := range pictures {
		if err = ctx.Err(); err != nil {
			break
		}
		im.progress("ocr", p.Path, int64(i), int64(len(pictures)))
		if err = im.commits.giveWay(); err != nil { // a picture takes a second
			err = &storeError{err}
			break
		}
		im.report.Read++
		text, rerr := c.readPicture(ctx, h, p)
		if rerr != nil {
			if err = ctx.Err(); err != nil {
				break
			}
			im.report.Failed++
			im.problem(record.Problem{File: p.Path, Offset: -1, What: rerr.Error(), Remedy: remedyOf(rerr)})
			if !errors.Is(rerr, record.ErrInvalid) {
				continue // it may go better another time
			}
		}
		if err = im.derived(p, text, h.Tool); err != nil {
			err = &storeError{err}
			break
		}
		if strings.TrimSpace(text) != "" {
			im.report.New++
		}
	}
	if err == nil {
		im.progress("ocr", "", int64(len(pictures)), int64(len(pictures)))
	}
	r, err := im.finish(err)
	return r, errors.Join(err, c.rest(ctx))
}

// Unread says how many pictures of statements were not read so far.
func (c *Case) Unread(ctx context.Context, statements []uint64) (int, error) {
	all, err := c.Catalog.Unread(ctx, statements)
	return len(all), err
}

func (c *Case) readPicture(ctx context.Context, h assist.Helper, p record.Capture) (string, error) {
	b, err := c.Archive.Open(ctx, p.Blob)
	if err != nil {
		return "", err
	}
	defer b.Close()
	return h.Read(ctx, io.NewSectionReader(b, 0, b.Size()))
}

// derived archives a text that was read in a picture; an empty one too, so that
// the picture counts as read.
func (im *importer) derived(picture record.Capture, text, tool string) error {
	text += "\n"
	blob, n, err := im.c.Archive.Put(im.ctx, strings.NewReader(text))
	if err != nil {
		return fmt.Errorf("store the text of %s: %w", picture.Path, err)
	}
	if err := im.begin(); err != nil {
		return err
	}
	at := im.c.stores.Now().UnixMilli()
	cp := record.Capture{Run: im.run, At: at, Theirs: record.NoSeconds, Blob: blob, Size: n, Type: "text/plain; charset=utf-8", Format: catalog.FormatDerived,
		Parent: picture.Leaf, Path: picture.Path + ".ocr.txt", Tool: tool}
	l := record.NewLeaf(record.LeafCapture, at)
	l.Run, l.Blob, l.Size, l.Type, l.Format, l.Parent = im.run, blob, n, cp.Type, cp.Format, cp.Parent
	if cp.Leaf, err = im.bodied(l, cp); err != nil {
		return err
	}
	im.report.Files++
	im.report.Bytes += n
	im.commits.batch.Captures = append(im.commits.batch.Captures, cp)
	return im.commits.full()
}

func remedyOf(err error) string {
	var h *record.Hint
	if errors.As(err, &h) {
		return h.Do
	}
	return "look at the picture yourself"
}
