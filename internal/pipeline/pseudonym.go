package pipeline

import (
	"crypto/hmac"
	"crypto/sha256"
	"strings"

	"dalil/internal/record"
)

// pseudonyms replaces private persons by names that are the same for the same
// person within a case, and tell nothing without the case's key.
type pseudonyms struct{ key []byte }

const pseudonymLetters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// of returns the pseudonym of a person known by id, or by display name where
// the platform gave no id: 7 characters, 35 bits.
func (p pseudonyms) of(id, name string) string {
	m := hmac.New(sha256.New, p.key)
	if id != "" {
		m.Write([]byte("id\x00" + id))
	} else {
		m.Write([]byte("name\x00" + strings.ToLower(strings.TrimSpace(name))))
	}
	sum := m.Sum(nil)
	b := []byte("person-0000000")
	for i := range 7 {
		b[7+i] = pseudonymLetters[sum[i]&31]
	}
	return string(b)
}

// hide replaces p by its pseudonym if it is a person.
func (p pseudonyms) hide(x *record.Party) {
	if x.Person && (x.ID != "" || x.Name != "") {
		*x = record.Party{Person: true, Pseudonym: p.of(x.ID, x.Name)}
	}
}

// reading hides the private persons of a reading. Where a platform names a
// forward's origin without an id, it may be a person, so it is hidden too; a
// known publisher's name has the same pseudonym and is recognised by it.
func (p pseudonyms) reading(r *record.Reading) {
	if r.Kind == record.Service && r.Sender.Person && r.Sender.Name != "" {
		// A service line speaks of its actor by name.
		r.Text = strings.ReplaceAll(r.Text, r.Sender.Name, p.of(r.Sender.ID, r.Sender.Name))
	}
	p.hide(&r.Sender)
	if f := r.Forward; f != nil {
		if f.From.ID == "" && f.From.Name != "" {
			f.From.Person = true
		}
		p.hide(&f.From)
	}
}

// Pseudonym returns the pseudonym a display name has in this case when the
// platform gives no id with it.
func (c *Case) Pseudonym(name string) string { return c.pseudo.of("", name) }
