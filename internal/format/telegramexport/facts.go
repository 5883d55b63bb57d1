package telegramexport

import (
	"context"
	"encoding/json"
	"io"
	"strings"

	"dalil/internal/format"
	"dalil/internal/record"
)

// factsHead is how far into an export its chat's name is looked for: Telegram
// Desktop writes name, type and id first.
const factsHead = 64 << 10

// factsJSON reads what the export of one chat calls it: another name than in an
// earlier export means that the chat was renamed between them. Exports of whole
// accounts would have to be read whole for it; their service messages tell of
// renamings too. The account's own correspondence is persons, not sources.
func factsJSON(_ context.Context, in format.Input) []record.Fact {
	d := json.NewDecoder(io.NewSectionReader(in.R, 0, min(in.Size, factsHead)))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	var c chat
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil
		}
		if t == "messages" {
			break
		}
		switch t {
		case "name":
			err = d.Decode(&c.name)
		case "type":
			err = d.Decode(&c.typ)
		case "id":
			err = d.Decode(&c.id)
		default:
			return nil // an account's export, or none that we know
		}
		if err != nil {
			return nil
		}
	}
	s, ok := c.source()
	if !ok || c.own() || c.name == "" || c.id == 0 {
		return nil
	}
	return []record.Fact{{Key: s.Key, Kind: record.FactTitle, Value: c.name, At: record.NoSeconds}}
}

// renamed is the title that a service message of an export says the chat has
// from then on; "" when it says none.
func (x *decoder) renamed() string {
	switch x.word(fAction) {
	case "edit_group_title", "create_channel", "create_group":
		return x.member("title", false)
	}
	return ""
}

// renamedLine is the same of a page of an HTML export.
func renamedLine(s string) string {
	for _, words := range []string{"Channel title changed to ", " changed group title to "} {
		if _, title, ok := strings.Cut(s, words); ok {
			title = strings.TrimSpace(title)
			title = strings.TrimSuffix(strings.TrimPrefix(title, "«"), "»")
			return title
		}
	}
	return ""
}
