package warc

import (
	"bufio"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"dalil/internal/record"
)

// Limits of one header block.
const (
	maxHeader = 1 << 20
	maxFields = 2000
)

var errHeader = errors.New("warc: not a header")

// header is the head of a WARC record or of an HTTP message: a first line and
// named fields. Of a field given twice the first counts.
type header struct {
	line   string
	fields map[string]string // by lower-case name
}

func (h header) get(name string) string { return h.fields[name] }

// readHeader reads a header block up to its empty line. Lines may end in LF
// alone, be folded, or lack their colon (then they are passed over).
func readHeader(br *bufio.Reader) (header, int64, error) {
	h := header{fields: map[string]string{}}
	var n int64
	last := ""
	for first := true; ; first = false {
		line, err := readLine(br, maxHeader-n)
		n += int64(len(line))
		if err != nil {
			if errors.Is(err, io.EOF) && n > 0 {
				err = io.ErrUnexpectedEOF
			}
			return h, n, err
		}
		line = strings.TrimRight(line, "\r\n")
		switch {
		case first:
			h.line = line
			continue
		case line == "":
			return h, n, nil
		case line[0] == ' ' || line[0] == '\t':
			if last != "" {
				h.fields[last] += " " + strings.TrimSpace(line)
			}
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || len(h.fields) >= maxFields {
			last = ""
			continue
		}
		last = strings.ToLower(strings.TrimSpace(name))
		if _, twice := h.fields[last]; twice {
			last = ""
			continue
		}
		h.fields[last] = strings.ToValidUTF8(strings.TrimSpace(value), "\uFFFD")
	}
}

// readLine reads up to and with the next LF, but no more than limit bytes.
func readLine(br *bufio.Reader, limit int64) (string, error) {
	var b strings.Builder
	for {
		part, err := br.ReadSlice('\n')
		if int64(b.Len()+len(part)) > limit {
			return b.String(), errHeader
		}
		b.Write(part)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return b.String(), err
		}
	}
}

// length is the declared length in bytes; ok is false when it is missing or
// no number.
func (h header) length() (n int64, ok bool) {
	n, err := strconv.ParseInt(h.get("content-length"), 10, 64)
	return n, err == nil && n >= 0
}

// url is the record's target, without the angle brackets some tools write.
func (h header) url() string {
	return strings.TrimSuffix(strings.TrimPrefix(h.get("warc-target-uri"), "<"), ">")
}

// when reads WARC-Date: W3C-DTF in UTC, or the fourteen digits of old tools.
func (h header) when() record.When {
	s := h.get("warc-date")
	for _, f := range []struct {
		layout    string
		precision record.Precision
	}{
		{time.RFC3339Nano, record.ToSecond}, {"2006-01-02T15:04:05", record.ToSecond}, {"20060102150405", record.ToSecond},
		{"2006-01-02T15:04Z", record.ToMinute}, {"2006-01-02", record.ToDay}, {"2006-01", record.ToMonth}, {"2006", record.ToYear},
	} {
		if t, err := time.Parse(f.layout, s); err == nil {
			return record.When{Unix: t.Unix(), Precision: f.precision}
		}
	}
	return record.When{}
}

// status returns the status code of an HTTP answer; 0 when its first line is
// none.
func (h header) status() int {
	f := strings.Fields(h.line)
	if len(f) < 2 || !strings.HasPrefix(strings.ToUpper(f[0]), "HTTP/") {
		return 0
	}
	code, err := strconv.Atoi(f[1])
	if err != nil || code < 100 || code > 999 {
		return 0
	}
	return code
}
