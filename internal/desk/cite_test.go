package desk

import (
	"testing"
	"time"

	"dalil/internal/record"
)

func TestCitations(t *testing.T) {
	baghdad, err := time.LoadLocation("Asia/Baghdad")
	if err != nil {
		t.Fatal(err)
	}
	at := func(p record.Precision) record.When {
		return record.When{Unix: time.Date(2020, 10, 10, 16, 9, 30, 0, baghdad).Unix(), Precision: p}
	}
	captured := time.Date(2026, 1, 18, 9, 0, 0, 0, time.UTC).UnixMilli()
	post := func(w record.When) record.Statement {
		return record.Statement{Reading: record.Reading{Posted: w, Text: "The bridge  is open,\nagain.", ExternalID: "771"}, CapturedAt: captured}
	}
	article := record.Statement{Reading: record.Reading{Posted: at(record.ToDay), Title: "A bridge, twice.", Byline: "Rana Sol", URL: "https://ledger.example/a"}, CapturedAt: captured}
	channel := reference{zone: baghdad, medium: "Telegram", name: "Blue Horizon", public: true}
	for _, x := range []struct {
		name                            string
		s                               record.Statement
		r                               reference
		house, chicago, harvard, plainP string
	}{
		{"post", post(at(record.ToSecond)), channel,
			"Blue Horizon (Telegram) at 16.09 hours (Baghdad time) on October 10, 2020.",
			"Blue Horizon, “The bridge is open, again,” Telegram, October 10, 2020, 4:09 p.m. (Baghdad time).",
			"Blue Horizon (2020) ‘The bridge is open, again’ [Telegram], 10 October, 16:09 (Baghdad time). Captured 18 January 2026.",
			"Blue Horizon (Telegram), 2020-10-10 16:09:30 UTC+3, message 771; captured 2026-01-18 09:00 UTC; dalil:S-1."},
		{"day", post(at(record.ToDay)), channel,
			"Blue Horizon (Telegram) on October 10, 2020.",
			"Blue Horizon, “The bridge is open, again,” Telegram, October 10, 2020.",
			"Blue Horizon (2020) ‘The bridge is open, again’ [Telegram], 10 October. Captured 18 January 2026.",
			"Blue Horizon (Telegram), 2020-10-10, message 771; captured 2026-01-18 09:00 UTC; dalil:S-1."},
		{"undated", post(record.When{}), channel,
			"Blue Horizon (Telegram), undated; captured on January 18, 2026.",
			"Blue Horizon, “The bridge is open, again,” Telegram, undated.",
			"Blue Horizon (n.d.) ‘The bridge is open, again’ [Telegram]. Captured 18 January 2026.",
			"Blue Horizon (Telegram), time not stated, message 771; captured 2026-01-18 09:00 UTC; dalil:S-1."},
		{"private", post(at(record.ToMinute)), reference{zone: baghdad, medium: "private Telegram group", name: "name withheld"},
			"name withheld (private Telegram group) at 16.09 hours (Baghdad time) on October 10, 2020.",
			"name withheld, private Telegram group, October 10, 2020, 4:09 p.m. (Baghdad time).",
			"name withheld (2020) post [private Telegram group], 10 October, 16:09 (Baghdad time). Captured 18 January 2026.",
			"name withheld (private Telegram group), 2020-10-10 16:09 UTC+3; captured 2026-01-18 09:00 UTC; dalil:S-1."},
		{"article", article, reference{zone: baghdad, name: "The Ledger", public: true},
			"Rana Sol, “A bridge, twice,” The Ledger, October 10, 2020.",
			"Rana Sol, “A bridge, twice,” The Ledger, October 10, 2020, https://ledger.example/a.",
			"Rana Sol (2020) ‘A bridge, twice’, The Ledger, 10 October. Available at: https://ledger.example/a (Accessed: 18 January 2026).",
			"The Ledger, 2020-10-10, https://ledger.example/a; captured 2026-01-18 09:00 UTC; dalil:S-1."},
	} {
		r := x.r
		r.s = x.s
		for style, got := range map[string][2]string{"house": {r.house(), x.house}, "chicago": {r.chicago(), x.chicago}, "harvard": {r.harvard(), x.harvard}, "plain": {r.plain("S-1", record.Digest{}), x.plainP}} {
			if got[0] != got[1] {
				t.Errorf("%s, %s:\n  %s\nwant\n  %s", x.name, style, got[0], got[1])
			}
		}
	}
}

func TestZonesAreNamedAsReadersDo(t *testing.T) {
	for zone, want := range map[string]string{"Asia/Baghdad": "Baghdad time", "America/Argentina/Buenos_Aires": "Buenos Aires time", "Etc/GMT-3": "UTC+3", "UTC": "UTC", "America/St_Johns": "St Johns time"} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := cityTime(time.Date(2020, 1, 1, 0, 0, 0, 0, loc)); got != want {
			t.Errorf("%s: %q, want %q", zone, got, want)
		}
	}
	if got := offset(time.Date(2020, 1, 1, 0, 0, 0, 0, time.FixedZone("x", -12600))); got != "−3:30" {
		t.Errorf("offset %q", got)
	}
}

func TestKeyNames(t *testing.T) {
	for name, want := range map[string]string{"صدى النهر - Echo of the River": "echo-of-the-river", "أصحاب الجسر": "أصحاب-الجسر", "⚡⚡": "", "Canal 14": "canal-14"} {
		if got := keyName(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
