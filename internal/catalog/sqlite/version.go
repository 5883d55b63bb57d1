package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"

	"dalil/internal/record"
)

// more is what few statements have, kept as JSON in one column that is NULL
// for a plain post.
type more struct {
	Title     string            `json:"title,omitempty"`
	Byline    string            `json:"byline,omitempty"`
	Entities  []record.Entity   `json:"entities,omitempty"`
	Sender    record.Party      `json:"sender,omitzero"`
	Forward   *record.Forward   `json:"forward,omitempty"`
	ReplyTo   string            `json:"reply_to,omitempty"`
	Media     []record.Media    `json:"media,omitempty"`
	Reactions []record.Reaction `json:"reactions,omitempty"`
	Views     int64             `json:"views,omitempty"`
	URL       string            `json:"url,omitempty"`
	Parent    string            `json:"parent,omitempty"`
	Credits   []string          `json:"credits,omitempty"`
	Refs      []string          `json:"refs,omitempty"`
	Flags     []record.Flag     `json:"flags,omitempty"`
	Blob      record.Digest     `json:"blob,omitzero"` // of the span, when it is not the capture's
	Page      int               `json:"page,omitempty"`
	Box       *record.Box       `json:"box,omitempty"`
	From      float64           `json:"from_s,omitempty"`
	To        float64           `json:"to_s,omitempty"`
}

func (m *more) empty() bool {
	return m.Title == "" && m.Byline == "" && len(m.Entities) == 0 && m.Sender == record.Party{} && m.Forward == nil &&
		m.ReplyTo == "" && len(m.Media) == 0 && len(m.Reactions) == 0 && m.Views == 0 && m.URL == "" && m.Parent == "" &&
		len(m.Credits) == 0 && len(m.Refs) == 0 && len(m.Flags) == 0 && m.Blob.IsZero() && m.Page == 0 && m.Box == nil &&
		m.From == 0 && m.To == 0
}

// packMore returns the column form of what is rare in st.
func packMore(st *record.Statement, captured record.Digest) (any, error) {
	m := more{Title: st.Title, Byline: st.Byline, Entities: st.Entities, Sender: st.Sender, Forward: st.Forward,
		ReplyTo: st.ReplyTo, Media: st.Media, Reactions: st.Reactions, Views: st.Views, URL: st.URL, Parent: st.Parent,
		Credits: st.Credits, Refs: st.Refs, Flags: st.Flags,
		Page: st.Span.Page, Box: st.Span.Box, From: st.Span.From, To: st.Span.To}
	if st.Span.Blob != captured {
		m.Blob = st.Span.Blob
	}
	if m.empty() {
		return nil, nil
	}
	b, err := json.Marshal(&m)
	return string(b), err
}

func (m *more) unpack(st *record.Statement) {
	st.Title, st.Byline, st.Entities, st.Sender, st.Forward = m.Title, m.Byline, m.Entities, m.Sender, m.Forward
	st.ReplyTo, st.Media, st.Reactions, st.Views, st.URL = m.ReplyTo, m.Media, m.Reactions, m.Views, m.URL
	st.Parent, st.Credits, st.Refs, st.Flags = m.Parent, m.Credits, m.Refs, m.Flags
	st.Span.Page, st.Span.Box, st.Span.From, st.Span.To = m.Page, m.Box, m.From, m.To
	if !m.Blob.IsZero() {
		st.Span.Blob = m.Blob
	}
}

// number is the index form of an external id: the id itself when it is a plain
// decimal number, and then plain is true; otherwise a negative number made of
// its SHA-256.
func number(id string) (n int64, plain bool) {
	if len(id) > 0 && len(id) < 19 && (id[0] != '0' || len(id) == 1) {
		if n, err := strconv.ParseUint(id, 10, 63); err == nil {
			return int64(n), true
		}
	}
	h := sha256.Sum256([]byte(id))
	return -int64(binary.BigEndian.Uint64(h[:])>>1) - 1, false
}

// how is the column form of a time's precision and of whether its zone was printed.
func how(w record.When) int64 { return int64(w.Precision) | bit(w.NoZone)<<3 }

func when(sec sql.NullInt64, how int64) record.When {
	if !sec.Valid || how&7 > int64(record.ToSecond) {
		return record.When{}
	}
	return record.When{Unix: sec.Int64, Precision: record.Precision(how & 7), NoZone: how&8 != 0}
}

