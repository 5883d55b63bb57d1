package language

import (
	"errors"
	"testing"
	"time"
)

func TestParseDate(t *testing.T) {
	baghdad := time.FixedZone("", 3*3600)
	near := time.Date(2026, 1, 15, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		in, want string // RFC 3339 in UTC, cut to the precision
		cal      Calendar
		zone     bool
	}{
		{"2026-01-10", "2026-01-09T21:00Z day", Gregorian, false},
		{"2026-01-10T16:09:30Z", "2026-01-10T16:09:30Z", Gregorian, true},
		{"2026-01-10T16:09:30.123+03:00", "2026-01-10T13:09:30Z", Gregorian, true},
		{"2026-01-10 16:09", "2026-01-10T13:09Z", Gregorian, false},
		{"20260110T160930Z", "2026-01-10T16:09:30Z", Gregorian, true},
		{"20260110", "2026-01-09T21:00Z day", Gregorian, false},
		{"Sat, 10 Jan 2026 16:09:30 +0300", "2026-01-10T13:09:30Z", Gregorian, true},
		{"Sat, 10 Jan 2026 16:09:30 GMT", "2026-01-10T16:09:30Z", Gregorian, true},
		{"Sat Jan 10 16:09:30 2026", "2026-01-10T13:09:30Z", Gregorian, false},
		{"Sat Jan 10 16:09:30 UTC 2026", "2026-01-10T16:09:30Z", Gregorian, true},
		{"January 10, 2026", "2026-01-09T21:00Z day", Gregorian, false},
		{"3rd of May 2021", "2021-05-02T21:00Z day", Gregorian, false},
		{"10 January", "2026-01-09T21:00Z day", Gregorian, false},
		{"28 December", "2025-12-27T21:00Z day", Gregorian, false},
		{"January 2026", "2025-12-31T21:00Z month", Gregorian, false},
		{"2026", "2025-12-31T21:00Z year", Gregorian, false},
		{"10 January 2026 at 16.09", "2026-01-10T13:09Z", Gregorian, false},
		{"at 4:09 pm on 10 January 2026", "2026-01-10T13:09Z", Gregorian, false},
		{"10 January 2026, 4:09 p.m. GMT+3", "2026-01-10T13:09Z", Gregorian, true},
		{"25/12/2021", "2021-12-24T21:00Z day", Gregorian, false},
		{"12/25/2021", "2021-12-24T21:00Z day", Gregorian, false},
		{"03.04.2021", "2021-04-02T21:00Z day", Gregorian, false},
		{"4/4/2021", "2021-04-03T21:00Z day", Gregorian, false},
		{"١٠ يناير ٢٠٢٦", "2026-01-09T21:00Z day", Gregorian, false},
		{"10 كانون الثاني 2026", "2026-01-09T21:00Z day", Gregorian, false},
		{"10 يناير/كانون الثاني 2026", "2026-01-09T21:00Z day", Gregorian, false},
		{"السبت ١٠ كانونِ الثاني ٢٠٢٦ الساعة ٤:٠٩ مساءً", "2026-01-10T13:09Z", Gregorian, false},
		{"٥ شباط ٢٠٢١م", "2021-02-04T21:00Z day", Gregorian, false},
		{"7 جويلية 2021", "2021-07-06T21:00Z day", Gregorian, false},
		{"3 غشت 2021", "2021-08-02T21:00Z day", Gregorian, false},
		{"الساعة 2:30 ليلا", "2026-01-14T23:30Z", Gregorian, false},
		{"الساعة 11 ليلا", "2026-01-15T20:00Z", Gregorian, false},
		{"۱۰ ژانویه ۲۰۲۶", "2026-01-09T21:00Z day", Gregorian, false},
		{"۱۰ ژانویهٔ ۲۰۲۶ ساعت ۱۶:۰۹", "2026-01-10T13:09Z", Gregorian, false},
		{"10 Ocak 2026", "2026-01-09T21:00Z day", Gregorian, false},
		{"10 Şubat 2026 saat 16.09", "2026-02-10T13:09Z", Gregorian, false},
		{"10 בינואר 2026", "2026-01-09T21:00Z day", Gregorian, false},
		{"10. März 2026", "2026-03-09T21:00Z day", Gregorian, false},
		{"10 января 2026 года", "2026-01-09T21:00Z day", Gregorian, false},
		{"10ی کانوونی دووەمی 2026", "2026-01-09T21:00Z day", Gregorian, false},
		{"21 Rajab 1447", "2026-01-09T21:00Z day", Hijri, false},
		{"٢١ رجب ١٤٤٧ هـ", "2026-01-09T21:00Z day", Hijri, false},
		{"1 ربيع الأول 1447", "2025-08-23T21:00Z day", Hijri, false},
		{"15 ذي الحجة 1446هـ", "2025-06-10T21:00Z day", Hijri, false},
		{"21 رجب", "2026-01-09T21:00Z day", Hijri, false},
		{"۲۰ دی ۱۴۰۴", "2026-01-09T21:00Z day", SolarHijri, false},
		{"20 Dey 1404", "2026-01-09T21:00Z day", SolarHijri, false},
		{"۱۴۰۴/۱۰/۲۰", "2026-01-09T21:00Z day", SolarHijri, false},
		{"۱۴۰۴/۱۰/۲۰ - ۱۶:۰۹", "2026-01-10T13:09Z", SolarHijri, false},
		{"1447/7/21", "2026-01-09T21:00Z day", Hijri, false},
		{"1447/7/21 هـ", "2026-01-09T21:00Z day", Hijri, false},
		{"دی ۱۴۰۴", "2025-12-21T21:00Z month", SolarHijri, false},
		{"۳۰ اسفند ۱۴۰۳", "2025-03-19T21:00Z day", SolarHijri, false},
		{"today", "2026-01-14T21:00Z day", Gregorian, false},
		{"yesterday at 16.09", "2026-01-14T13:09Z", Gregorian, false},
		{"أمس", "2026-01-13T21:00Z day", Gregorian, false},
		{"أول أمس", "2026-01-12T21:00Z day", Gregorian, false},
		{"دیروز ساعت ۱۶:۰۹", "2026-01-14T13:09Z", Gregorian, false},
		{"اليوم", "2026-01-14T21:00Z day", Gregorian, false},
		{"امروز", "2026-01-14T21:00Z day", Gregorian, false},
		{"נעכטן", "2026-01-13T21:00Z day", Gregorian, false},
		{"at 16.09", "2026-01-15T13:09Z", Gregorian, false},
		{"الساعة ٤:٠٩ مساءً بتوقيت غرينتش", "2026-01-15T16:09Z", Gregorian, true},
		{"12:05 am", "2026-01-14T21:05Z", Gregorian, false},
		{"12:05 pm", "2026-01-15T09:05Z", Gregorian, false},
		// not dates
		{"31/02/2021", "", "", false}, {"2026-13-01", "", "", false}, {"31 فبراير 2021", "", "", false}, {"40 January 2020", "", "", false},
		{"۳۱ مهر ۱۴۰۳", "", "", false}, {"1.2.3.4", "", "", false}, {"25:99", "", "", false}, {"10 Jan 2011105", "", "", false},
		{"soon", "", "", false}, {"", "", "", false}, {"12", "", "", false}, {"10 January 2026 and 11 January 2026", "", "", false},
	} {
		d, err := ParseDate(c.in, baghdad, near)
		got := ""
		if err == nil {
			switch d.Precision {
			case ToSecond:
				got = d.Time.Format(time.RFC3339)
			default:
				got = d.Time.Format("2006-01-02T15:04Z") + map[Precision]string{ToYear: " year", ToMonth: " month", ToDay: " day"}[d.Precision]
			}
		} else if !errors.Is(err, ErrNotUnderstood) {
			t.Errorf("ParseDate(%q): %v", c.in, err)
		}
		if got != c.want || d.Calendar != c.cal || d.ZonePrinted != c.zone {
			t.Errorf("ParseDate(%q) = %q %s zone %v (%v), want %q %s zone %v", c.in, got, d.Calendar, d.ZonePrinted, err, c.want, c.cal, c.zone)
		}
		if want := map[bool]int{true: 1}[c.cal == Hijri]; d.Uncertain != want {
			t.Errorf("ParseDate(%q): uncertain by %d days, want %d", c.in, d.Uncertain, want)
		}
	}
}

