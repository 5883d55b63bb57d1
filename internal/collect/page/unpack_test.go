package page

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"
)

// unpack returns a WARC's records, and fails unless each is a gzip member of
// its own.
func unpack(t *testing.T, b []byte) string {
	t.Helper()
	var out strings.Builder
	br := bufio.NewReader(bytes.NewReader(b))
	for {
		z, err := gzip.NewReader(br)
		if errors.Is(err, io.EOF) {
			return out.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		z.Multistream(false)
		member, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(member, []byte("WARC/1.1\r\n")) || bytes.Count(member, []byte("WARC/1.1\r\n")) != 1 || !bytes.HasSuffix(member, []byte("\r\n\r\n")) {
			t.Errorf("a member is no record: %.80q", member)
		}
		out.Write(member)
	}
}
