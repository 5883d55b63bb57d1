package catalogtest

import (
	"testing"

	"dalil/internal/catalog"
	"dalil/internal/record"
)

func facts(t *testing.T, open Open) {
	c := fresh(t, open)
	l, run, source, capture := start()
	fact := func(leaf uint64, key string, kind record.FactKind, value string, at int64) record.Fact {
		return record.Fact{Leaf: leaf, Key: key, Kind: kind, Value: value, At: at}
	}
	say := func(leaf uint64, all ...record.Fact) {
		f := l.entries[leaf]
		l.entries[leaf] = func(b *catalog.Batch) { f(b); b.Facts = append(b.Facts, all...) }
	}
	second := l.capture(run, "later.json")
	post := l.say(source, capture, "5", "renamed", 300)
	say(capture, fact(capture, "telegram:1", record.FactTitle, "نبض", 200), fact(capture, "telegram:1", record.FactSubscribers, "48 100", 200))
	say(second, fact(second, "telegram-user:nabd", record.FactTitle, "Nabd", 100), fact(second, "telegram:9", record.FactTitle, "another", 100))
	say(post, fact(post, "telegram:1", record.FactTitle, "نبض 2", record.NoSeconds))
	l.apply(t, c, 0)
	get := must[[]record.Fact](t)
	equal(t, "of no key", len(get(c.SourceFacts(ctx, nil))), 0)
	equal(t, "of two keys", get(c.SourceFacts(ctx, []string{"telegram:1", "telegram-user:nabd"})), []record.Fact{
		fact(post, "telegram:1", record.FactTitle, "نبض 2", record.NoSeconds), fact(second, "telegram-user:nabd", record.FactTitle, "Nabd", 100),
		fact(capture, "telegram:1", record.FactTitle, "نبض", 200), fact(capture, "telegram:1", record.FactSubscribers, "48 100", 200)})
	l.bury(post)
	l.bury(capture)
	l.apply(t, c, 0)
	equal(t, "after erasure", len(get(c.SourceFacts(ctx, []string{"telegram:1"}))), 0)
}
