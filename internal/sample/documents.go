package sample

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// documents writes everything that is no channel: articles, a report in
// Markdown, a paste, a PDF, pictures, a web archive and an account's export.
func (s *story) documents() ([]written, error) {
	var list []written
	var archived []byte
	for _, a := range s.articles() {
		o, page := outletOf(a.outlet), a.html()
		list = append(list, written{a.path, "article of " + o.Name + " (" + o.Lang + ")", page, a.at.Add(5 * time.Hour)})
		if a.path == archivedArticle {
			archived = page
		}
	}
	var shot []byte
	for n, f := range s.world.Families {
		if f.Event != s.event(0).ID && !f.Deleted {
			continue
		}
		var err error
		if shot, err = original(s.slots[n], f.FirstAt).png(); err != nil {
			return nil, err
		}
		list = append(list, written{picturePath(&f), "statement as a picture", shot, time.Unix(f.FirstAt, 0).Add(3 * time.Hour)})
	}
	return append(list,
		written{"reports/saltiyya-list.md", "report in Markdown", []byte(saltiyyaList), day(time.June, 10, 18, 0)},
		written{pastePath, "statement pasted as plain text", []byte(s.paste()), pastedAt},
		written{"reports/convoy-digest.pdf", "report as PDF, two pages", s.digest(), day(time.July, 2, 12, 0)},
		written{"web/ledger-2025-05-18.warc", "web archive of an article and its picture", warc(outletOf("ledger").URL, archived, shot), day(time.May, 18, 12, 30)},
		written{"exports/account-2025-08-08/result.json", "Telegram Desktop export, JSON: a whole account", s.account(), lastExport}), nil
}

const (
	archivedArticle = "articles/ledger-2025-05-18.html"
	pastePath       = "notes/paste-2025-06-06.txt"
)

var pastedAt = day(time.June, 6, 8, 12)

func picturePath(f *Family) string { return "images/statement-" + f.ID + ".png" }

// event returns the event that fixedEvents[n] became.
func (s *story) event(n int) *Event {
	for i := range s.world.Events {
		if fixed(&s.world.Events[i], n) {
			return &s.world.Events[i]
		}
	}
	return &Event{}
}

// pasted is the index of the family whose statement somebody pasted.
func (s *story) pasted() int {
	for i, f := range s.world.Families {
		if f.Event == s.event(pastedEvent).ID {
			return i
		}
	}
	return 0
}

// paste is a statement as it is copied out of a messenger.
func (s *story) paste() string {
	return "[6/6 08:10] " + chatNames[5] + ": وصلني هذا من ابن عمي، هل تعرفون مصدره؟\n[6/6 08:11] " + chatNames[5] + ":\n" + s.slots[s.pasted()].arabic() + "\n[6/6 08:12] أنا: سأسأل\n"
}

const saltiyyaList = `# The Saltiyya List

*Version of 10 June 2025. Compiled by volunteers.*

We publish **147 names** of people who died in Saltiyya between 14 and 17 May 2025. A name is on the list
when two sources that do not know of each other confirm it: a relative, a hospital, a grave, an employer.

## What we count

* People who died of injuries received within two kilometres of the old bridge.
* Passers-by, vendors and members of the police are included. This is **not** a list of protesters.
* The missing are not included. Thirteen families have asked us about sons and daughters.

| Group | Names |
|---|---|
| said by relatives to have protested | 96 |
| passers-by and vendors | 38 |
| municipal police and soldiers | 4 |
| not known | 9 |

## How it changed

| Date | Names |
|---|---|
| 20 May | 58 |
| 28 May | 121 |
| 10 June | 147 |

The names themselves are with the lawyers of the families and are not published here.

## References

1. The Dahrun Ledger, "Three hospitals in Saltiyya received 112 bodies after the bridge shooting", 18 May 2025.
2. Interior ministry, statement no. 41, 16 May 2025.
`

