package cli

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"dalil/internal/catalog"
	"dalil/internal/desk"
	"dalil/internal/record"
)

type showCmd struct {
	What string `arg:"" help:"An id (S-… statement, Y-… family, C-… source, K-… capture, G-… gap, R-… import, D-… decision) or one of: sources, gaps, decisions."`
	Raw  bool   `help:"Print the evidence bytes of a statement, exactly, and nothing else."`
	thenFlag
}

func (c *showCmd) Run(a *app) error {
	return a.then(c.thenFlag, c.Raw, func(d *desk.Desk) error {
		switch c.What {
		case "sources":
			return a.showSources(d)
		case "gaps":
			return a.showGaps(d)
		case "decisions":
			return a.showDecisions(d)
		}
		k, leaf, err := d.Case.IDs.Leaf(c.What)
		if err != nil {
			return err
		}
		switch k {
		case record.KindFamily:
			f, err := d.Family(a.ctx, c.What)
			if err != nil {
				return err
			}
			if a.JSON {
				return a.emit("family", d.FamilyJSON(f))
			}
			a.printFamily(d, f, false)
			return nil
		case record.KindStatement, 0:
			if c.Raw {
				return a.showRaw(d, c.What)
			}
			return a.showStatement(d, c.What)
		case record.KindSource:
			s, err := d.Source(a.ctx, c.What)
			if err != nil {
				return fmt.Errorf("%s: %w", c.What, err)
			}
			return a.showSource(d, s)
		case record.KindCapture:
			x, err := d.Case.Catalog.Capture(a.ctx, leaf)
			if err != nil {
				return fmt.Errorf("%s: %w", c.What, err)
			}
			return a.show("capture", struct {
				ID     string `json:"id"`
				Path   string `json:"path"`
				URL    string `json:"url,omitempty"`
				SHA256 string `json:"sha256"`
				Bytes  int64  `json:"bytes"`
				Type   string `json:"media_type"`
				Format string `json:"format,omitempty"`
				At     string `json:"captured_at"`
				Import string `json:"import"`
			}{c.What, x.Path, x.URL, x.Blob.String(), x.Size, x.Type, x.Format, rfc3339(x.At), d.Case.IDs.ID(record.KindRun, x.Run)},
				fmt.Sprintf("%s  %s\n  SHA-256 %s\n  %s, %s, read as %s\n  captured %s in import %s\n", c.What, terminal(x.Path), x.Blob, size(x.Size), x.Type, or(x.Format, "nothing: an attachment"), clock(x.At), d.Case.IDs.ID(record.KindRun, x.Run)))
		case record.KindRun:
			return a.showRun(d, leaf)
		case record.KindDecision, record.KindGap:
			return a.showRecord(d, c.What, leaf)
		}
		return record.WithHint(fmt.Errorf("%s: %w", c.What, record.ErrNotFound), "find ids with `dalil search` or `dalil show sources`")
	})
}

// showRaw prints a statement's bytes as they were captured. What stands in
// their place after an erasure is not evidence and is not printed.
func (a *app) showRaw(d *desk.Desk, id string) error {
	s, err := d.Statement(a.ctx, id)
	if err != nil {
		return err
	}
	if s.Erased {
		return record.WithHint(fmt.Errorf("%s was erased: %w", id, record.ErrWithheld), "see by whom and why with `dalil show "+id+"`")
	}
	proof, err := d.Proof(a.ctx, s.Leaf)
	if err != nil {
		return err
	}
	if !proof.Unaltered {
		fmt.Fprintf(a.Stderr, "dalil: %s: %s\n      → run `dalil verify`\n", id, proof.Problem)
		return errAltered
	}
	b, _, err := d.Raw(a.ctx, id)
	if err != nil {
		return err
	}
	_, err = a.Stdout.Write(b)
	return err
}

// show prints an object as JSON or as text.
func (a *app) show(typ string, v any, text string) error {
	if a.JSON {
		return a.emit(typ, v)
	}
	a.printf("%s", text)
	return nil
}

