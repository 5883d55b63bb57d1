package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"dalil/internal/catalog"
	"dalil/internal/record"
)

// What people decide, and what it does to the rows. Decisions fold in the order
// of the log: whether a statement is withdrawn is said by the last standing
// decision about it, and an undo is a decision that names another, which then
// no longer stands. An undo can itself be undone.
const (
	actionWithdraw = "withdraw"
	actionRestore  = "restore"
	actionUndo     = "undo"
)

func (a *application) decisions(ctx context.Context) error {
	for i := range a.b.Decisions {
		d := &a.b.Decisions[i]
		if err := a.exec(ctx, "INSERT INTO decision VALUES(?,?,?,?,?,?,0,?)", d.Leaf, d.At, d.By, d.Action, d.Target, d.Reason, d.Payload); err != nil {
			return err
		}
		about, base := d.Target, uint64(0)
		var err error
		if d.Action == actionUndo {
			about, base, err = a.undo(ctx, d.Leaf, d.Target)
		}
		if err == nil {
			err = a.standing(ctx, about)
		}
		if err == nil && base != 0 {
			err = a.unmark(ctx, d.Leaf, base)
		} else if err == nil {
			err = a.mark(ctx, d)
		}
		if err == nil && d.Action == actionUndo {
			err = a.recount(ctx, about)
		}
		if err != nil {
			return fmt.Errorf("decision %d: %w", d.Leaf, err)
		}
	}
	return nil
}

// undo marks what the undo at leaf names as undone, and what that in turn had
// undone as standing again. It returns the record all of them are about, and
// the decision at the bottom; 0 when what was undone is none.
func (a *application) undo(ctx context.Context, leaf, target uint64) (about, base uint64, err error) {
	undone := leaf
	for {
		var action string
		err := a.tx.QueryRowContext(ctx, "SELECT action, target FROM decision WHERE leaf=?", target).Scan(&action, &about)
		if err == sql.ErrNoRows {
			return target, 0, nil // not a decision: a gap, say
		}
		if err == nil {
			err = a.exec(ctx, "UPDATE decision SET undone=? WHERE leaf=?", undone, target)
		}
		if err != nil || action != actionUndo {
			return about, target, err
		}
		if undone == 0 {
			undone = target
		} else {
			undone = 0
		}
		target = about
	}
}

// standing works out anew whether a statement is withdrawn. For any other
// record it does nothing.
func (a *application) standing(ctx context.Context, target uint64) error {
	var first uint64
	err := a.tx.QueryRowContext(ctx, "SELECT first FROM version WHERE leaf=?", target).Scan(&first)
	if err == sql.ErrNoRows {
		return nil
	}
	if err != nil {
		return err
	}
	var leaf uint64
	var action string
	err = a.tx.QueryRowContext(ctx, `SELECT leaf, action FROM decision WHERE undone=0 AND action IN (?,?)
		AND target IN (SELECT v.leaf FROM version f JOIN version v ON v.source=f.source AND v.number=f.number AND v.first=f.leaf WHERE f.leaf=?)
		ORDER BY leaf DESC LIMIT 1`, actionWithdraw, actionRestore, first).Scan(&leaf, &action)
	if err != nil && err != sql.ErrNoRows {
		return err
	}
	if action != actionWithdraw {
		leaf = 0
	}
	a.job.retag(first)
	a.touch(first)
	return a.exec(ctx, "INSERT INTO state(first, withdrawn) VALUES(?1,?2) ON CONFLICT(first) DO UPDATE SET withdrawn=?2", first, leaf)
}

// tombstones forget: everything that was read from bytes or a body which are
// no more goes, and what the public log still says stays.
func (a *application) tombstones(ctx context.Context) error {
	for _, t := range a.b.Tombstones {
		if err := a.exec(ctx, "INSERT INTO tombstone VALUES(?,?)", t.Leaf, t.Target); err != nil {
			return err
		}
		if err := a.forget(ctx, t); err != nil {
			return fmt.Errorf("tombstone %d: %w", t.Leaf, err)
		}
	}
	return nil
}

