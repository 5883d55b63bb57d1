package format

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"dalil/internal/record"
)

// Limits of a row, so that one open quote cannot swallow a file.
const (
	maxRowBytes  = MaxText + 1<<20
	maxRowFields = 4096
)

// Rows reads a delimited text table (CSV, TSV) row by row with the exact place
// of every row. It follows RFC 4180 and forgives what tables met in the wild
// do to it: a byte-order mark, ";" or tab as delimiter, bare quotes, quoted
// line breaks, a missing last line end, bytes that are no UTF-8.
type Rows struct {
	r     io.ReaderAt
	size  int64
	br    *bufio.Reader
	pos   int64 // of the next byte br gives
	comma byte
	// lineOnly: before this offset a quote ends with its line, because reading
	// on from an open quote already failed this far. It keeps the work linear.
	lineOnly int64
	number   int
	buf      []byte
	header   map[string]int
	width    int
}

// Row is one row of a table. It is valid until the next call of Next.
type Row struct {
	Offset, Length int64 // bytes in the file, with the line end
	Number         int   // 1 is the first row of the file, the header
	Fields         []string
	Invalid        bool   // had bytes that are no UTF-8, shown as U+FFFD
	Defect         string // what is wrong with it, "" for nothing
	Cut            bool   // the file ends inside it

	rows *Rows
}

// NewRows starts reading the table in r of size bytes and reads its header
// row. It returns io.EOF for an empty table, and an error wrapping
// record.ErrInvalid for UTF-16.
func NewRows(r io.ReaderAt, size int64) (*Rows, error) {
	t := &Rows{r: r, size: size, comma: ','}
	var bom [3]byte
	n, err := r.ReadAt(bom[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(bom[:n], []byte{0xFF, 0xFE}), bytes.HasPrefix(bom[:n], []byte{0xFE, 0xFF}):
		return nil, record.WithHint(fmt.Errorf("%w table: it is UTF-16", record.ErrInvalid), "save it again as CSV in UTF-8")
	case bytes.HasPrefix(bom[:n], []byte("\uFEFF")):
		t.seek(3)
	default:
		t.seek(0)
	}
	first, err := t.br.Peek(min(t.br.Size(), 64<<10))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	t.comma = delimiter(first)
	head, err := t.Next()
	if err != nil {
		return nil, err
	}
	t.width = len(head.Fields)
	t.header = make(map[string]int, t.width)
	for i, f := range head.Fields {
		k := ColumnName(f)
		if _, twice := t.header[k]; !twice {
			t.header[k] = i
		}
	}
	return t, nil
}

// ColumnName is how columns are compared: lower case, with runs of spaces,
// hyphens and underscores as one underscore.
func ColumnName(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return r == ' ' || r == '_' || r == '-' || r == '\u00a0' || r == '\t' || r == '\n'
	}), "_")
}

// delimiter guesses from the first line which of , ; and tab divides it.
func delimiter(b []byte) byte {
	counts := map[byte]int{}
	quoted := false
	for _, c := range b {
		if c == '"' {
			quoted = !quoted
		} else if c == '\n' && !quoted {
			break
		} else if !quoted {
			counts[c]++
		}
	}
	best := byte(',')
	for _, c := range []byte{';', '\t'} {
		if counts[c] > counts[best] {
			best = c
		}
	}
	return best
}

// Has reports whether the header has a column of that name.
func (t *Rows) Has(column string) bool { _, ok := t.header[column]; return ok }

// Columns returns how many columns the header has.
func (t *Rows) Columns() int { return t.width }

// Get returns the cell of the first of columns (names as ColumnName gives
// them) that the table has and the row fills; "" when there is none.
func (w *Row) Get(columns ...string) string {
	for _, c := range columns {
		if i, ok := w.rows.header[c]; ok && i < len(w.Fields) && w.Fields[i] != "" {
			return w.Fields[i]
		}
	}
	return ""
}