func TestParseDateAmbiguous(t *testing.T) {
	for in, want := range map[string][2]string{
		"03/04/2021": {"2021-03-04", "2021-04-03"},
		"٣/٤/٢٠٢١":   {"2021-03-04", "2021-04-03"},
		"3-4-2021":   {"2021-03-04", "2021-04-03"},
		"1404/10/20": {"1984-07-19", "2026-01-10"}, // Hijri and Solar Hijri, when nothing tells how old the text is
	} {
		d, err := ParseDate(in, nil, time.Time{})
		if !errors.Is(err, ErrAmbiguous) || !d.Ambiguous || len(d.Readings) != 2 {
			t.Fatalf("ParseDate(%q) = %+v, %v; want two readings", in, d, err)
		}
		for i, r := range d.Readings {
			if got := r.Format(time.DateOnly); got != want[i] {
				t.Errorf("ParseDate(%q): reading %d is %s, want %s", in, i, got, want[i])
			}
		}
	}
}

func TestParseDateNeedsNear(t *testing.T) {
	for _, in := range []string{"yesterday", "10 January", "at 16:09", "۲۰ دی"} {
		if d, err := ParseDate(in, nil, time.Time{}); !errors.Is(err, ErrNotUnderstood) {
			t.Errorf("ParseDate(%q) without near = %+v, %v", in, d, err)
		}
	}
}