func (a *application) forget(ctx context.Context, t catalog.Tombstone) error {
	row := a.tx.QueryRowContext(ctx, "SELECT "+versionColumns+versionTables+" WHERE v.leaf=?", t.Target)
	st, err := scanVersion(row)
	if err == nil {
		return a.forgetVersion(ctx, t, &st)
	}
	if err != sql.ErrNoRows {
		return err
	}
	if err := a.forgetTranslation(ctx, t.Target); err != nil {
		return err
	}
	if err := a.forgetMarks(ctx, t.Target); err != nil {
		return err
	}
	if err := a.forgetFile(ctx, t.Target); err != nil {
		return err
	}
	for _, q := range []string{
		"UPDATE capture SET path='', url='', tool='' WHERE leaf=?",
		"UPDATE source SET key='', name='', type='', platform='', private=0, sequential=0 WHERE leaf=?",
		"UPDATE run SET verb='', detail='' WHERE leaf=?",
		"UPDATE run SET receipt='' WHERE ended=?",
		"UPDATE gap SET note='' WHERE leaf=?",
		"UPDATE decision SET reason='', payload='' WHERE leaf=?",
		"DELETE FROM fact WHERE leaf=?",
	} {
		if err := a.exec(ctx, q, t.Target); err != nil {
			return err
		}
	}
	return nil
}

// forgetFile takes an erased file out of the statements that came with it: they
// find it by its path, within the run that brought them, and the path is gone.
func (a *application) forgetFile(ctx context.Context, capture uint64) error {
	var blob []byte
	var digest record.Digest
	err := a.tx.QueryRowContext(ctx, "SELECT blob FROM capture WHERE leaf=? AND path<>''", capture).Scan(&blob)
	if err == sql.ErrNoRows {
		return nil
	}
	if err != nil {
		return err
	}
	copy(digest[:], blob)
	// Statements of one run lie together in the log, behind its beginning.
	rows, err := a.tx.QueryContext(ctx, `SELECT v.leaf, v.first, v.more FROM capture f JOIN capture c ON c.run=f.run JOIN version v ON v.capture=c.leaf
		WHERE f.leaf=?1 AND v.more LIKE '%"blob":"' || ?2 || '"%'`, capture, digest.String())
	if err != nil {
		return err
	}
	type row struct {
		leaf, first uint64
		more        string
	}
	var all []row
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.leaf, &r.first, &r.more); err != nil {
			return errors.Join(err, rows.Close())
		}
		all = append(all, r)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for _, r := range all {
		var m more
		if err := json.Unmarshal([]byte(r.more), &m); err != nil {
			return fmt.Errorf("%w: statement %d: %v", record.ErrAltered, r.leaf, err)
		}
		for i := range m.Media {
			if m.Media[i].Blob == digest {
				m.Media[i].Blob = record.Digest{}
			}
		}
		b, err := json.Marshal(&m)
		if err != nil {
			return err
		}
		if err := a.exec(ctx, "UPDATE version SET more=? WHERE leaf=?", string(b), r.leaf); err != nil {
			return err
		}
		if err := a.exec(ctx, "DELETE FROM picture WHERE blob=? AND statement=?", blob, r.first); err != nil {
			return err
		}
	}
	return nil
}

func (a *application) forgetVersion(ctx context.Context, t catalog.Tombstone, st *record.Statement) error {
	a.job.erase(st)
	if err := a.exec(ctx, "DELETE FROM place WHERE at=?", rowidOf(st.Posted, st.CapturedAt, st.Leaf)); err != nil {
		return err
	}
	a.touch(st.First)
	if err := a.forgetFamily(ctx, st.First); err != nil {
		return err
	}
	if err := a.forgetFacts(ctx, st); err != nil {
		return err
	}
	if st.First == st.Leaf && st.Lang != "" { // the language was read from the text
		for _, q := range []string{
			"UPDATE tally SET statements=statements-1, versions=versions-1 WHERE source=?1 AND lang=?2",
			"INSERT INTO tally SELECT source, '', 1, 1, first, last, top FROM tally WHERE source=?1 AND lang=?2 ON CONFLICT(source, lang) DO UPDATE SET statements=statements+1, versions=versions+1",
		} {
			if err := a.exec(ctx, q, st.Source, st.Lang); err != nil {
				return err
			}
		}
	}
	return a.exec(ctx, `UPDATE version SET erased=?, kind='', lang='', more=NULL, text='', span=NULL, digest=NULL, posted_how=?, edited_how=? WHERE leaf=?`,
		t.Leaf, how(atSecond(st.Posted)), how(atSecond(st.Edited)), t.Target)
}
