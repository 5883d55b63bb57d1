package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"dalil/internal/catalog"
	"dalil/internal/query"
	"dalil/internal/record"
)

// Decisions about saved searches. The target of a drop is the decision that
// saved it.
const (
	ActionSaveSearch = "save-search"
	ActionDropSearch = "drop-search"
)

// SavedSearch is a query that people kept under a name.
type SavedSearch struct {
	Name    string   `json:"name"`
	Query   string   `json:"query"`
	View    string   `json:"view,omitempty"` // how it is shown: a word of the browser's
	Columns []string `json:"columns,omitempty"`
	Warn    bool     `json:"warn,omitempty"` // tell when something new matches
}

// Saved is a saved search that stands.
type Saved struct {
	SavedSearch
	ID      string // D-… of the decision that saved it
	Leaf    uint64
	By      string
	At      int64 // ms
	Reason  string
	Echo    string // the query in words
	Problem string // why the query cannot be read; "" when it can
}

// Bounds of what is typed.
const (
	maxSavedName = 80 // letters
	maxColumns   = 40
	maxSaved     = 500 // standing at once
)

// SavedSearches lists the saved searches, by name.
func (d *Desk) SavedSearches(ctx context.Context) ([]Saved, error) {
	decisions, err := d.Case.Catalog.DecisionsBy(ctx, ActionSaveSearch, ActionDropSearch)
	if err != nil {
		return nil, err
	}
	byName := map[string]Saved{}
	for _, x := range decisions {
		if x.Undone != 0 {
			continue
		}
		if x.Action == ActionDropSearch {
			for name, s := range byName {
				if s.Leaf == x.Target {
					delete(byName, name)
				}
			}
			continue
		}
		s := Saved{ID: d.Case.IDs.ID(record.KindDecision, x.Leaf), Leaf: x.Leaf, By: x.By, At: x.At, Reason: x.Reason}
		if err := json.Unmarshal([]byte(x.Payload), &s.SavedSearch); err != nil {
			return nil, fmt.Errorf("%w: decision at log entry %d: %v", record.ErrAltered, x.Leaf, err)
		}
		byName[strings.ToLower(s.Name)] = s
	}
	all := make([]Saved, 0, len(byName))
	for _, s := range byName {
		if q, err := query.Parse(s.Query, query.ParseOptions{Zone: d.Case.Zone, Now: d.Case.Now()}); err != nil {
			s.Problem = err.Error()
		} else {
			s.Echo = query.Echo(q)
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b Saved) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return all, nil
}

// SavedSearch finds a saved search by its name or id.
func (d *Desk) SavedSearch(ctx context.Context, name string) (Saved, error) {
	all, err := d.SavedSearches(ctx)
	if err != nil {
		return Saved{}, err
	}
	i := slices.IndexFunc(all, func(s Saved) bool { return strings.EqualFold(s.Name, name) || strings.EqualFold(s.ID, name) })
	if i < 0 {
		return Saved{}, record.WithHint(fmt.Errorf("saved search %.80q: %w", name, record.ErrNotFound), "list them with `dalil saved`")
	}
	return all[i], nil
}

// SaveSearch keeps a query under a name; one of that name is replaced. The
// reason may be empty.
func (d *Desk) SaveSearch(ctx context.Context, s SavedSearch, reason string) (record.Decision, error) {
	s.Name, s.Query = strings.Join(strings.Fields(s.Name), " "), strings.TrimSpace(s.Query)
	if n := len([]rune(s.Name)); n == 0 || n > maxSavedName {
		return record.Decision{}, fmt.Errorf("%w: a saved search has a name of 1 to %d letters", record.ErrInvalid, maxSavedName)
	}
	if len(s.View) > maxSavedName || len(s.Columns) > maxColumns || slices.ContainsFunc(s.Columns, func(c string) bool { return c == "" || len(c) > maxSavedName }) {
		return record.Decision{}, fmt.Errorf("%w: a view is a word, and there are at most %d columns", record.ErrInvalid, maxColumns)
	}
	if _, err := d.Parse(s.Query); err != nil {
		return record.Decision{}, err
	}
	return d.recordOn(ctx, ActionSaveSearch, 0, strings.TrimSpace(reason), func() (any, error) {
		all, err := d.SavedSearches(ctx)
		if err != nil {
			return nil, err
		}
		for _, o := range all {
			if strings.EqualFold(o.Name, s.Name) && o.Name == s.Name && o.Query == s.Query && o.Warn == s.Warn && o.View == s.View && slices.Equal(o.Columns, s.Columns) {
				return nil, fmt.Errorf("%q is saved so already: %w", s.Name, record.ErrConflict)
			}
		}
		if len(all) >= maxSaved {
			return nil, record.WithHint(fmt.Errorf("%w: %d searches are saved, the most there can be", record.ErrInvalid, len(all)), "drop one with `dalil saved drop`")
		}
		return s, nil
	})
}

// DropSearch lets go of a saved search, named or by id. The reason may be
// empty.
func (d *Desk) DropSearch(ctx context.Context, name, reason string) (record.Decision, error) {
	s, err := d.SavedSearch(ctx, name)
	if err != nil {
		return record.Decision{}, err
	}
	return d.recordOn(ctx, ActionDropSearch, s.Leaf, strings.TrimSpace(reason), func() (any, error) {
		_, err := d.SavedSearch(ctx, s.ID) // it may have been dropped or replaced meanwhile
		return nil, err
	})
}

// Fired is a saved search with something new.
type Fired struct {
	Saved
	N     int64 // statements, or wordings of them, that are new; exact up to 10,000
	Exact bool
	Hits  []catalog.Hit // the newest of them by posting time, at most 5
}

// Fired returns the saved searches with a warning that statements match which
// came into the case after its log had a size: what the person saw last.
func (d *Desk) Fired(ctx context.Context, since uint64) ([]Fired, error) {
	all, err := d.SavedSearches(ctx)
	if err != nil {
		return nil, err
	}
	var fired []Fired
	for _, s := range all {
		if !s.Warn || s.Problem != "" {
			continue
		}
		q, err := d.Parse(s.Query)
		if err != nil {
			continue // an id of another case
		}
		if q.Sort == query.Relevance {
			q.Sort = query.Newest
		}
		res, err := d.Reader().Search(ctx, q, catalog.Page{Limit: 5, Total: true, From: since, Now: d.Case.Now().Unix()})
		if err != nil {
			return nil, fmt.Errorf("saved search %q: %w", s.Name, err)
		}
		if res.Total > 0 {
			fired = append(fired, Fired{Saved: s, N: res.Total, Exact: res.Exact, Hits: res.Hits})
		}
	}
	return fired, nil
}

// Changes is what came into the case since somebody looked.
type Changes struct {
	catalog.Changes
	Others []record.Decision // of Decisions, those of other people
	Fired  []Fired
}

// Since says what came after the log had a size, for who comes back to the
// desk. Every part is bounded: see catalog.Changes.
func (d *Desk) Since(ctx context.Context, size uint64) (Changes, error) {
	var c Changes
	var err error
	if c.Changes, err = d.Reader().Since(ctx, size); err != nil {
		return c, err
	}
	for _, x := range c.Decisions {
		if x.By != d.Case.Handle() {
			c.Others = append(c.Others, x)
		}
	}
	c.Fired, err = d.Fired(ctx, size)
	return c, err
}