func TestFindDates(t *testing.T) {
	near := time.Date(2026, 1, 15, 9, 0, 0, 0, time.UTC)
	for in, want := range map[string][]string{
		"On 3 January 2026 the bridge fell; by January 5 it was open.":          {"3 January 2026", "January 5"},
		"They may 5 times march 3 miles; in May 2021 they did.":                 {"May 2021"},
		"وقع الانفجار في ١٠ كانون الثاني ٢٠٢٦ عند الساعة ٤:٠٩ مساءً في السدرة.": {"١٠ كانون الثاني ٢٠٢٦", "الساعة ٤:٠٩ مساءً"},
		"صدر البيان بتاريخ 21 رجب 1447هـ الموافق 10 يناير 2026م":                {"21 رجب 1447هـ", "10 يناير 2026م"},
		"در تاریخ ۲۰ دی ۱۴۰۴ ساعت ۱۶:۰۹ اعلام شد":                               {"۲۰ دی ۱۴۰۴ ساعت ۱۶:۰۹"},
		"version 1.2.2021.5, 192.168.1.20, 2:1, ratio 3/4":                      nil,
		"12 دي که":         nil,
		"no dates in here": nil,
		"seen 03/04/2021 and 2026-01-10T16:09:00Z": {"03/04/2021", "2026-01-10T16:09:00Z"},
	} {
		var got []string
		for _, d := range FindDates(in, time.UTC, near) {
			got = append(got, in[d.Start:d.End])
		}
		if len(got) != len(want) {
			t.Errorf("FindDates(%q) = %q, want %q", in, got, want)
			continue
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("FindDates(%q)[%d] = %q, want %q", in, i, got[i], want[i])
			}
		}
	}
}

func FuzzFindDates(f *testing.F) {
	for _, s := range []string{"2026-01-10T16:09:30+03:00", "٢١ رجب ١٤٤٧ هـ.ش", "at 16.09 p.m. (GMT+3)", "10 يناير/كانون الثاني 2026", "Sat Jan 10 16:09:30 UTC 2026", "1404/10/20", "30/30/1447", "0/0/2021", "۳۰ اسفند ۱۶۹۹", "1 Muharram 1200"} {
		f.Add(s, int64(1768464000))
	}
	f.Fuzz(func(t *testing.T, s string, at int64) {
		near := time.Unix(at%(1<<33), 0)
		end := 0
		for _, d := range FindDates(s, nil, near) {
			if d.Start < end || d.End <= d.Start || d.End > len(s) {
				t.Fatalf("FindDates(%q): range %d-%d after %d", s, d.Start, d.End, end)
			}
			end = d.End
			if d.Precision == NoTime || d.Ambiguous != (len(d.Readings) > 1) || d.Time.Location() != time.UTC {
				t.Fatalf("FindDates(%q): %+v", s, d)
			}
		}
		if d, err := ParseDate(s, nil, near); err == nil && d.Precision == NoTime {
			t.Fatalf("ParseDate(%q) = %+v", s, d)
		}
	})
}
