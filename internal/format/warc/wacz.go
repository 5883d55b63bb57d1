package warc

import (
	"archive/zip"
	"bufio"
	"bytes"
	"cmp"
	"compress/flate"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"dalil/internal/format"
	"dalil/internal/record"
)

// WACZ is the container format of WACZ files: a zip of WARCs with an index and
// a list of digests (WACZ 1.1.1). Its parts are the WARCs, in the order of
// their names. The digests of datapackage.json are checked; a signature in
// datapackage-digest.json is not.
var WACZ = format.Kind{
	Name:    "wacz",
	Doc:     "a web archive with its index (WACZ): the WARCs in it, checked against the digests it carries",
	Version: 1,
	Match:   matchWACZ,
	Parts:   waczParts,
}

func matchWACZ(h format.Head) int {
	named := strings.HasSuffix(strings.ToLower(h.Path), ".wacz")
	if !bytes.HasPrefix(h.Bytes, []byte("PK\x03\x04")) {
		if named {
			return 20
		}
		return 0
	}
	switch {
	case named:
		return 95
	case len(h.Bytes) > 30 && waczMember(h.Bytes[30:]):
		return 88
	}
	return 0
}

// waczMember reports whether b begins with the name of a member that only WACZ
// files begin with.
func waczMember(b []byte) bool {
	if bytes.HasPrefix(b, []byte("datapackage.json")) || bytes.HasPrefix(b, []byte("indexes/index.")) {
		return true
	}
	rest, ok := bytes.CutPrefix(b, []byte("archive/"))
	return ok && bytes.Contains(rest[:min(len(rest), 300)], []byte(".warc"))
}

// Limits of what is read of a WACZ before its WARCs.
const (
	maxIndex   = 16 << 20 // bytes of the zip's directory
	maxPackage = 16 << 20 // bytes of datapackage.json
)

func waczParts(ctx context.Context, in format.Input, out format.Sink, yield func(format.Part) error) error {
	limited := &firstBytes{r: in.R, left: maxIndex}
	z, err := zip.NewReader(limited, in.Size)
	switch {
	case errors.Is(err, errTooLong):
		return record.WithHint(fmt.Errorf("%w WACZ: its list of files is longer than %d MiB", record.ErrInvalid, maxIndex>>20), unpackIt)
	case err != nil:
		out.Problem(record.Problem{Offset: 0, What: fmt.Sprintf("the WACZ cannot be opened: %v", err), Remedy: getComplete})
		return nil
	}
	limited.left = -1
	w := wacz{ctx: ctx, out: out, files: z.File, byName: map[string]*zip.File{}}
	z.RegisterDecompressor(zip.Deflate, w.inflate)
	if err := w.refuseOverlap(); err != nil {
		return err
	}
	for _, f := range z.File {
		if w.byName[f.Name] != nil {
			w.problem(f, "is there twice; the first is taken")
			continue
		}
		w.byName[f.Name] = f
	}
	if err := w.check(); err != nil {
		return err
	}
	return w.warcs(in.Zone, yield)
}

// wacz is the work on one WACZ file.
type wacz struct {
	ctx    context.Context
	out    format.Sink
	files  []*zip.File
	byName map[string]*zip.File
	budget format.Budget
	names  format.Names
}

func (w *wacz) problem(f *zip.File, what string) {
	at, err := f.DataOffset()
	if err != nil {
		at = -1
	}
	w.out.Problem(record.Problem{Offset: at, What: fmt.Sprintf("%.200q %s", f.Name, what), Remedy: "compare it with another copy"})
}

// resource is an entry of datapackage.json, of WACZ 1.0 and 1.1.
type resource struct {
	Path    string `json:"path"`
	Hash    string `json:"hash"`
	Bytes   *int64 `json:"bytes"`
	Hashing string `json:"hashing"`
	Stats   struct {
		Hash    string `json:"hash"`
		Bytes   *int64 `json:"bytes"`
		Hashing string `json:"hashing"`
	} `json:"stats"`
}

func (r resource) digest() string {
	h := cmp.Or(r.Hash, r.Stats.Hash)
	if h != "" && !strings.Contains(h, ":") {
		h = cmp.Or(r.Hashing, r.Stats.Hashing, "sha256") + ":" + h
	}
	return h
}

// check compares the files with the digests in datapackage.json, and that file
// with datapackage-digest.json.
func (w *wacz) check() error {
	complain := func(what string) {
		w.out.Problem(record.Problem{Offset: -1, What: what, Remedy: "compare it with another copy"})
	}
	f := w.byName["datapackage.json"]
	if f == nil {
		complain("the WACZ has no datapackage.json: nothing says what belongs to it")
		return nil
	}
	text, err := w.small(f)
	if err != nil {
		w.problem(f, fmt.Sprintf("cannot be read: %v", err))
		return nil
	}
	if err := w.checkPackage(text); err != nil {
		complain(err.Error())
	}
	var pack struct{ Resources []resource }
	if err := json.Unmarshal(text, &pack); err != nil {
		w.problem(f, fmt.Sprintf("is no JSON that can be read: %v", err))
		return nil
	}
	listed := map[string]bool{}
	for _, r := range pack.Resources {
		if listed[r.Path] {
			continue
		}
		listed[r.Path] = true
		f := w.byName[r.Path]
		if f == nil {
			complain(fmt.Sprintf("datapackage.json lists %.200q, which is not in the WACZ", r.Path))
			continue
		}
		if err := w.compare(f, r); err != nil {
			return err
		}
	}
	for _, f := range w.files {
		if isWARC(f.Name) && !listed[f.Name] {
			w.problem(f, "is not listed in datapackage.json: nothing protects it")
		}
	}
	return nil
}

