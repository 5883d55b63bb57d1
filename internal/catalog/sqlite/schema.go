package sqlite

// Versions of the two schemas, kept as user_version. Raise one whenever its
// tables, or what is written into them for the same log, change.
const (
	rowsVersion  = 8
	wordsVersion = 2
)

// rowsSchema is catalog.db. Every row is keyed by the leaf that made it, so
// rows are appended and the order of a table is the order of the log.
//
// version.number is the external id itself when it is a plain decimal number,
// and otherwise a negative number made of its hash, with the id in external:
// one index of integers serves look-up by id and by range.
const rowsSchema = `
CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES('size', 0);

CREATE TABLE source(leaf INTEGER PRIMARY KEY, key TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL,
	platform TEXT NOT NULL, private INTEGER NOT NULL, sequential INTEGER NOT NULL) STRICT;
CREATE INDEX source_key ON source(key);

CREATE TABLE run(leaf INTEGER PRIMARY KEY, at INTEGER NOT NULL, by TEXT NOT NULL, verb TEXT NOT NULL,
	detail TEXT NOT NULL, ended INTEGER NOT NULL, ended_at INTEGER NOT NULL, receipt TEXT NOT NULL) STRICT;

CREATE TABLE capture(leaf INTEGER PRIMARY KEY, run INTEGER NOT NULL, at INTEGER NOT NULL, theirs INTEGER,
	blob BLOB NOT NULL, size INTEGER NOT NULL, type TEXT NOT NULL, format TEXT NOT NULL, parent INTEGER NOT NULL,
	path TEXT NOT NULL, url TEXT NOT NULL, tool TEXT NOT NULL) STRICT;
CREATE INDEX capture_blob ON capture(blob);
CREATE INDEX capture_path ON capture(run, path);
CREATE INDEX capture_parent ON capture(parent) WHERE parent<>0;

CREATE TABLE version(leaf INTEGER PRIMARY KEY, first INTEGER NOT NULL, version INTEGER NOT NULL,
	source INTEGER NOT NULL, number INTEGER NOT NULL, external TEXT, posted INTEGER, posted_how INTEGER NOT NULL,
	edited INTEGER, edited_how INTEGER NOT NULL, capture INTEGER NOT NULL, offset INTEGER NOT NULL,
	length INTEGER NOT NULL, span BLOB, digest BLOB, until INTEGER NOT NULL, erased INTEGER NOT NULL,
	kind TEXT NOT NULL, lang TEXT NOT NULL, more TEXT, text TEXT NOT NULL) STRICT;
CREATE INDEX version_id ON version(source, number);

-- What is not as usual about a statement: kept by its first version.
CREATE TABLE state(first INTEGER PRIMARY KEY, missing INTEGER NOT NULL DEFAULT 0,
	withdrawn INTEGER NOT NULL DEFAULT 0, translations INTEGER NOT NULL DEFAULT 0) STRICT;

-- Statements in other languages. state.translations counts those that stand.
CREATE TABLE translation(leaf INTEGER PRIMARY KEY, statement INTEGER NOT NULL, version INTEGER NOT NULL, lang TEXT NOT NULL,
	text TEXT NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL, tool TEXT NOT NULL, base INTEGER NOT NULL) STRICT;
CREATE INDEX translation_statement ON translation(statement);

CREATE TABLE observation(leaf INTEGER PRIMARY KEY, target INTEGER NOT NULL, run INTEGER NOT NULL, missing INTEGER NOT NULL) STRICT;
CREATE INDEX observation_target ON observation(target);

CREATE TABLE gap(leaf INTEGER PRIMARY KEY, source INTEGER NOT NULL, first TEXT NOT NULL, last TEXT NOT NULL,
	"from" INTEGER, "to" INTEGER, why TEXT NOT NULL, note TEXT NOT NULL) STRICT;
CREATE INDEX gap_source ON gap(source);

CREATE TABLE decision(leaf INTEGER PRIMARY KEY, at INTEGER NOT NULL, by TEXT NOT NULL, action TEXT NOT NULL,
	target INTEGER NOT NULL, reason TEXT NOT NULL, undone INTEGER NOT NULL, payload TEXT NOT NULL) STRICT;
CREATE INDEX decision_target ON decision(target);
CREATE INDEX decision_action ON decision(action);

CREATE TABLE tombstone(leaf INTEGER PRIMARY KEY, target INTEGER NOT NULL) STRICT;
CREATE INDEX tombstone_target ON tombstone(target);

CREATE TABLE entry(leaf INTEGER PRIMARY KEY, kind TEXT NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL, target INTEGER NOT NULL) STRICT;

-- Sums over version, kept up to date so that a list of sources needs no scan.
CREATE TABLE tally(source INTEGER NOT NULL, lang TEXT NOT NULL, statements INTEGER NOT NULL, versions INTEGER NOT NULL,
	first INTEGER, last INTEGER, top INTEGER, PRIMARY KEY(source, lang)) STRICT, WITHOUT ROWID;
CREATE TABLE activity(source INTEGER NOT NULL, hour INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY(source, hour)) STRICT, WITHOUT ROWID;

-- What forward headers say, and which pictures statements show.
CREATE TABLE forward(statement INTEGER PRIMARY KEY, source INTEGER NOT NULL, posted INTEGER, origin TEXT NOT NULL,
	original TEXT NOT NULL, original_at INTEGER) STRICT;
CREATE INDEX forward_origin ON forward(origin);
CREATE INDEX forward_source ON forward(source, origin);
CREATE TABLE picture(blob BLOB NOT NULL, statement INTEGER NOT NULL, PRIMARY KEY(blob, statement)) STRICT, WITHOUT ROWID;
CREATE INDEX picture_statement ON picture(statement);

-- What evidence says of sources: captures as a whole, and statement versions.
CREATE TABLE fact(leaf INTEGER NOT NULL, n INTEGER NOT NULL, key TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL,
	at INTEGER, PRIMARY KEY(leaf, n)) STRICT, WITHOUT ROWID;
CREATE INDEX fact_key ON fact(key);

-- What the analyses propose. A member's row holds from the log entry since to
-- the log entry until, 0 while it stands.
CREATE TABLE analysis(name TEXT PRIMARY KEY, leaf INTEGER NOT NULL, saw INTEGER NOT NULL, state BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE analysed(leaf INTEGER PRIMARY KEY, name TEXT NOT NULL, saw INTEGER NOT NULL) STRICT; -- every run
CREATE TABLE link(a INTEGER NOT NULL, b INTEGER NOT NULL, ground TEXT NOT NULL, similarity REAL NOT NULL,
	a_in_b REAL NOT NULL, b_in_a REAL NOT NULL, PRIMARY KEY(a, b)) STRICT, WITHOUT ROWID;
CREATE INDEX link_b ON link(b);
CREATE TABLE veto(a INTEGER NOT NULL, b INTEGER NOT NULL, slot TEXT NOT NULL, "left" TEXT NOT NULL, "right" TEXT NOT NULL,
	similarity REAL NOT NULL, PRIMARY KEY(a, b)) STRICT, WITHOUT ROWID;
CREATE INDEX veto_b ON veto(b);
CREATE TABLE member(statement INTEGER NOT NULL, family INTEGER NOT NULL, relation TEXT NOT NULL, ground TEXT NOT NULL,
	via INTEGER NOT NULL, distance INTEGER NOT NULL, similarity REAL NOT NULL, within REAL NOT NULL, holds REAL NOT NULL,
	since INTEGER NOT NULL, until INTEGER NOT NULL, source INTEGER, posted INTEGER,
	PRIMARY KEY(statement, until, family, since)) STRICT, WITHOUT ROWID;
CREATE INDEX member_family ON member(until, family, statement, source, posted, relation); -- the order of sources is read from this alone
CREATE TABLE family(anchor INTEGER PRIMARY KEY, first INTEGER NOT NULL, members INTEGER NOT NULL, sources INTEGER NOT NULL,
	"from" INTEGER, "to" INTEGER) STRICT;
CREATE INDEX family_from ON family("from");

-- The inbox. A row for every version that was not erased: its place in the
-- index (see rowid.go), its statement, the unit that is in now (a family's anchor
-- or the statement itself), that unit's state, the statement's role in its family
-- and the seconds after the first of it (see units.go).
CREATE TABLE place(at INTEGER PRIMARY KEY, statement INTEGER NOT NULL, unit INTEGER NOT NULL, state INTEGER NOT NULL,
	role INTEGER NOT NULL, lag INTEGER) STRICT;
CREATE INDEX place_statement ON place(statement);
CREATE INDEX place_unit ON place(unit, at);
CREATE INDEX place_state ON place(state, at, unit);
CREATE INDEX place_role ON place(role, at, lag, unit, state, statement) WHERE role>0;
CREATE INDEX place_lag ON place(lag, at) WHERE lag IS NOT NULL;

-- What people said of statements in the inbox, by topic: triage, assign, shield,
-- or label: and the label. A row holds from the log entry since to the log entry
-- until, 0 while it stands; every decision has the row that begins with itself.
CREATE TABLE mark(statement INTEGER NOT NULL, topic TEXT NOT NULL, value TEXT NOT NULL, num INTEGER NOT NULL, decision INTEGER NOT NULL,
	since INTEGER NOT NULL, until INTEGER NOT NULL, PRIMARY KEY(statement, topic, since)) STRICT, WITHOUT ROWID;
CREATE INDEX mark_topic ON mark(topic, value, until, statement, num);
CREATE INDEX mark_decision ON mark(decision, statement);
`

// wordsSchema is search.db. The index holds no text, only which folded word
// stands where. Column text is the statement's words, extra its title, byline
// and joined forms, tag one word per property ("lang=ar"); no word of a text
// has an equals sign, so tags need no column filter, and a filter is one more
// word to intersect, never a scan.
//
// The rowid is the posting time and the leaf (see rowid.go): newest first is
// the index's own order, read backwards.
const wordsSchema = `
CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES('size', 0), ('purge', 0);
CREATE VIRTUAL TABLE words USING fts5(text, extra, tag, content='', contentless_delete=1, tokenize="ascii tokenchars '='");
INSERT INTO words(words, rank) VALUES('pgsz', 8000);
INSERT INTO words(words, rank) VALUES('automerge', 0);
INSERT INTO words(words, rank) VALUES('crisismerge', 10);
INSERT INTO words(words, rank) VALUES('hashsize', 64000000);
-- Every distinct word under the hashes of its name keys: other spellings of a
-- name, in any script, share one of them.
CREATE TABLE name(key INTEGER NOT NULL, term TEXT NOT NULL, PRIMARY KEY(key, term)) STRICT, WITHOUT ROWID;
`
