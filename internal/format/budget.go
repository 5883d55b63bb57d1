package format

import (
	"fmt"
	"io"

	"dalil/internal/record"
)

// Budget bounds what a container may unpack to, over all of its parts
// together: MaxSlack bytes, and MaxRatio more for every packed byte that was
// consumed. A part that is stopped leaves its share spent, so a thousand small
// bombs get no further than one large one, while ordinary parts behind a bomb
// earn their own allowance. The zero value is ready. It is not safe for
// concurrent use.
type Budget struct {
	packed, unpacked int64
}

// Spend counts packed bytes consumed and unpacked bytes made of them. It
// returns an error wrapping record.ErrInvalid once too much came of too little.
func (b *Budget) Spend(packed, unpacked int64) error {
	b.packed += packed
	b.unpacked += unpacked
	if b.unpacked <= MaxSlack || b.unpacked-MaxSlack <= b.packed*MaxRatio {
		return nil
	}
	b.unpacked = MaxSlack + b.packed*MaxRatio
	return record.WithHint(
		fmt.Errorf("%w: unpacks to more than %d times its size, like a decompression bomb", record.ErrInvalid, MaxRatio),
		"if you trust it, unpack it yourself and import the folder")
}

// Reader returns a reader of r that spends from b and ends with the budget's
// error. packed tells how many packed bytes were consumed so far for r alone;
// it is asked after every read. No more than MaxPartBytes come out.
func (b *Budget) Reader(r io.Reader, packed func() int64) io.Reader {
	return &budgetReader{b: b, r: r, packed: packed}
}

type budgetReader struct {
	b      *Budget
	r      io.Reader
	packed func() int64
	seen   int64 // packed bytes already spent
	total  int64
	err    error
}

func (r *budgetReader) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.r.Read(p)
	now := r.packed()
	r.total += int64(n)
	if over := r.b.Spend(now-r.seen, int64(n)); over != nil {
		r.err = over
		return 0, over
	}
	r.seen = now
	if r.total > MaxPartBytes {
		r.err = record.WithHint(fmt.Errorf("%w: a part longer than %d GiB", record.ErrInvalid, MaxPartBytes>>30),
			"unpack it yourself and import the folder")
		return 0, r.err
	}
	return n, err
}