func (t *Rows) seek(pos int64) {
	t.pos = pos
	s := io.NewSectionReader(t.r, pos, t.size-pos)
	if t.br == nil {
		t.br = bufio.NewReaderSize(s, 256<<10)
		return
	}
	t.br.Reset(s)
}

// Next returns the next row that is not blank, or io.EOF. Other errors are the
// input's own.
func (t *Rows) Next() (*Row, error) {
	for {
		w, err := t.next()
		if err != nil {
			return nil, err
		}
		if len(w.Fields) == 1 && strings.TrimSpace(w.Fields[0]) == "" {
			continue
		}
		t.number++
		w.Number = t.number
		if t.header != nil && w.Defect == "" && len(w.Fields) != t.width {
			w.Defect = fmt.Sprintf("the row has %d fields, the header %d", len(w.Fields), t.width)
		}
		return w, nil
	}
}

func (t *Rows) next() (*Row, error) {
	if err := t.skipErased(); err != nil {
		return nil, err
	}
	w := &Row{Offset: t.pos, rows: t}
	var s splitter
	s.comma = t.comma
	t.buf = t.buf[:0]
	for {
		line, err := t.br.ReadSlice('\n')
		t.buf = append(t.buf, line...)
		t.pos += int64(len(line))
		atEnd := errors.Is(err, io.EOF)
		if err != nil && !atEnd && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
		if len(t.buf) == 0 && atEnd {
			return nil, io.EOF
		}
		switch {
		case len(t.buf) > maxRowBytes && s.scan(t.buf) && w.Offset >= t.lineOnly:
			return t.reread(w, "a quote that is never closed")
		case len(t.buf) > maxRowBytes:
			return t.skipLong(w)
		case errors.Is(err, bufio.ErrBufferFull):
			continue // a line longer than the buffer: more of it to come
		}
		open := s.scan(t.buf)
		if open && w.Offset < t.lineOnly {
			s = splitter{comma: t.comma, literal: true}
			open = s.scan(t.buf)
			w.Defect = "a quote that is never closed"
		}
		if open && atEnd {
			if t.restHasRows() {
				return t.reread(w, "a quote that is never closed")
			}
			w.Defect, w.Cut = "the file ends inside a quoted field", true
			s.cell(s.start, len(t.buf), true)
			open = false
		}
		if !open {
			w.Length = int64(len(t.buf))
			t.fill(w, &s)
			return w, nil
		}
	}
}

// skipErased passes over rows that were erased: spaces stand in their place,
// line ends too, and without this the row behind them would start too early
// and not be known again. An erased row had a delimiter or line end for every
// column, so that a shorter run of spaces is the next row's own.
func (t *Rows) skipErased() error {
	if t.header == nil {
		return nil
	}
	run, err := t.br.Peek(max(t.width, 2))
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if err != nil || len(bytes.TrimLeft(run, " ")) > 0 {
		return nil
	}
	for {
		c, err := t.br.ReadByte()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case c != ' ':
			return t.br.UnreadByte()
		}
		t.pos++
	}
}

// reread takes the first line of an unclosed row for the whole row and goes on
// behind it, so that one stray quote costs one row.
func (t *Rows) reread(w *Row, defect string) (*Row, error) {
	t.lineOnly = t.pos
	line := t.buf
	if i := bytes.IndexByte(line, '\n'); i >= 0 {
		line = line[:i+1]
	}
	if len(line) > maxRowBytes {
		return t.skipLong(w)
	}
	t.buf = line
	s := splitter{comma: t.comma, literal: true}
	s.scan(line)
	w.Length, w.Defect = int64(len(line)), defect
	t.fill(w, &s)
	t.seek(w.Offset + w.Length)
	return w, nil
}

