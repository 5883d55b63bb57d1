package bundle

import (
	"archive/zip"
	"bytes"
	"cmp"
	"compress/flate"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"slices"
	"strings"

	"dalil/internal/export"
	"dalil/internal/record"
)

// Limits against bundles made to exhaust whoever checks them. Honest bundles
// stay far below.
const (
	maxDirectory = 32 << 20 // bytes of a zip's table of contents
	maxRatio     = 200      // unpacked bytes for each byte of a zip, beyond maxSlack
	maxSlack     = 64 << 20
	maxLine      = 16 << 20 // bytes of a line of entries.ndjson
	maxManifest  = 256 << 20
	maxSmall     = 64 << 10 // bytes of log/key and log/checkpoint
	maxMembers   = 1 << 20
)

// members are the files of a bundle, wherever it lies.
type members struct {
	names []string // sorted; those that can be opened
	open  func(name string) (io.ReadCloser, error)
	close func() error
}

// openMembers lists the files of a bundle. What is not a plain file with a
// plain name is a problem and not listed.
func openMembers(path string, found func(where, what string)) (members, error) {
	info, err := os.Stat(path)
	if err != nil {
		return members{}, err
	}
	if info.IsDir() {
		return openFolder(path, found)
	}
	if !info.Mode().IsRegular() {
		return members{}, fmt.Errorf("%w: neither a folder nor a zip file", record.ErrInvalid)
	}
	return openZip(path, found)
}

func openFolder(dir string, found func(where, what string)) (members, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return members{}, err
	}
	m := members{close: root.Close, open: func(name string) (io.ReadCloser, error) { return root.Open(name) }}
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			found(name, "it cannot be read: "+reason(err))
			return nil
		case d.IsDir():
			return nil
		case !d.Type().IsRegular():
			found(name, "it is no plain file, but a link or device")
		case !export.ValidName(name):
			found(name, "no bundle has a file of this name")
		case len(m.names) == maxMembers:
			return fmt.Errorf("%w: more than %d files", record.ErrInvalid, maxMembers)
		default:
			m.names = append(m.names, name)
		}
		return nil
	})
	slices.Sort(m.names)
	return m, err
}

func openZip(path string, found func(where, what string)) (members, error) {
	f, err := os.Open(path)
	if err != nil {
		return members{}, err
	}
	m, err := readZip(f, found)
	if err != nil {
		f.Close()
		return members{}, fmt.Errorf("it is no readable zip file: %s", reason(err))
	}
	m.close = f.Close
	return m, nil
}

// extent is where a member lies in a zip: bytes from its header to its end.
type extent struct {
	name     string
	from, to int64
}

// readZip lists a zip. It opens members itself, by what the table of contents
// says, so that another program reads the same bytes or none.
func readZip(f *os.File, found func(where, what string)) (members, error) {
	info, err := f.Stat()
	if err != nil {
		return members{}, err
	}
	src := &frugal{r: f, left: maxDirectory}
	z, err := zip.NewReader(src, info.Size())
	if err != nil {
		return members{}, err
	}
	src.left = math.MaxInt64 // the limit was for the table of contents
	left := info.Size()*maxRatio + maxSlack
	byName := map[string]*zip.File{}
	var places []extent
	m := members{}
	for _, e := range z.File {
		if strings.HasSuffix(e.Name, "/") && e.UncompressedSize64 == 0 {
			continue
		}
		switch _, twice := byName[e.Name]; {
		case !export.ValidName(e.Name):
			found(e.Name, "no bundle has a file of this name")
			continue
		case twice:
			found(e.Name, "it is in the zip twice: programs disagree which one counts")
			continue
		case e.Mode().Type() != 0:
			found(e.Name, "it is no plain file, but a link or device")
			continue
		case e.Flags&0x61 != 0 || e.Method != zip.Store && e.Method != zip.Deflate || e.ReaderVersion&0xff > 63,
			e.Method == zip.Store && e.CompressedSize64 != e.UncompressedSize64, e.UncompressedSize64 > math.MaxInt64/2:
			found(e.Name, "it is packed in a way that is not read: encrypted, patched or an unusual method")
			continue
		case len(byName) == maxMembers:
			return m, fmt.Errorf("%w: more than %d files", record.ErrInvalid, maxMembers)
		}
		header, data, err := localHeader(src, e)
		if err != nil {
			found(e.Name, "it cannot be read: "+reason(err))
			continue
		}
		places = append(places, extent{e.Name, header, data + int64(e.CompressedSize64)})
		byName[e.Name] = e
		m.names = append(m.names, e.Name)
	}
	slices.Sort(m.names)
	slices.SortFunc(places, func(a, b extent) int { return cmp.Compare(a.from, b.from) })
	for i := 1; i < len(places); i++ {
		if places[i].from < places[i-1].to {
			found(places[i].name, "it shares bytes of the zip with "+places[i-1].name)
		}
	}
	m.open = func(name string) (io.ReadCloser, error) {
		e, ok := byName[name]
		if !ok {
			return nil, fs.ErrNotExist
		}
		raw, err := e.OpenRaw()
		if err != nil {
			return nil, err
		}
		if e.Method == zip.Deflate {
			raw = flate.NewReader(raw)
		}
		return io.NopCloser(&unpacking{r: io.LimitReader(raw, int64(e.UncompressedSize64)), want: e.UncompressedSize64, crc: e.CRC32, left: &left}), nil
	}
	return m, nil
}