// checkPackage compares datapackage.json with the digest beside it.
func (w *wacz) checkPackage(text []byte) error {
	f := w.byName["datapackage-digest.json"]
	if f == nil {
		return nil
	}
	b, err := w.small(f)
	if err != nil {
		return fmt.Errorf("datapackage-digest.json cannot be read: %w", err)
	}
	var d struct{ Hash string }
	if err := json.Unmarshal(b, &d); err != nil {
		return fmt.Errorf("datapackage-digest.json is no JSON that can be read: %w", err)
	}
	if sum := newDigest(d.Hash); sum != nil {
		sum.write(text)
		if !sum.fits() {
			return errors.New("datapackage.json does not fit the digest in datapackage-digest.json: one of them was changed")
		}
		return nil
	}
	return fmt.Errorf("datapackage-digest.json gives no digest that is known: %.80q", d.Hash)
}

// compare reads a file whole and reports where it differs from what is listed.
// Its error is that the work was cancelled.
func (w *wacz) compare(f *zip.File, r resource) error {
	sum := newDigest(r.digest())
	if sum == nil {
		w.problem(f, fmt.Sprintf("has no digest that is known (%.80q)", r.digest()))
		return nil
	}
	rc, err := f.Open()
	if err != nil {
		w.problem(f, fmt.Sprintf("cannot be opened: %v", err))
		return nil
	}
	n, err := io.Copy(sum, &cancellable{w.ctx, rc})
	switch want := cmp.Or(r.Bytes, r.Stats.Bytes); {
	case w.ctx.Err() != nil:
		return w.ctx.Err()
	case err != nil:
		w.problem(f, fmt.Sprintf("cannot be read whole: %v", err))
	case want != nil && *want != n:
		w.problem(f, fmt.Sprintf("is %d bytes long; datapackage.json says %d", n, *want))
	case !sum.fits():
		w.problem(f, "does not fit its digest in datapackage.json: it was changed or damaged")
	}
	return nil
}

// warcs yields the WARCs, in the order of their names.
func (w *wacz) warcs(zone *time.Location, yield func(format.Part) error) error {
	var found []*zip.File
	others := 0
	for _, f := range w.files {
		switch {
		case isWARC(f.Name) && w.byName[f.Name] == f:
			found = append(found, f)
		case !strings.HasSuffix(f.Name, "/"):
			others++
		}
	}
	slices.SortStableFunc(found, func(a, b *zip.File) int { return cmp.Compare(a.Name, b.Name) })
	if len(found) == 0 {
		w.out.Problem(record.Problem{Offset: 0, What: "the WACZ holds no WARC"})
	}
	for _, f := range found {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		name, why := w.names.Take(f.Name)
		if why != "" {
			w.problem(f, "has a name that "+why)
		}
		p := format.Part{Path: name, Size: int64(f.UncompressedSize64), Type: "application/warc",
			Open: f.Open}
		if f.UncompressedSize64 > format.MaxPartBytes {
			w.problem(f, fmt.Sprintf("is said to be %d bytes long and was refused", f.UncompressedSize64))
			continue
		}
		if err := yield(p); err != nil {
			return err
		}
	}
	if others > 0 {
		w.out.Skipped("indexes and lists of the WACZ", others)
	}
	return nil
}

// isWARC reports whether the name is that of a WARC of the archive. Old WACZ
// files kept them in data/archive.
func isWARC(name string) bool {
	low := strings.ToLower(name)
	return strings.Contains("/"+path.Dir(low)+"/", "/archive/") && (strings.HasSuffix(low, ".warc") || strings.HasSuffix(low, ".warc.gz"))
}

// small reads a file of the WACZ that must fit in memory.
func (w *wacz) small(f *zip.File) ([]byte, error) {
	rc, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer rc.Close()
	b, err := io.ReadAll(io.LimitReader(rc, maxPackage+1))
	if err == nil && len(b) > maxPackage {
		err = fmt.Errorf("longer than %d MiB", maxPackage>>20)
	}
	return b, err
}

// inflate is the zip's decompressor, on the budget of the whole WACZ.
func (w *wacz) inflate(r io.Reader) io.ReadCloser {
	packed := &source{r: r}
	packed.br = bufio.NewReader(packed.count())
	return io.NopCloser(w.budget.Reader(flate.NewReader(packed.br), packed.consumed))
}

// refuseOverlap looks for files that share their bytes: no packer does that, a
// bomb lives of it.
func (w *wacz) refuseOverlap() error {
	type place struct{ from, to int64 }
	var places []place
	for _, f := range w.files {
		if at, err := f.DataOffset(); err == nil && f.CompressedSize64 > 0 {
			places = append(places, place{at, at + int64(min(f.CompressedSize64, 1<<62-1))})
		}
	}
	slices.SortFunc(places, func(a, b place) int { return cmp.Compare(a.from, b.from) })
	for i := 1; i < len(places); i++ {
		if places[i].from < places[i-1].to {
			return record.WithHint(fmt.Errorf("%w WACZ: files in it share their bytes, like a decompression bomb", record.ErrInvalid), unpackIt)
		}
	}
	return nil
}

// cancellable ends with the context's error.
type cancellable struct {
	ctx context.Context
	r   io.Reader
}

func (c *cancellable) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

var errTooLong = errors.New("warc: too long")

// firstBytes gives up to left bytes of r, then errTooLong; all of them once
// left is negative.
type firstBytes struct {
	r    io.ReaderAt
	left int64
}

func (f *firstBytes) ReadAt(p []byte, at int64) (int, error) {
	if f.left < 0 {
		return f.r.ReadAt(p, at)
	}
	if int64(len(p)) > f.left {
		return 0, errTooLong
	}
	n, err := f.r.ReadAt(p, at)
	f.left -= int64(n)
	return n, err
}
