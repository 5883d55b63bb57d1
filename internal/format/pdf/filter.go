package pdf

import (
	"bytes"
	"compress/flate"
	"encoding/ascii85"
	"errors"
	"fmt"
	"io"
	"slices"

	"golang.org/x/image/tiff/lzw"

	"dalil/internal/record"
)

// errBudget ends the unpacking of files that grow beyond all measure.
var errBudget = fmt.Errorf("%w: unpacks to more than is read of one file", record.ErrInvalid)

// unpack undoes a stream's filters. Of a damaged stream it returns what came
// out before the damage, and an error.
func (d *document) unpack(s *stream) ([]byte, error) {
	data := s.raw
	filters, params := d.list(s.dict, "Filter", "F"), d.list(s.dict, "DecodeParms", "DP")
	if len(filters) > 8 {
		return nil, fmt.Errorf("%w: %d filters", record.ErrInvalid, len(filters))
	}
	var damage error
	for i, f := range filters {
		var p dict
		if i < len(params) {
			p = d.dict(params[i])
		}
		out, err := d.filter(data, d.nameOf(f), p)
		if err != nil && len(out) == 0 {
			return nil, err
		}
		damage = errors.Join(damage, err)
		data = out
	}
	return data, damage
}

// list returns a value that may be given alone or in an array.
func (d *document) list(x dict, long, short name) []any {
	v := d.resolve(x[long])
	if v == nil {
		v = d.resolve(x[short])
	}
	switch v := v.(type) {
	case nil:
		return nil
	case array:
		return v
	}
	return []any{v}
}

func (d *document) filter(in []byte, f name, p dict) ([]byte, error) {
	var r io.Reader
	switch f {
	case "FlateDecode", "Fl":
		// The checksum at the end is often wrong or missing, so the two bytes of
		// the zlib header are skipped and plain deflate is read.
		r = flate.NewReader(bytes.NewReader(in[min(2, len(in)):]))
	case "LZWDecode", "LZW":
		if v, ok := d.resolve(p["EarlyChange"]).(float64); ok && v == 0 {
			return nil, fmt.Errorf("%w: LZW without early change is not read", record.ErrInvalid)
		}
		r = lzw.NewReader(bytes.NewReader(in), lzw.MSB, 8)
	case "ASCII85Decode", "A85":
		if i := bytes.IndexByte(in, '~'); i >= 0 {
			in = in[:i]
		}
		r = ascii85.NewDecoder(bytes.NewReader(bytes.TrimPrefix(in, []byte("<~"))))
	case "ASCIIHexDecode", "AHx":
		l := lexer{b: in}
		d.spent += int64(len(in))
		return []byte(l.hex()), nil
	case "RunLengthDecode", "RL":
		return d.runs(in)
	case "Crypt":
		return in, nil
	default:
		return nil, fmt.Errorf("%w: filter %.40q is not read", record.ErrInvalid, string(f))
	}
	limit := min(maxStream, d.budget-d.spent)
	if limit <= 0 {
		return nil, errBudget
	}
	out, err := io.ReadAll(io.LimitReader(r, limit+1))
	d.spent += int64(len(out))
	if int64(len(out)) > limit {
		out, err = out[:limit], errBudget
	}
	if n := d.number(p["Predictor"]); n > 1 {
		var perr error
		out, perr = d.predict(out, int(n), p)
		err = errors.Join(err, perr)
	}
	return out, err
}

func (d *document) runs(in []byte) ([]byte, error) {
	var out []byte
	for i := 0; i < len(in) && in[i] != 128; {
		n := int(in[i])
		i++
		if n < 128 {
			end := min(i+n+1, len(in))
			out = append(out, in[i:end]...)
			i = end
		} else if i < len(in) {
			out = append(out, bytes.Repeat(in[i:i+1], 257-n)...)
			i++
		}
		if len(out) > maxStream {
			return out, errBudget
		}
	}
	d.spent += int64(len(out))
	return out, nil
}

// predict undoes the differences between neighbours that make tables pack
// better: PNG's five filters, and TIFF's for bytes.
func (d *document) predict(in []byte, kind int, p dict) ([]byte, error) {
	get := func(k name, def int) int {
		if n, ok := d.resolve(p[k]).(float64); ok && n >= 1 && n <= 1<<16 {
			return int(n)
		}
		return def
	}
	colors, bits, columns := get("Colors", 1), get("BitsPerComponent", 8), get("Columns", 1)
	if colors > 64 || bits > 16 {
		return in, fmt.Errorf("%w: predictor of %d colours, %d bits", record.ErrInvalid, colors, bits)
	}
	pixel, row := max(1, colors*bits/8), (colors*bits*columns+7)/8
	if kind == 2 {
		if bits != 8 {
			return in, fmt.Errorf("%w: TIFF predictor of %d bits is not read", record.ErrInvalid, bits)
		}
		out := slices.Clone(in)
		for i := range out {
			if i%row >= pixel {
				out[i] += out[i-pixel]
			}
		}
		return out, nil
	}
	out := make([]byte, 0, len(in))
	prev := make([]byte, row)
	for len(in) > 1 {
		filter := in[0]
		line := slices.Clone(in[1:min(len(in), row+1)])
		in = in[min(len(in), row+1):]
		for i := range line {
			var left, corner byte
			if i >= pixel {
				left, corner = line[i-pixel], prev[i-pixel]
			}
			switch filter {
			case 1:
				line[i] += left
			case 2:
				line[i] += prev[i]
			case 3:
				line[i] += byte((int(left) + int(prev[i])) / 2)
			case 4:
				line[i] += paeth(left, prev[i], corner)
			}
		}
		out = append(out, line...)
		copy(prev, line)
	}
	return out, nil
}

func paeth(a, b, c byte) byte {
	p := int(a) + int(b) - int(c)
	pa, pb, pc := abs(p-int(a)), abs(p-int(b)), abs(p-int(c))
	switch {
	case pa <= pb && pa <= pc:
		return a
	case pb <= pc:
		return b
	}
	return c
}

func abs(n int) int { return max(n, -n) }
