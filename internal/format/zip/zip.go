// Package zip opens zip files, also truncated and hostile ones. It reads the
// central directory itself, because what a bomb hides in (a million entries,
// entries that share bytes, sizes that lie) must be seen before anything is
// unpacked and without holding it all.
//
// Members come folder by folder, sub-folders first, so that attachments stand
// before the files that speak of them; within a folder in natural order
// (messages2 before messages10).
//
// A part is to be read inside its yield call, by one goroutine. Damage that
// leaves bytes worth keeping (a wrong checksum, a wrong size, a cut stream) is
// a Problem and the part then ends normally. What a limit stopped is an error
// from the part's reader, for the caller to report.
package zip

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"dalil/internal/format"
	"dalil/internal/record"
)

// Kind is the container format of zip files.
var Kind = format.Kind{
	Name:    "zip",
	Doc:     "a zip file: every file in it is read like a file of a folder; bombs and unsafe names are refused",
	Version: 1,
	Match:   match,
	Parts:   parts,
}

func match(h format.Head) int {
	named := strings.HasSuffix(strings.ToLower(h.Path), ".zip")
	switch {
	case bytes.HasPrefix(h.Bytes, []byte(sigLocal)), bytes.HasPrefix(h.Bytes, []byte(sigEnd)):
		if named {
			return 85
		}
		return 70 // also office documents and other things built on zip
	case named:
		return 20
	}
	return 0
}

// What a user can do.
const (
	getComplete = "get the complete file if you can"
	unpackIt    = "unpack the zip yourself and import the folder"
)

func parts(ctx context.Context, in format.Input, out format.Sink, yield func(format.Part) error) error {
	o := opener{ctx: ctx, in: in, out: out, problems: format.Problems{Out: out}}
	members, err := o.directory()
	switch {
	case errors.Is(err, errNoDirectory):
		o.problem(0, "", "the zip has no readable list of its files (cut off?); they are taken one by one as far as they go", getComplete)
		if err := o.recover(yield); err != nil {
			return err
		}
		o.finish()
		return nil
	case err != nil:
		return err
	}
	members = o.refuseOverlaps(members)
	slices.SortStableFunc(members, func(a, b member) int { return compare(a.path, b.path) })
	for i := range members {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := o.open(&members[i], yield); err != nil {
			return err
		}
	}
	o.finish()
	return nil
}

// opener is the work on one zip file.
type opener struct {
	ctx    context.Context
	in     format.Input
	out    format.Sink
	names  format.Names
	budget format.Budget

	problems format.Problems
	system   int // files of the operating system
}

// problem tells what is wrong with a member.
func (o *opener) problem(at int64, name, what, remedy string) {
	if name != "" {
		what = fmt.Sprintf("member %.200q %s", name, what)
	}
	o.problems.Tell(record.Problem{Offset: at, What: what, Remedy: remedy, ID: shorten(name)})
}

func shorten(s string) string {
	if len(s) > 500 {
		s = strings.ToValidUTF8(s[:500], "")
	}
	return s
}

// finish says what was only counted.
func (o *opener) finish() {
	if o.system > 0 {
		o.out.Skipped("files of the operating system (.DS_Store, __MACOSX, Thumbs.db)", o.system)
	}
	o.problems.Close()
}

// refuseOverlaps drops members that share bytes of the file with another one:
// no packer does that, a bomb lives of it. The member that begins first stays.
func (o *opener) refuseOverlaps(members []member) []member {
	slices.SortStableFunc(members, func(a, b member) int { return cmp.Compare(a.header, b.header) })
	kept := members[:0]
	end := int64(0)
	for _, m := range members {
		if m.folder {
			continue
		}
		if m.header < end {
			o.problem(m.header, m.path, "shares its bytes with another member, like a decompression bomb, and was refused", "if you trust it, "+unpackIt)
			continue
		}
		// The shortest it can be: its own header may be longer than the
		// directory says, which open finds out.
		end = m.header + localLen + m.packed
		kept = append(kept, m)
	}
	return kept
}

// isSystem reports whether an operating system put the file there.
func isSystem(path string) bool {
	for e := range strings.SplitSeq(path, "/") {
		if e == "__MACOSX" {
			return true
		}
	}
	base := path[strings.LastIndexByte(path, '/')+1:]
	return base == ".DS_Store" || strings.EqualFold(base, "Thumbs.db") || strings.EqualFold(base, "desktop.ini")
}