func (a *app) showStatement(d *desk.Desk, id string) error {
	t, err := d.Detail(a.ctx, id)
	if err != nil {
		return err
	}
	if a.JSON {
		for _, v := range t.Versions[:len(t.Versions)-1] {
			if err := a.emit("version", d.View(v)); err != nil {
				return err
			}
		}
		err := a.emit("statement", struct {
			desk.View
			Proof proofJSON `json:"proof"`
		}{d.View(t.Statement), proofOf(t.Proof)})
		for _, x := range t.Translations {
			err = errors.Join(err, a.emit("translation", d.TranslationJSON(x)))
		}
		return errors.Join(err, standing(t))
	}
	s := t.Statement
	a.printStatementHead(d, s)
	if s.Title != "" {
		a.printf("  %s\n", terminal(s.Title))
	}
	if s.Byline != "" {
		a.printf("  by %s\n", terminal(s.Byline))
	}
	if t.Forward != "" {
		a.printf("  forwarded from %s", terminal(t.Forward))
		if s.Forward.Posted.Known() {
			a.printf(", posted there %s", s.Forward.Posted.In(d.Case.Zone))
		}
		a.printf("\n")
	}
	if n := party(s.Sender); n != "" {
		a.printf("  signed %s\n", terminal(n))
	}
	for _, line := range strings.Split(s.Text, "\n") {
		a.printf("  │ %s\n", terminal(line))
	}
	for _, m := range s.Media {
		switch {
		case m.Omitted != "":
			a.printf("  %s: left out by the export (%s)\n", m.Kind, terminal(m.Omitted))
		case !m.Blob.IsZero():
			a.printf("  %s: %s  SHA-256 %s\n", m.Kind, terminal(m.Path), m.Blob)
		default:
			a.printf("  %s: %s, not in the archive\n", m.Kind, terminal(m.Path))
		}
	}
	for _, f := range s.Flags {
		a.printf("  flag: %s\n", f)
	}
	for _, v := range t.Versions[:len(t.Versions)-1] {
		a.printf("  version %d, captured %s: %s\n", v.Version, clock(v.CapturedAt), terminal(v.Text))
	}
	if s.Family != 0 {
		a.printf("  in family %s: dalil families %s\n", d.Case.IDs.ID(record.KindFamily, s.Family), d.Case.IDs.ID(record.KindFamily, s.Family))
	}
	for _, x := range t.Translations {
		a.printTranslation(x)
	}
	for _, x := range t.Decisions {
		if x.Action == catalog.ActionTranslate {
			continue // told with its text
		}
		a.printf("  %s by %s, %s: %s\n", x.Action, x.By, clock(x.At), terminal(x.Reason))
	}
	p := t.Proof
	if p.Unaltered {
		a.printf("  ✓ unaltered since capture: %d bytes at byte %d of %s\n", p.Span.Length, p.Span.Offset, p.Span.Blob)
		a.printf("    SHA-256 %s, log entry %d of %d, root %s\n", p.Span.SHA256, p.Index, p.Size, p.Root)
	} else {
		a.printf("  ✕ %s\n", p.Problem)
	}
	a.printf("    captured %s, from %s\n", clock(t.Capture.At), terminal(t.Capture.Path))
	return standing(t)
}

// standing is an error if a statement's bytes are not what was recorded. Bytes
// that were erased on a decision are as they should be.
func standing(t desk.Detail) error {
	if t.Proof.Unaltered || t.Statement.Erased {
		return nil
	}
	return errAltered
}

type proofJSON struct {
	Unaltered bool        `json:"unaltered"`
	Problem   string      `json:"problem,omitempty"`
	Span      record.Span `json:"span"`
	LogEntry  uint64      `json:"log_entry"`
	LogSize   uint64      `json:"log_size"`
	Root      string      `json:"root"`
}

func proofOf(p desk.Proof) proofJSON {
	return proofJSON{p.Unaltered, p.Problem, p.Span, p.Index, p.Size, p.Root}
}

func (a *app) showSources(d *desk.Desk) error {
	all, err := d.Reader().Sources(a.ctx)
	if err != nil {
		return err
	}
	for _, s := range all {
		id := d.Case.IDs.ID(record.KindSource, s.Leaf)
		if a.JSON {
			err = a.emit("source", struct {
				ID         string      `json:"id"`
				Name       string      `json:"source_name"`
				ExternalID string      `json:"external_id"`
				Platform   string      `json:"platform"`
				Kind       string      `json:"kind"`
				Statements int64       `json:"statements"`
				First      record.When `json:"first_posted,omitzero"`
				Last       record.When `json:"last_posted,omitzero"`
				Gaps       int64       `json:"gaps"`
				Missing    int64       `json:"seen_missing"`
			}{id, s.Name, s.Key, s.Platform, string(s.Type), s.Statements, when(s.First), when(s.Last), s.Gaps, s.Missing})
			if err != nil {
				return err
			}
			continue
		}
		a.printf("%s  %10s  %s to %s  %s\n", id, group(s.Statements), day(s.First, d.Case.Zone), day(s.Last, d.Case.Zone), terminal(s.Name))
	}
	return nil
}

