package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"dalil/internal/language"
	"dalil/internal/query"
	"dalil/internal/record"
)

// filter makes a clause of key:value.
func (p *plan) filter(ctx context.Context, f query.Filter, positive bool) (clause, error) {
	switch f.Key {
	case "from", "source":
		return p.sources(ctx, f)
	case "lang":
		return tagged(f.Values, tagLang, func(c *candidate, v string) bool {
			return slices.ContainsFunc(languages(c.Statement), func(l string) bool { return tagValue(l) == tagValue(v) })
		}), nil
	case "type":
		return tagged(f.Values, func(v string) string { return tagType(record.StatementKind(v)) },
			func(c *candidate, v string) bool { return string(c.Kind) == v }), nil
	case "has":
		c := tagged(f.Values, tagHas, func(c *candidate, v string) bool { return slices.Contains(having(c.Statement), v) })
		if slices.Contains(f.Values, "translation") {
			c = p.changing(c)
		}
		return c, nil
	case "edited":
		return p.flagged(f, tagEdited, func(c *candidate) bool { return isEdited(c.Statement) })
	case "missing":
		return p.flagged(f, tagMissing, func(c *candidate) bool { return c.MissingFrom != 0 })
	case "state":
		return p.state(ctx, f, positive)
	case "label", "assigned", "by":
		return p.units(ctx, f)
	case "family":
		return p.family(ctx, f)
	case "is":
		return p.is(ctx, f)
	case "translation":
		return p.translated(ctx, f)
	case "import":
		return inLog(f, func(c *candidate) uint64 { return c.run })
	case "capture":
		return inLog(f, func(c *candidate) uint64 { return c.Capture })
	}
	return clause{}, fmt.Errorf("%w query: %s: is not known to this catalog", record.ErrInvalid, f.Key)
}

// tagged holds for rows with the tag of one of the values.
func tagged(values []string, tag func(string) string, is func(*candidate, string) bool) clause {
	c := clause{exact: true, none: len(values) == 0, holds: func(c *candidate) bool {
		return slices.ContainsFunc(values, func(v string) bool { return is(c, v) })
	}}
	exprs := make([]string, len(values))
	for i, v := range values {
		exprs[i] = quote(tag(v))
	}
	c.expr = strings.Join(exprs, " OR ")
	if len(values) > 1 {
		c.expr = "(" + c.expr + ")"
	}
	return c
}

// flagged is key:yes or key:no.
func (p *plan) flagged(f query.Filter, tag string, is func(*candidate) bool) (clause, error) {
	c := p.changing(clause{expr: quote(tag), exact: true, holds: is})
	yes, no := slices.Contains(f.Values, "yes"), slices.Contains(f.Values, "no")
	switch {
	case yes && no:
		return clause{exact: true, holds: func(*candidate) bool { return true }}, nil
	case no:
		return c.negated(), nil
	case yes:
		return c, nil
	}
	return c, fmt.Errorf("%w query: %s: takes yes or no", record.ErrInvalid, f.Key)
}

// inLog compares a leaf of the row with the values, which are log indexes.
func inLog(f query.Filter, of func(*candidate) uint64) (clause, error) {
	leaves := make([]uint64, len(f.Values))
	for i, v := range f.Values {
		var err error
		if leaves[i], err = strconv.ParseUint(v, 10, 64); err != nil {
			return clause{}, fmt.Errorf("%w query: %s:%s: no record with this id", record.ErrInvalid, f.Key, v)
		}
	}
	return clause{holds: func(c *candidate) bool { return slices.Contains(leaves, of(c)) }}, nil
}

// sources is from: (a source's name, key or id) and source: (a platform).
func (p *plan) sources(ctx context.Context, f query.Filter) (clause, error) {
	all, err := list(ctx, p.s, func(row scanner) (src record.Source, err error) {
		return src, row.Scan(sourceFields(&src)...)
	}, "SELECT "+sourceColumns+" FROM source s ORDER BY leaf")
	if err != nil {
		return clause{}, err
	}
	var leaves []string
	for i := range all {
		src := &all[i]
		if slices.ContainsFunc(f.Values, func(v string) bool {
			if f.Key == "source" {
				return src.Platform == v
			}
			return isSource(src, v, p.veil)
		}) {
			leaves = append(leaves, strconv.FormatUint(src.Leaf, 10))
		}
	}
	return tagged(leaves, func(v string) string { return "from=" + v },
		func(c *candidate, v string) bool { return strconv.FormatUint(c.Source, 10) == v }), nil
}

// isSource reports whether v names a source: by its log index written "#12", by
// its key or the id in it, or by its name or some words of it, in any spelling
// or script, as far as these can be seen.
func isSource(src *record.Source, v string, veil query.Veil) bool {
	if strings.HasPrefix(v, "#") { // a log index, and nothing else
		return v == "#"+strconv.FormatUint(src.Leaf, 10)
	}
	v = strings.TrimPrefix(v, "@")
	key, name := src.Key, src.Name
	if veil != nil {
		key, name = veil.Text(key), veil.Text(name)
	}
	_, id, _ := strings.Cut(key, ":")
	if key == src.Key && (strings.EqualFold(key, v) || strings.EqualFold(id, v)) {
		return true
	}
	want, have := foldWords(v), foldWords(name)
	asked := 0
	for _, w := range want {
		if len(want) > 1 && language.IsArticle(w) {
			continue
		}
		asked++
		if !slices.ContainsFunc(have, func(h string) bool {
			return h == w || slices.Contains(language.Variants(w), h) || language.SameName(w, h) >= language.NameThreshold
		}) {
			return false
		}
	}
	return asked > 0
}