// digestOrNull is the column form of a digest that may be absent.
func digestOrNull(d *record.Digest) any {
	if d.IsZero() {
		return nil
	}
	return d[:]
}

const versionWidth = 21

// versions inserts the batch's statement versions and closes the interval of
// those they replace.
func (a *application) versions(ctx context.Context) error {
	statements := a.b.Statements
	if len(statements) == 0 {
		return nil
	}
	next := map[uint64]int{} // first version -> the newest of the batch, by index
	until := map[int]uint64{}
	for i := range statements {
		st := &statements[i]
		if i > 0 && st.Leaf <= statements[i-1].Leaf {
			return fmt.Errorf("%w batch: statement versions are not in log order at %d", record.ErrInvalid, st.Leaf)
		}
		if st.Version <= 1 && st.First != st.Leaf {
			return fmt.Errorf("%w batch: version 1 at %d names %d as its first", record.ErrInvalid, st.Leaf, st.First)
		}
		if st.Version > 1 {
			if st.Until != 0 { // an older wording that came later: the current one stays
				until[i] = st.Until
				a.job.retag(st.First)
				continue
			}
			if j, ok := next[st.First]; ok {
				until[j] = st.Leaf
			} else if err := a.exec(ctx, "UPDATE version SET until=? WHERE leaf=(SELECT v.leaf FROM version f JOIN version v ON v.source=f.source AND v.number=f.number WHERE f.leaf=? AND v.first=f.leaf AND v.until=0)", st.Leaf, st.First); err != nil {
				return err
			}
			a.job.retag(st.First)
		}
		next[st.First] = i
	}
	in := newBulk(a.tx, "INSERT INTO version VALUES", versionWidth, 40)
	places := newBulk(a.tx, "INSERT INTO place VALUES", 6, 100)
	tallies := map[tallyKey]*tally{}
	var at captureInfo
	for i := range statements {
		st := &statements[i]
		if at.leaf != st.Capture || i == 0 {
			var err error
			if at, err = a.capture(ctx, st.Capture); err != nil {
				return fmt.Errorf("version %d: %w", st.Leaf, err)
			}
		}
		placed := *st
		placed.CapturedAt = at.at
		e := entryOf(&placed)
		a.job.entries = append(a.job.entries, e)
		if !st.Erased {
			if err := places.add(ctx, e.rowid, st.First, st.First, stateNew, roleAlone, nil); err != nil {
				return err
			}
			if st.Version > 1 {
				a.touch(st.First)
			}
		}
		rest, err := packMore(st, at.blob)
		if err != nil {
			return err
		}
		n, plain := number(st.ExternalID)
		var external any
		if !plain {
			external = st.ExternalID
		}
		kind, lang, text, erased := st.Kind, st.Lang, st.Text, uint64(0)
		posted, edited := st.Posted, st.Edited
		span, digest := digestOrNull(&st.Span.SHA256), digestOrNull(&st.TextDigest)
		if st.Erased { // a rebuild meets a version whose bytes are gone; its tombstone comes later
			kind, lang, text, rest, erased, span, digest = "", "", "", nil, st.Leaf, nil, nil
			posted, edited = atSecond(posted), atSecond(edited)
		}
		if err := in.add(ctx, st.Leaf, st.First, st.Version, st.Source, n, external,
			seconds(posted.Seconds()), how(posted), seconds(edited.Seconds()), how(edited), st.Capture,
			st.Span.Offset, st.Span.Length, span, digest, until[i], erased, string(kind), lang, rest, text); err != nil {
			return err
		}
		key := tallyKey{st.Source, lang}
		t := tallies[key]
		if t == nil {
			t = newTally()
			tallies[key] = t
		}
		t.add(st, n, plain)
	}
	if err := in.end(ctx); err != nil {
		return err
	}
	if err := places.end(ctx); err != nil {
		return err
	}
	if err := a.around(ctx); err != nil {
		return err
	}
	for key, t := range tallies {
		if err := t.write(ctx, a, key); err != nil {
			return err
		}
	}
	return nil
}

// atSecond is a time as a leaf keeps it: no precision, no note on the zone.
func atSecond(w record.When) record.When {
	if !w.Known() {
		return record.When{}
	}
	return record.AtUnix(w.Unix)
}

type captureInfo struct {
	leaf uint64
	at   int64
	blob record.Digest
}