func (a *app) showGaps(d *desk.Desk) error {
	gaps, err := d.Case.Catalog.Gaps(a.ctx, 0)
	if err != nil {
		return err
	}
	for _, g := range gaps {
		if err := a.showGap(d, g); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) showGap(d *desk.Desk, g record.Gap) error {
	name := "every source"
	if g.Source != 0 {
		s, err := d.Reader().Source(a.ctx, g.Source)
		if err != nil {
			return err
		}
		name = s.Name
	}
	id := d.Case.IDs.ID(record.KindGap, g.Leaf)
	if a.JSON {
		return a.emit("gap", struct {
			ID     string      `json:"id"`
			Source string      `json:"source_name"`
			Why    string      `json:"why"`
			First  string      `json:"first_id,omitempty"`
			Last   string      `json:"last_id,omitempty"`
			From   record.When `json:"from,omitzero"`
			To     record.When `json:"to,omitzero"`
			Note   string      `json:"note,omitempty"`
		}{id, name, g.Why, g.First, g.Last, when(g.From), when(g.To), g.Note})
	}
	if g.First != "" {
		a.printf("%s  %s: ids %s to %s never seen\n", id, terminal(name), g.First, g.Last)
	} else {
		until := "on"
		if g.To != record.NoSeconds {
			until = "to " + when(g.To).In(d.Case.Zone)
		}
		a.printf("%s  %s: %s from %s %s: %s\n", id, terminal(name), g.Why, when(g.From).In(d.Case.Zone), until, terminal(g.Note))
	}
	return nil
}

func (a *app) showDecisions(d *desk.Desk) error {
	all, err := d.Reader().AllDecisions(a.ctx)
	if err != nil {
		return err
	}
	for _, x := range all {
		if err := a.showDecision(d, x); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) showDecision(d *desk.Desk, x record.Decision) error {
	id := d.Case.IDs.ID(record.KindDecision, x.Leaf)
	target := d.Case.IDs.ID(a.targetKind(d, x), x.Target)
	if a.JSON {
		return a.emit("decision", struct {
			ID     string `json:"id"`
			At     string `json:"at"`
			By     string `json:"by"`
			Action string `json:"action"`
			Target string `json:"target"`
			Reason string `json:"reason"`
			Undone bool   `json:"undone,omitempty"`
		}{id, rfc3339(x.At), x.By, x.Action, target, x.Reason, x.Undone != 0})
	}
	a.printf("%s  %s  %s %s by %s: %s\n", id, clock(x.At), x.Action, target, x.By, terminal(x.Reason))
	return nil
}

// targetKind says what sort of record a decision is about.
func (a *app) targetKind(d *desk.Desk, x record.Decision) record.Kind {
	switch x.Action {
	case "undo", catalog.ActionReview:
		e, err := d.Case.Catalog.Entry(a.ctx, x.Target)
		switch {
		case err == nil && e.Kind == record.LeafCapture:
			return record.KindCapture
		case err == nil && e.Kind == record.LeafGap:
			return record.KindGap
		}
		return record.KindDecision
	case desk.ActionIssuer, desk.ActionGrade:
		return record.KindSource
	}
	return record.KindStatement
}

func (a *app) showRecord(d *desk.Desk, id string, leaf uint64) error {
	decisions, err := d.Reader().AllDecisions(a.ctx)
	if err != nil {
		return err
	}
	for _, x := range decisions {
		if x.Leaf == leaf {
			return a.showDecision(d, x)
		}
	}
	gaps, err := d.Case.Catalog.Gaps(a.ctx, 0)
	if err != nil {
		return err
	}
	for _, g := range gaps {
		if g.Leaf == leaf {
			return a.showGap(d, g)
		}
	}
	return fmt.Errorf("%s: %w", id, record.ErrNotFound)
}

// rfc3339 writes our clock for programs, clock for people.
func rfc3339(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.RFC3339) }

func clock(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04:05Z") }

func when(sec int64) record.When {
	if sec == record.NoSeconds {
		return record.When{}
	}
	return record.AtUnix(sec)
}

func day(sec int64, zone *time.Location) string {
	if sec == record.NoSeconds {
		return "          "
	}
	return time.Unix(sec, 0).In(zone).Format("2006-01-02")
}

func or(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}

func party(p record.Party) string { return or(p.Pseudonym, p.Name) }