// digest is a report on attacks on convoys, as a PDF made by hand: two pages,
// uncompressed, one of the standard fonts.
func (s *story) digest() []byte {
	first := []string{"Attacks on supply convoys, March to June 2025", "", "Compiled from public statements. A statement is a claim, not a finding.", ""}
	second := []string{"Notes", "", "Times are local (UTC+3). Brands are given as they sign; who stands behind", "them is not a matter of this digest.",
		"The convoy at Mafraq Zaydun on 27 April was claimed twice, by brands that", "do not mention each other."}
	for _, e := range s.world.Events {
		if e.Target == "convoy" && e.At.Before(day(time.July, 1, 0, 0)) {
			for _, b := range e.Brands {
				first = append(first, fmt.Sprintf("%s  %s: %d x %s, claimed by %s", e.At.Format("2 January 2006 15:04"), placeOf(e.Place).Latin, e.Count, weaponOf(e.Weapon).latin, brandOf(b).Latin))
			}
		}
	}
	var b bytes.Buffer
	var offsets []int
	object := func(body string) {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(offsets), body)
	}
	page := func(lines []string) string {
		var c strings.Builder
		c.WriteString("BT\n/F1 11 Tf\n14 TL\n56 780 Td\n")
		for _, line := range lines {
			c.WriteString("(" + strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`).Replace(line) + ") Tj T*\n")
		}
		c.WriteString("ET")
		return fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", c.Len(), c.String())
	}
	b.WriteString("%PDF-1.4\n")
	object("<< /Type /Catalog /Pages 2 0 R >>")
	object("<< /Type /Pages /Kids [3 0 R 5 0 R] /Count 2 >>")
	object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 7 0 R >> >> /Contents 4 0 R >>")
	object(page(first))
	object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 7 0 R >> >> /Contents 6 0 R >>")
	object(page(second))
	object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
	object("<< /Title (Attacks on supply convoys) /Author (The Saltiyya List) /CreationDate (D:20250702120000+03'00') >>")
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R /Info 8 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, xref)
	return b.Bytes()
}

// warc writes a web archive (ISO 28500, WARC/1.0) with an article and its
// picture.
func warc(site string, page, picture []byte) []byte {
	at := day(time.May, 18, 12, 30).UTC().Format(time.RFC3339)
	var b bytes.Buffer
	r := newRNG(48)
	record := func(kind, contentType, url string, body []byte) {
		fmt.Fprintf(&b, "WARC/1.0\r\nWARC-Type: %s\r\nWARC-Record-ID: <urn:uuid:%08x-%04x-4%03x-8%03x-%012x>\r\nWARC-Date: %s\r\n",
			kind, uint32(r.next()), uint16(r.next()), r.n(0x1000), r.n(0x1000), r.next()>>16, at)
		if url != "" {
			fmt.Fprintf(&b, "WARC-Target-URI: %s\r\n", url)
		}
		fmt.Fprintf(&b, "Content-Type: %s\r\nContent-Length: %d\r\n\r\n", contentType, len(body))
		b.Write(body)
		b.WriteString("\r\n\r\n")
	}
	response := func(contentType string, body []byte) []byte {
		head := fmt.Sprintf("HTTP/1.1 200 OK\r\nDate: Sun, 18 May 2025 09:30:00 GMT\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", contentType, len(body))
		return append([]byte(head), body...)
	}
	record("warcinfo", "application/warc-fields", "", []byte("software: sample archiver\r\nformat: WARC File Format 1.0\r\n"))
	record("response", "application/http; msgtype=response", site+"/2025/05/18/saltiyya-morgues", response("text/html; charset=utf-8", page))
	record("response", "application/http; msgtype=response", site+"/picture.jpg", response("image/png", picture))
	return b.Bytes()
}

// account is a whole account's export: one of its chats is known already, the
// rest is the exporting analyst's own data, which nobody asked for.
func (s *story) account() []byte {
	l := layout{zone: zone}
	at := lastExport
	object := func(member string, first bool, pairs ...string) {
		if member != "" {
			l.name(member, first)
		} else {
			if !first {
				l.b = append(l.b, ',')
			}
			l.line()
		}
		l.open('{')
		for i := 0; i < len(pairs); i += 2 {
			l.name(pairs[i], i == 0)
			if v := pairs[i+1]; strings.HasSuffix(pairs[i], "user_id") {
				l.b = append(l.b, v...)
			} else {
				l.quote(v)
			}
		}
		l.close('}')
	}
	section := func(name, about string) {
		l.name(name, false)
		l.open('{')
		l.name("about", true)
		l.quote(about)
		l.name("list", false)
		l.open('[')
	}
	end := func() {
		l.close(']')
		l.close('}')
	}
	l.open('{')
	l.name("about", true)
	l.quote("Here is the data you requested.")
	object("personal_information", false, "user_id", "5900100200", "first_name", "Ilan", "last_name", "Verrick", "phone_number", "+999 00 111 22 33", "username", "@iverrick")
	section("contacts", "This list shows the contacts you have synchronised.")
	for i, n := range []string{"Tova", "Bardia", "Salim"} {
		object("", i == 0, "user_id", fmt.Sprint(int64(5900100300)+int64(i)), "first_name", n, "last_name", "(work)", "phone_number", fmt.Sprintf("+999 00 111 23 4%d", i),
			"date", "2024-11-02T10:00:00", "date_unixtime", "1730530800")
	}
	end()
	section("sessions", "This list shows the devices your account is logged in on.")
	object("", true, "last_active", "2025-08-08T09:58:00", "last_active_unixtime", "1754636280", "last_ip", "192.0.2.17", "last_country", "Sarghel", "last_region", "",
		"application_name", "Telegram Desktop", "application_version", "5.1.2", "device_model", "Desktop", "platform", "Linux", "system_version", "", "created", "2024-10-01T08:00:00", "created_unixtime", "1727758800")
	end()
	section("chats", "This page lists all chats from this export.")
	c := s.channel("abna_sakhr")
	l.line()
	l.chat(c.Name, c.Type, c.ID)
	first := true
	for _, p := range c.posts {
		if p.deleted || p.gone {
			continue
		}
		if !first {
			l.b = append(l.b, ',')
		}
		first = false
		m := s.message(c, p, at)
		if p.photo != "" {
			pic := s.pictures[c.Handle+"/"+p.photo]
			m.photo, m.photoLen, m.w, m.h = notIncluded, 0, pic.width, pic.height()
		}
		l.message(&m)
	}
	l.endChat()
	end()
	l.close('}')
	return l.b
}
