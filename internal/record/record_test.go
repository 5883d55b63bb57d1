package record

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestWhen(t *testing.T) {
	baghdad := time.FixedZone("UTC+3", 3*3600)
	at := time.Date(2020, 10, 10, 13, 9, 7, 0, time.UTC).Unix()
	for _, c := range []struct {
		w        When
		text, in string
	}{
		{When{}, "", "time not stated"},
		{AtUnix(at), "2020-10-10T13:09:07Z", "2020-10-10 16:09:07"},
		{When{Unix: at, Precision: ToMinute}, "2020-10-10T13:09Z", "2020-10-10 16:09"},
		{When{Unix: at, Precision: ToDay}, "2020-10-10", "2020-10-10"},
		{When{Unix: at, Precision: ToMonth}, "2020-10", "2020-10"},
		{When{Unix: at, Precision: ToYear}, "2020", "2020"},
		{AtUnix(-1), "1969-12-31T23:59:59Z", "1970-01-01 02:59:59"},
	} {
		b, err := c.w.MarshalText()
		if err != nil || string(b) != c.text {
			t.Errorf("%+v is written %q, %v; want %q", c.w, b, err, c.text)
		}
		if got := c.w.In(baghdad); got != c.in {
			t.Errorf("%+v in Baghdad is %q, want %q", c.w, got, c.in)
		}
		var back When
		if err := back.UnmarshalText(b); err != nil || back.Precision != c.w.Precision {
			t.Errorf("%q reads back as %+v, %v", b, back, err)
		}
		if c.w.Known() != (c.w.Seconds() != NoSeconds) {
			t.Errorf("%+v: Known and Seconds disagree", c.w)
		}
	}
	var w When
	if err := w.UnmarshalText([]byte("10/10/2020")); !errors.Is(err, ErrInvalid) {
		t.Errorf("an unknown form: %v", err)
	}
}

func TestDigest(t *testing.T) {
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" // FIPS 180-4
	if got := DigestOf(nil).String(); got != empty {
		t.Errorf("SHA-256 of nothing is %s", got)
	}
	if d, err := ParseDigest(empty); err != nil || d != DigestOf(nil) || d.IsZero() {
		t.Errorf("ParseDigest: %v, %v", d, err)
	}
	for _, bad := range []string{"", empty[1:], empty + "0", "g" + empty[1:]} {
		if _, err := ParseDigest(bad); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestHint(t *testing.T) {
	err := WithHint(fmt.Errorf("open x: %w", ErrNotFound), "look elsewhere")
	var h *Hint
	if !errors.Is(err, ErrNotFound) || !errors.As(err, &h) || h.Do != "look elsewhere" || err.Error() != "open x: not found" {
		t.Errorf("%v, %+v", err, h)
	}
	if WithHint(nil, "x") != nil {
		t.Error("a hint about nothing is an error")
	}
}