// localHeader checks that the header before a member's bytes names the member
// too, and returns where header and bytes begin.
func localHeader(r *frugal, e *zip.File) (header, data int64, err error) {
	data, err = e.DataOffset() // reads the header, and nothing else
	if err != nil {
		return 0, 0, err
	}
	name := make([]byte, len(e.Name))
	header = r.last
	if _, err := r.ReadAt(name, header+30); err != nil {
		return 0, 0, err
	}
	if string(name) != e.Name || data < header+30+int64(len(name)) {
		return 0, 0, fmt.Errorf("%w: its header in the zip names another file", record.ErrAltered)
	}
	return header, data, nil
}

// frugal lets at most left bytes be read, and remembers where it read last.
type frugal struct {
	r    io.ReaderAt
	left int64
	last int64
}

func (f *frugal) ReadAt(p []byte, off int64) (int, error) {
	if f.left -= int64(len(p)); f.left < 0 {
		return 0, fmt.Errorf("%w: its table of contents is larger than %d MB", record.ErrInvalid, maxDirectory>>20)
	}
	f.last = off
	return f.r.ReadAt(p, off)
}

// unpacking reads a member of a zip and checks its length and checksum at the
// end. left is shared by all members: together they may not grow without bound.
type unpacking struct {
	r    io.Reader
	n    uint64
	want uint64
	sum  uint32
	crc  uint32
	left *int64
}

func (u *unpacking) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	u.n += uint64(n)
	u.sum = crc32.Update(u.sum, crc32.IEEETable, p[:n])
	if *u.left -= int64(n); *u.left < 0 {
		return n, fmt.Errorf("%w: the zip unpacks to more than %d times its size", record.ErrInvalid, maxRatio)
	}
	if err == io.EOF && u.n != u.want {
		return n, fmt.Errorf("%w: it ends after %d of %d bytes", record.ErrAltered, u.n, u.want)
	}
	if err == io.EOF && u.sum != u.crc {
		return n, fmt.Errorf("%w: its checksum in the zip is wrong", record.ErrAltered)
	}
	return n, err
}

// small reads a member that has at most limit bytes.
func (m members) small(name string, limit int64) ([]byte, error) {
	r, err := m.open(name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("%w: it is larger than %d bytes", record.ErrInvalid, limit)
	}
	return b, err
}

// sum streams a member through a SHA-256 and w.
func (m members) sum(ctx context.Context, name string, w io.Writer) (record.Digest, error) {
	r, err := m.open(name)
	if err != nil {
		return record.Digest{}, err
	}
	defer r.Close()
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(h, w), cancelled{ctx, r})
	return record.Digest(h.Sum(nil)), err
}

// cancelled is a reader that stops when its context does.
type cancelled struct {
	ctx context.Context
	io.Reader
}

func (c cancelled) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.Reader.Read(p)
}

// reason is an error without the path of this machine in it.
func reason(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// Is reports whether there is a bundle at path, good or bad, rather than a
// case: a file, or a folder with one of the names only bundles have.
func Is(file string) bool {
	info, err := os.Stat(file)
	if err != nil || !info.IsDir() {
		return err == nil
	}
	for _, name := range []string{entriesName, manifestName, startName} {
		if _, err := os.Lstat(path.Join(file, name)); err == nil {
			return true
		}
	}
	return false
}

// parseManifest reads MANIFEST.sha256.
func parseManifest(b []byte, found func(where, what string)) map[string]record.Digest {
	sums := map[string]record.Digest{}
	n := 0
	for l := range bytes.Lines(b) {
		n++
		where := fmt.Sprintf("%s line %d", manifestName, n)
		text, ended := strings.CutSuffix(string(l), "\n")
		if len(text) < 67 || text[64:66] != "  " || !ended {
			found(where, "it is not a SHA-256, two spaces and a name")
			continue
		}
		d, err := record.ParseDigest(text[:64])
		name := text[66:]
		switch _, twice := sums[name]; {
		case err != nil || d.String() != text[:64]:
			found(where, "it is not a SHA-256, two spaces and a name")
		case !export.ValidName(name) || name == manifestName:
			found(where, "no bundle lists a file of this name")
		case twice:
			found(where, "it lists "+name+" again")
		default:
			sums[name] = d
		}
	}
	return sums
}
