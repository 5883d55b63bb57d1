package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"dalil/internal/record"
	"dalil/internal/state"
)

// Sheets that were sent from a browser wait as drafts of whoever sent them, until
// they are taken over, dropped, or a day old.
const (
	sheetDraft = "apply/" // and its id
	sheetsKept = 5
	sheetAge   = 24 * time.Hour
)

// KeptSheet is a sheet that waits.
type KeptSheet struct {
	ID string
	At int64 // when it was sent, ms
	Filled
}

// KeepSheet keeps a sheet until it is decided about, and returns its id. The same
// file has the same id.
func (d *Desk) KeepSheet(ctx context.Context, f *Filled) (string, error) {
	s, err := d.Case.State()
	if err != nil {
		return "", err
	}
	all, err := d.KeptSheets(ctx)
	if err != nil {
		return "", err
	}
	id := f.Digest.String()[:16]
	for i, k := range all { // newest first
		if k.ID != id && i >= sheetsKept-1 {
			if err := d.DropSheet(ctx, k.ID); err != nil {
				return "", err
			}
		}
	}
	b, err := json.Marshal(f)
	if err != nil {
		return "", err
	}
	return id, s.SetDraft(ctx, state.Draft{Handle: d.Case.Handle(), About: sheetDraft + id, Text: string(b), At: d.Case.Now().UnixMilli()})
}

// KeptSheet finds a sheet that this person sent; ErrNotFound when it is gone.
func (d *Desk) KeptSheet(ctx context.Context, id string) (KeptSheet, error) {
	s, err := d.Case.State()
	if err != nil {
		return KeptSheet{}, err
	}
	x, err := s.Draft(ctx, d.Case.Handle(), sheetDraft+id)
	if err != nil || d.tooOld(x) {
		return KeptSheet{}, record.WithHint(fmt.Errorf("sheet %.20s: %w", id, record.ErrNotFound), "send the sheet again: it was taken over or dropped, or is a day old")
	}
	return keptSheet(x)
}

// KeptSheets lists the sheets that this person sent, the newest first, and forgets
// those that are too old.
func (d *Desk) KeptSheets(ctx context.Context) ([]KeptSheet, error) {
	s, err := d.Case.State()
	if err != nil {
		return nil, err
	}
	drafts, err := s.Drafts(ctx, d.Case.Handle())
	if err != nil {
		return nil, err
	}
	var all []KeptSheet
	for _, x := range drafts {
		if !strings.HasPrefix(x.About, sheetDraft) {
			continue
		}
		if d.tooOld(x) {
			if err := s.DropDraft(ctx, x.Handle, x.About); err != nil {
				return nil, err
			}
			continue
		}
		k, err := keptSheet(x)
		if err != nil {
			return nil, err
		}
		all = append(all, k)
	}
	return all, nil
}

func (d *Desk) tooOld(x state.Draft) bool {
	return d.Case.Now().Sub(time.UnixMilli(x.At)) > sheetAge
}

func keptSheet(x state.Draft) (KeptSheet, error) {
	k := KeptSheet{ID: strings.TrimPrefix(x.About, sheetDraft), At: x.At}
	err := json.Unmarshal([]byte(x.Text), &k.Filled)
	return k, err
}

// DropSheet forgets a sheet that waits.
func (d *Desk) DropSheet(ctx context.Context, id string) error {
	s, err := d.Case.State()
	if err != nil {
		return err
	}
	return s.DropDraft(ctx, d.Case.Handle(), sheetDraft+id)
}
