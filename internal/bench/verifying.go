package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
)

func (b *bench) verifyingText() error {
	b.head("Verification")
	dir := b.path("large")
	size, err := sizeOf(dir)
	if err != nil {
		return err
	}
	profile := b.path("verify.pprof")
	if _, err := b.dalil("", "verify", dir, "--json", "-q"); err != nil { // warms the page cache
		return err
	}
	c, err := b.dalil(profile, "verify", dir, "--json", "-q")
	if err != nil {
		return err
	}
	b.row("the case of the export", fmt.Sprintf("%s; %.0f MB/s, %s statements/s", c, float64(size)/mega/c.wall.Seconds(), group(int64(float64(b.opt.messages)/c.wall.Seconds()))))
	return b.rooms(profile)
}

// verifyingMedia measures a case of random files: one of a quarter of the
// bytes, some large ones, and many of a photograph's size.
func (b *bench) verifyingMedia() error {
	in, dir := b.path("media"), b.path("media-case")
	if err := os.MkdirAll(in, 0o755); err != nil {
		return err
	}
	left := b.opt.media
	var files []string
	for i := 0; left > 0; i++ {
		size := min(left, 200<<10)
		switch {
		case i == 0:
			size = b.opt.media / 4
		case i < 9:
			size = min(left, b.opt.media/20)
		}
		name := filepath.Join(in, fmt.Sprintf("file%d.bin", i))
		if err := randomFile(name, size, uint32(i)); err != nil {
			return err
		}
		files, left = append(files, name), left-size
	}
	rate, err := sha256Rate(files)
	if err != nil {
		return err
	}
	if _, err := b.dalil("", "init", dir); err != nil {
		return err
	}
	put, err := b.dalil("", "--case", dir, "import", in, "--json", "-q")
	if err != nil {
		return err
	}
	if err := os.RemoveAll(in); err != nil {
		return err
	}
	b.head("Verification of media")
	var best cost
	for range 3 { // the first run finds the files in the page cache or not
		c, err := b.dalil("", "verify", dir, "--json", "-q")
		if err != nil {
			return err
		}
		if best.wall == 0 || c.wall < best.wall {
			best = c
		}
	}
	cores := float64(runtime.GOMAXPROCS(0))
	b.row(fmt.Sprintf("import of %d files, %d MB", len(files), b.opt.media/mega), put.String())
	b.row("Go's SHA-256 of these files, one core, the baseline", fmt.Sprintf("%.0f MB/s", rate/mega))
	b.row("verify of the media-heavy case", fmt.Sprintf("%.0f MB/s", float64(b.opt.media)/mega/best.wall.Seconds()))
	b.atLeast("× cores × Go's SHA-256", float64(b.opt.media)/best.wall.Seconds()/(cores*rate), .9, "%.2f")
	return nil
}

func randomFile(name string, size int64, seed uint32) (err error) {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var key [32]byte
	binary.LittleEndian.PutUint32(key[:], seed)
	r := rand.NewChaCha8(key)
	buf := make([]byte, mega)
	for left := size; left > 0; {
		n := min(left, int64(len(buf)))
		if _, err := r.Read(buf[:n]); err != nil {
			return err
		}
		if _, err := f.Write(buf[:n]); err != nil {
			return err
		}
		left -= n
	}
	return nil
}

func sizeOf(dir string) (total int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			total += info.Size()
		}
		return err
	})
	return total, err
}