// skipLong passes over a line that is longer than any row may be; the row it
// returns has its place and no fields.
func (t *Rows) skipLong(w *Row) (*Row, error) {
	for i := bytes.IndexByte(t.buf, '\n'); ; i = -1 {
		if i >= 0 {
			t.seek(w.Offset + int64(i) + 1)
			break
		}
		line, err := t.br.ReadSlice('\n')
		t.pos += int64(len(line))
		if err == nil || errors.Is(err, io.EOF) {
			break
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
	}
	t.buf = nil
	w.Length = t.pos - w.Offset
	w.Defect = fmt.Sprintf("a row longer than %d MiB was passed over", maxRowBytes>>20)
	return w, nil
}

// restHasRows reports whether a line inside the open quote in buf reads like a
// row of its own: then the quote is the mistake, not the end of the file.
func (t *Rows) restHasRows() bool {
	if t.width < 3 {
		return false
	}
	for _, line := range bytes.SplitAfter(t.buf, []byte{'\n'})[1:] {
		s := splitter{comma: t.comma}
		if !s.scan(line) && len(s.cells) == t.width {
			return true
		}
	}
	return false
}

func (t *Rows) fill(w *Row, s *splitter) {
	w.Fields = make([]string, len(s.cells))
	for i, c := range s.cells {
		b := t.buf[c.start:c.end]
		if c.quoted {
			b = bytes.ReplaceAll(b, []byte(`""`), []byte(`"`))
		}
		if !utf8.Valid(b) {
			w.Invalid = true
			b = bytes.ToValidUTF8(b, []byte("\uFFFD"))
		}
		w.Fields[i] = string(b)
	}
	if s.dropped > 0 && w.Defect == "" {
		w.Defect = fmt.Sprintf("the row has %d fields, more than the %d that are read", len(s.cells)+s.dropped, maxRowFields)
	}
}

// splitter finds the cells of a row. It can be given a longer and longer
// beginning of the row and does not look at anything twice.
type splitter struct {
	comma   byte
	literal bool // quotes are characters like any other
	cells   []cell
	dropped int
	at      int // next byte to look at
	open    bool
	start   int
}

type cell struct {
	start, end int
	quoted     bool
}

// scan looks at the rest of row and reports whether a quote is still open. row
// ends at a line end or at the end of the file, or in the middle of a long
// line: then only the answer counts.
func (s *splitter) scan(row []byte) (open bool) {
	for s.at < len(row) || !s.open && s.at == len(row) && s.start == s.at && s.at > 0 && row[s.at-1] == s.comma {
		if !s.open {
			if !s.literal && s.at < len(row) && s.at == s.start && row[s.at] == '"' {
				s.open = true
				s.at++
				s.start = s.at
				continue
			}
			i := bytes.IndexByte(row[s.at:], s.comma)
			if i < 0 {
				end := len(row)
				s.cell(s.start, trimEOL(row, s.start), false)
				s.at, s.start = end, end+1 // past the end: nothing follows
				return false
			}
			s.cell(s.start, s.at+i, false)
			s.at += i + 1
			s.start = s.at
			continue
		}
		i := bytes.IndexByte(row[s.at:], '"')
		if i < 0 {
			s.at = len(row)
			return true
		}
		q := s.at + i
		switch next := row[q+1:]; {
		case len(next) > 0 && next[0] == '"':
			s.at = q + 2
		case len(next) > 0 && next[0] == s.comma:
			s.cell(s.start, q, true)
			s.open = false
			s.at = q + 2
			s.start = s.at
		case len(next) == 0, next[0] == '\n', len(next) == 2 && next[0] == '\r' && next[1] == '\n':
			s.cell(s.start, q, true)
			s.open = false
			s.at, s.start = len(row), len(row)+1
			return false
		default:
			s.at = q + 1 // a bare quote inside a quoted field belongs to it
		}
	}
	if s.open && s.at >= len(row) {
		return true
	}
	return false
}

func (s *splitter) cell(start, end int, quoted bool) {
	if len(s.cells) == maxRowFields {
		s.dropped++
		return
	}
	s.cells = append(s.cells, cell{start, end, quoted})
}

// trimEOL returns where the cell that starts at start ends before the line end.
func trimEOL(row []byte, start int) int {
	end := len(row)
	if end > start && row[end-1] == '\n' {
		end--
		if end > start && row[end-1] == '\r' {
			end--
		}
	}
	return end
}