func (a *application) capture(ctx context.Context, leaf uint64) (captureInfo, error) {
	c := captureInfo{leaf: leaf}
	var blob []byte
	err := a.tx.QueryRowContext(ctx, "SELECT at, blob FROM capture WHERE leaf=?", leaf).Scan(&c.at, &blob)
	if err == sql.ErrNoRows {
		return c, fmt.Errorf("%w batch: capture %d is not here", record.ErrInvalid, leaf)
	}
	copy(c.blob[:], blob)
	return c, err
}

// tally counts the statements of one source in one language.
type tally struct {
	statements, versions int64
	first, last, top     int64
}

type tallyKey struct {
	source uint64
	lang   string
}

const noTop = -1

func newTally() *tally { return &tally{first: record.NoSeconds, last: record.NoSeconds, top: noTop} }

func (t *tally) add(st *record.Statement, number int64, plain bool) {
	t.versions++
	if st.First == st.Leaf {
		t.statements++
	}
	if st.Posted.Known() {
		if t.first == record.NoSeconds || st.Posted.Unix < t.first {
			t.first = st.Posted.Unix
		}
		if t.last == record.NoSeconds || st.Posted.Unix > t.last {
			t.last = st.Posted.Unix
		}
	}
	if plain {
		t.top = max(t.top, number)
	}
}

func (t *tally) write(ctx context.Context, a *application, key tallyKey) error {
	return a.exec(ctx, `INSERT INTO tally VALUES(?,?,?,?,?,?,?) ON CONFLICT(source, lang) DO UPDATE SET
		statements=statements+excluded.statements, versions=versions+excluded.versions,
		first=min(coalesce(first, excluded.first), coalesce(excluded.first, first)),
		last=max(coalesce(last, excluded.last), coalesce(excluded.last, last)),
		top=max(top, excluded.top)`,
		key.source, key.lang, t.statements, t.versions, seconds(t.first), seconds(t.last), t.top)
}

// versionColumns and versionTables select what scanVersion reads.
const (
	versionColumns = `v.leaf, v.first, v.version, v.source, v.number, v.external, v.posted, v.posted_how, v.edited, v.edited_how,
		v.capture, v.offset, v.length, v.span, v.digest, v.until, v.erased, v.kind, v.lang, v.more, v.text,
		s.key, s.name, c.at, c.blob, coalesce(t.missing, 0), coalesce(t.withdrawn, 0), coalesce(t.translations, 0), coalesce(m.family, 0), coalesce(m.relation, '')`
	versionTables = ` FROM version v LEFT JOIN source s ON s.leaf=v.source JOIN capture c ON c.leaf=v.capture LEFT JOIN state t ON t.first=v.first
		LEFT JOIN member m ON m.statement=v.first AND m.until=0 AND m.relation<>'quoted_in'`
)

func scanVersion(row interface{ Scan(...any) error }) (record.Statement, error) {
	var (
		st                         record.Statement
		n, postedHow, editedHow    int64
		external, rest, key, name  sql.NullString
		posted, edited             sql.NullInt64
		span, digest, blob         []byte
		erased, missing, withdrawn uint64
	)
	err := row.Scan(&st.Leaf, &st.First, &st.Version, &st.Source, &n, &external, &posted, &postedHow, &edited, &editedHow,
		&st.Capture, &st.Span.Offset, &st.Span.Length, &span, &digest, &st.Until, &erased, &st.Kind, &st.Lang, &rest, &st.Text,
		&key, &name, &st.CapturedAt, &blob, &missing, &withdrawn, &st.Translations, &st.Family, &st.Relation)
	if err != nil {
		return st, err
	}
	copy(st.Span.SHA256[:], span)
	copy(st.TextDigest[:], digest)
	copy(st.Span.Blob[:], blob)
	st.Posted, st.Edited = when(posted, postedHow), when(edited, editedHow)
	st.ExternalID = external.String
	if !external.Valid {
		st.ExternalID = strconv.FormatInt(n, 10)
	}
	st.SourceKey, st.SourceName = key.String, name.String
	st.Erased, st.Withdrawn, st.MissingFrom = erased != 0, withdrawn != 0, missing
	if rest.Valid {
		var m more
		if err := json.Unmarshal([]byte(rest.String), &m); err != nil {
			return st, record.WithHint(fmt.Errorf("%w: statement %d in the catalog cannot be read: %v", record.ErrAltered, st.Leaf, err), remedy)
		}
		m.unpack(&st)
	}
	return st, nil
}
