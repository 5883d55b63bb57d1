// Package ocr reads the text in pictures with tesseract, when it is installed.
//
// Digits come out wrong even on clean pictures, and an Arabic letter for its
// neighbour: a number, date or name from OCR is unverified until a person has
// looked at the picture.
package ocr

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"dalil/internal/assist"
	"dalil/internal/record"
)

// Kind reads JPEG, PNG, GIF and WebP pictures.
var Kind = assist.Kind{
	Name:  "ocr",
	Doc:   "the text in pictures, read by tesseract; its numbers are unverified until a person has looked",
	Takes: takes,
	Find: func(ctx context.Context) (assist.Helper, error) {
		return find(ctx, settings{os.Getenv("PATH"), os.Getenv("TESSDATA_PREFIX"), 30 * time.Second, 1 << 30})
	},
}

const install = "install it with its languages; on Debian: apt-get install tesseract-ocr tesseract-ocr-ara tesseract-ocr-fas"

// languages are the models used of those installed, as tesseract names them.
// The first is tried first on every word, English last: it sees Latin letters
// in any stroke.
var languages = []string{"ara", "fas", "urd", "ckb", "kur_ara", "kur", "heb", "tur", "eng"}

// settings are what the program may use; tests choose others.
type settings struct {
	path, models string // PATH and TESSDATA_PREFIX
	limit        time.Duration
	memory       uint64 // bytes of address space, where the system can limit it
}

func takes(mediaType string) bool {
	return slices.ContainsFunc(kinds, func(k kind) bool { return k.media == mediaType })
}

func find(ctx context.Context, s settings) (assist.Helper, error) {
	p := program{settings: s}
	for _, dir := range filepath.SplitList(s.path) {
		// Only absolute folders: in a relative one it would be whoever filled
		// the working folder who chose the program.
		if !filepath.IsAbs(dir) {
			continue
		}
		if file, err := exec.LookPath(filepath.Join(dir, "tesseract")); err == nil {
			p.file = file
			break
		}
	}
	if p.file == "" {
		return assist.Helper{}, record.WithHint(fmt.Errorf("tesseract: %w", record.ErrNotFound), install)
	}
	version, err := p.version(ctx)
	if err != nil {
		return assist.Helper{}, err
	}
	langs, err := p.languages(ctx)
	if err != nil {
		return assist.Helper{}, err
	}
	return assist.Helper{
		Tool: "tesseract " + version + " " + langs,
		Read: func(ctx context.Context, r io.Reader) (string, error) {
			picture, err := prepare(r)
			if err != nil {
				return "", err
			}
			out, err := p.run(ctx, picture, "stdin", "stdout", "-l", langs, "--psm", "3")
			if err != nil {
				return "", err
			}
			return tidy(out), nil
		},
	}, nil
}

var versionLine = regexp.MustCompile(`(?m)^tesseract v?([0-9][0-9A-Za-z.+-]{0,40})`)

func (p program) version(ctx context.Context) (string, error) {
	out, err := p.run(ctx, nil, "--version")
	if err != nil {
		return "", err
	}
	m := versionLine.FindSubmatch(out)
	if m == nil {
		return "", record.WithHint(errors.New(p.file+" does not say which version of tesseract it is"), "see what `"+p.file+" --version` says; "+install)
	}
	return string(m[1]), nil
}

// languages returns the installed ones of those that are of use, as -l takes
// them.
func (p program) languages(ctx context.Context) (string, error) {
	out, err := p.run(ctx, nil, "--list-langs")
	if err != nil {
		return "", err
	}
	installed := strings.Fields(string(out))
	var have []string
	for _, l := range languages {
		if slices.Contains(installed, l) {
			have = append(have, l)
		}
	}
	if have == nil {
		return "", record.WithHint(fmt.Errorf("tesseract's models for %s: %w", strings.Join(languages, ", "), record.ErrNotFound), install)
	}
	return strings.Join(have, "+"), nil
}

// tidy makes text of what tesseract wrote: trimmed lines without control
// characters. The marks of direction that tesseract puts around Latin words go
// too, they are not in the picture; the joiners that Persian is spelled with
// stay. A line without a letter or digit is dirt or a frame and goes.
func tidy(out []byte) string {
	var b strings.Builder
	blank := false
	for line := range strings.Lines(strings.ToValidUTF8(string(out), "\uFFFD")) {
		line = strings.Map(func(r rune) rune {
			switch {
			case r == '\u200c' || r == '\u200d':
				return r
			case unicode.IsSpace(r):
				return ' '
			case unicode.In(r, unicode.Cc, unicode.Cf):
				return -1
			}
			return r
		}, line)
		line = strings.TrimSpace(line)
		if !strings.ContainsFunc(line, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
			blank = true
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
			if blank {
				b.WriteByte('\n')
			}
		}
		blank = false
		b.WriteString(line)
	}
	return b.String()
}
