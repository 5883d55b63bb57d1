package desk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"dalil/internal/custody"
	"dalil/internal/pipeline"
	"dalil/internal/record"
)

// Check is one thing that was looked at, for what would go wrong later.
type Check struct {
	Name   string // for programs: it does not change
	State  string // Fine, Look or Bad
	Topic  string // for people
	What   Words
	Means  string // why it matters; "" when that is plain
	Remedy string // a command, or a short advice; {keys} and {case} stand for the folders
}

// Command reports whether the remedy is something to type.
func (c Check) Command() bool {
	for _, program := range []string{"dalil ", "apt ", "chmod ", "cp ", "timedatectl "} {
		if strings.HasPrefix(c.Remedy, program) {
			return true
		}
	}
	return false
}

// Relative says the folders of this machine in a text by what they are, for
// readers who need not know where they lie.
func (m Machine) Relative(text string) string {
	pairs := []string{"{keys}", "$DALIL_CONFIG/keys", "{case}", "."}
	add := func(dir, name string) {
		if len(dir) > 1 {
			pairs = append(pairs, dir, name)
		}
	}
	if m.Keys != nil {
		add(m.Keys.Dir(), "$DALIL_CONFIG/keys")
		add(filepath.Dir(m.Keys.Dir()), "$DALIL_CONFIG")
	}
	add(m.Dir, ".")
	if home, err := os.UserHomeDir(); err == nil {
		add(home, "~")
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// States of a check.
const (
	Fine = "ok"
	Look = "note"
	Bad  = "bad"
)

// Words is an English sentence with {places} and what fills them, pair by pair,
// so that it can be said in another language.
type Words struct {
	Text string
	Fill []any
}

// String says the sentence in English.
func (w Words) String() string {
	s := w.Text
	for i := 0; i+1 < len(w.Fill); i += 2 {
		s = strings.ReplaceAll(s, "{"+fmt.Sprint(w.Fill[i])+"}", fmt.Sprint(w.Fill[i+1]))
	}
	return s
}

// Machine is what the doctor knows of where it stands.
type Machine struct {
	Keys   *custody.Keys
	Handle string
	Dir    string    // of the case; "" when there is none
	Now    time.Time // of this machine's clock
	Served *Served   // as this case is served; nil when it is not
}

// Served is who can reach the pages of a case.
type Served struct {
	Public   bool // other machines
	Password bool // is asked
	TLS      bool
}

// key marks a text that is said in the reader's language; the test of
// translations finds it.
func key(english string) string { return english }

func words(english string, fill ...any) Words { return Words{english, fill} }

// sampled is how many records the doctor proves.
const sampled uint64 = 24

// sampledMost bounds the bytes read for one of them; a verification reads all.
const sampledMost = 16 << 20

// Examine looks at this machine and, when d is not nil, at its case. It changes
// nothing and takes about a second at most, however large the case is.
func Examine(ctx context.Context, m Machine, d *Desk) []Check {
	all := []Check{m.keys(), m.backup(), m.name()}
	all = append(all, m.programs()...)
	all = append(all, clockCheck(m.Now))
	if m.Dir == "" {
		return all
	}
	all = append(all, diskCheck(m.Dir), fileSystemCheck(m.Dir), m.privacy())
	if d == nil {
		return all
	}
	all = append(all, d.catalogCheck(ctx), d.closing(), d.sealed(ctx), d.ordered(ctx, m.Now), d.sample(ctx), d.signing(m), m.doors(d))
	return append(all, Check{Name: "proof", State: Look, Topic: key("proof"), What: words(key("the doctor looks at samples; every byte is checked by a verification")), Remedy: "dalil verify"})
}

// keys says whether others can read the private keys.
func (m Machine) keys() Check {
	c := Check{Name: "keys", Topic: key("keys"), Means: key("whoever has them can sign in your name")}
	if m.Keys == nil {
		c.State, c.What, c.Remedy = Look, words(key("the keys cannot be seen from here")), "dalil doctor"
		return c
	}
	dir := m.Keys.Dir()
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		c.State, c.What = Look, words(key("no keys yet: they are made with the first case"))
		return c
	}
	open, seen := 0, 0
	err := filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if seen++; seen > 100_000 {
			return fs.SkipAll
		}
		info, err := e.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			open++
		}
		return err
	})
	switch {
	case err != nil:
		c.State, c.What, c.Remedy = Bad, words(key("the keys folder cannot be read: {why}"), "why", err), "chmod -R u+rwX {keys}"
	case open > 0:
		c.State, c.What, c.Remedy = Bad, words(key("the keys folder can be read by others")), "chmod -R go= {keys}"
	default:
		c.State, c.What = Fine, words(key("the keys folder is private; back it up"))
	}
	return c
}

// backup reminds of what no program can see.
func (m Machine) backup() Check {
	c := Check{Name: "key backup", State: Look, Topic: key("copy of the keys"), What: words(key("whether there is a copy elsewhere cannot be seen from here")),
		Means: key("without the keys a case can be read and verified, and never be added to"), Remedy: "cp -a {keys} /media/ANOTHER-DISK/"}
	if m.Keys == nil {
		return c
	}
	keys, errKeys := filepath.EvalSymlinks(m.Keys.Dir())
	dir, errCase := filepath.EvalSymlinks(m.Dir)
	if m.Dir != "" && errKeys == nil && errCase == nil && (keys == dir || strings.HasPrefix(keys, dir+string(filepath.Separator))) {
		c.State, c.What, c.Remedy = Bad, words(key("the keys lie inside of the case: whoever is handed a copy of it can sign for it")), key("move them elsewhere, and set DALIL_CONFIG")
	}
	return c
}

func (m Machine) name() Check {
	c := Check{Name: "name", Topic: key("your name")}
	if err := pipeline.CheckHandle(m.Handle); err != nil {
		c.State, c.What, c.Remedy = Bad, words("{why}", "why", err), key("set DALIL_HANDLE to your initials")
		return c
	}
	c.State, c.What = Fine, words(key("you sign as {name}"), "name", m.Handle)
	return c
}

// programs looks for what helps when it is there.
func (m Machine) programs() []Check {
	var all []Check
	for _, t := range []struct{ name, topic, program, use, remedy string }{
		{"page images", key("PDF text"), "pdftotext", key("a second opinion on the text of PDF files"), "apt install poppler-utils"},
		{"text recognition", key("text in pictures"), "tesseract", key("text in the pictures of statements"), "apt install tesseract-ocr tesseract-ocr-ara tesseract-ocr-fas"},
		{"browser", key("screenshots"), "chromium", key("screenshots of captured pages"), "apt install chromium"},
		{"video", key("video"), "ffmpeg", key("still pictures of videos"), "apt install ffmpeg"},
	} {
		c := Check{Name: t.name, Topic: t.topic, State: Fine, What: words(key("{program} is here"), "program", t.program), Means: t.use}
		if _, err := exec.LookPath(t.program); err != nil {
			c.State, c.What, c.Remedy = Look, words(key("{program} is not here; all else works without"), "program", t.program), t.remedy
		}
		all = append(all, c)
	}
	return all
}

// clockCheck asks the system whether its clock is set by others.
func clockCheck(now time.Time) Check {
	c := Check{Name: "clock", Topic: key("clock"), State: Fine, What: words(key("the system keeps it by a time server")), Means: key("times of capture are this clock’s word")}
	switch known, set := clockSet(); {
	case now.Year() < 2025:
		c.State, c.What, c.Remedy = Bad, words(key("it says {year}"), "year", fmt.Sprint(now.Year())), "timedatectl set-ntp true"
	case !known:
		c.State, c.What = Look, words(key("whether it is right cannot be seen from here"))
	case !set:
		c.State, c.What, c.Remedy = Look, words(key("the system does not say that a time server keeps it")), "timedatectl set-ntp true"
	}
	return c
}

func (m Machine) privacy() Check {
	c := Check{Name: "privacy", Topic: key("who can read the case"), Means: key("the folder holds originals, and the key to pseudonyms")}
	info, err := os.Stat(m.Dir)
	switch {
	case err != nil:
		c.State, c.What = Bad, words("{why}", "why", err)
	case info.Mode().Perm()&0o077 != 0:
		c.State, c.What, c.Remedy = Look, words(key("the case can be read by others on this machine")), "chmod go= {case}"
	default:
		c.State, c.What = Fine, words(key("you alone, on this machine"))
	}
	return c
}

func (d *Desk) catalogCheck(ctx context.Context) Check {
	c := Check{Name: "catalog", Topic: key("catalog")}
	size, err := d.Case.Catalog.Size(ctx)
	switch {
	case err != nil:
		c.State, c.What, c.Remedy = Bad, words("{why}", "why", err), "dalil rebuild"
	case size < d.Case.Archive.Size():
		c.State, c.What, c.Remedy = Look, words(key("records that are not in it yet: {n}"), "n", d.Case.Archive.Size()-size), key("the next command that writes takes them in")
	default:
		c.State, c.What = Fine, words(key("complete; records: {n}"), "n", size)
	}
	return c
}

func (d *Desk) closing() Check {
	c := Check{Name: "closing", Topic: key("closing"), State: Fine, What: words(key("the case was closed cleanly"))}
	if d.Case.Writable() {
		c.What = words(key("the case is open for writing here"))
	} else if _, err := os.Lstat(filepath.Join(d.Case.Dir, custody.CatalogOpen)); err == nil {
		c.State, c.What, c.Remedy = Look, words(key("another dalil has the case open for writing, or one was stopped")), "dalil verify"
	}
	return c
}

// sealed says whether the log is under a signed checkpoint up to its end.
func (d *Desk) sealed(ctx context.Context) Check {
	c := Check{Name: "log", Topic: key("log"), Means: key("what is under a signed checkpoint cannot be changed unseen")}
	s, err := d.Standing(ctx)
	switch {
	case err != nil:
		c.State, c.What, c.Remedy = Bad, words("{why}", "why", err), "dalil verify"
	case s.Problem != "":
		c.State, c.What, c.Remedy = Bad, words(key("its checkpoint does not stand: {why}"), "why", s.Problem), "dalil verify"
	case s.Size < d.Case.Archive.Size():
		c.State, c.What, c.Remedy = Look, words(key("records at its end that no checkpoint covers yet: {n}"), "n", d.Case.Archive.Size()-s.Size), "dalil verify"
	default:
		c.State, c.What = Fine, words(key("signed up to its end; records: {n}"), "n", s.Size)
	}
	return c
}

// order compares the clock with the newest record.
func (d *Desk) ordered(ctx context.Context, now time.Time) Check {
	c := Check{Name: "order", Topic: key("order of time"), State: Fine, What: words(key("the clock is not behind the newest record")), Means: key("a clock that was set back makes new records look older than old ones")}
	size := d.Case.Archive.Size()
	if size == 0 {
		return c
	}
	b, err := d.Case.Archive.Leaf(ctx, size-1)
	var l record.Leaf
	if err == nil {
		l, err = record.ParseLeaf(b)
	}
	if err != nil {
		c.State, c.What, c.Remedy = Bad, words("{why}", "why", err), "dalil verify"
	} else if behind := time.UnixMilli(l.At).Sub(now); behind > time.Minute {
		c.State, c.What, c.Remedy = Bad, words(key("the clock is behind the newest record, by minutes: {n}"), "n", int(behind/time.Minute)), key("set the clock before you go on")
	}
	return c
}

// sample proves some records, chosen anew each time.
func (d *Desk) sample(ctx context.Context) Check {
	c := Check{Name: "sample", Topic: key("sample"), State: Fine, Means: key("bytes, commitment and place in the log, checked just now")}
	cp, err := d.Case.Checkpoint()
	if err != nil || cp.Size == 0 {
		c.State, c.What = Bad, words(key("there is no checkpoint to check against"))
		return c
	}
	checked, n := 0, min(sampled, cp.Size)
	for i := range n {
		leaf := i
		if cp.Size > sampled { // else all of them
			leaf = rand.Uint64N(cp.Size)
		}
		if err := d.prove(ctx, cp, leaf); err != nil {
			if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
				break
			}
			c.State, c.What, c.Remedy = Bad, words(key("record {n} is not as it was recorded: {why}"), "n", leaf, "why", err), "dalil verify"
			return c
		}
		checked++
	}
	c.What = words(key("records drawn at random and proved: {n}"), "n", checked)
	return c
}

func (d *Desk) prove(ctx context.Context, cp custody.Checkpoint, leaf uint64) error {
	a := d.Case.Archive
	b, err := a.Leaf(ctx, leaf)
	if err != nil {
		return err
	}
	hashes, err := custody.ProveEntry(ctx, a, cp, leaf)
	if err != nil {
		return err
	}
	if err := custody.CheckEntry(cp, leaf, b, hashes); err != nil {
		return err
	}
	l, err := record.ParseLeaf(b)
	if err != nil || l.Kind != record.LeafStatement {
		return err
	}
	c, err := d.Case.Catalog.Capture(ctx, l.Capture)
	if err != nil {
		return err
	}
	length := l.Length
	if length == 0 {
		length = c.Size
	}
	if length > sampledMost {
		return nil
	}
	_, err = d.checkBytes(ctx, leaf, &l)
	if errors.Is(err, record.ErrWithheld) {
		return nil // destroyed on a decision
	}
	return err
}

// signing says whether this machine can add to the case.
func (d *Desk) signing(m Machine) Check {
	c := Check{Name: "signing", Topic: key("signing"), State: Fine, What: words(key("this machine holds the case’s key"))}
	if m.Keys == nil {
		c.State, c.What = Look, words(key("the keys cannot be seen from here"))
		return c
	}
	if _, _, err := m.Keys.LogSigner(d.Case.Origin); err != nil {
		c.State, c.What, c.Remedy = Look, words(key("this machine does not hold the case’s key: it can be read here, and not be added to")), key("copy the keys folder from the machine that does")
		if errors.Is(err, record.ErrAltered) {
			c.State, c.What, c.Remedy = Bad, words(key("the case’s key is damaged")), key("put the keys folder back from a backup")
		}
	}
	return c
}

// doors says who can reach the case through a browser.
func (m Machine) doors(d *Desk) Check {
	c := Check{Name: "access", Topic: key("who can reach the pages"), State: Fine}
	set := false
	if m.Keys != nil {
		if p, err := m.Keys.Password(d.Case.Origin); err == nil {
			set = p.Mark() != ""
		}
	}
	s := m.Served
	switch {
	case s == nil && set:
		c.What = words(key("a password is set; it is asked for with --password or --expose"))
	case s == nil:
		c.What = words(key("no password is set: the pages can be served to this machine only"))
	case s.Public && !s.Password: // which Serve refuses
		c.State, c.What, c.Remedy = Bad, words(key("other machines, without a password")), "dalil password"
	case s.Public && !set:
		c.State, c.What, c.Remedy = Bad, words(key("nobody: the password was taken away")), "dalil password"
	case s.Public && !s.TLS:
		c.State, c.What, c.Remedy = Look, words(key("this machine, with the password; it may be exposed, and TLS is not used")), key("end the server when nobody else needs it")
	case s.Public:
		c.State, c.What, c.Means = Look, words(key("other machines, through TLS, with the password")), key("whoever knows the password sees all of the case, and who gave it to them is not recorded")
	case s.Password:
		c.What = words(key("this machine only, with the password"))
	default:
		c.What = words(key("this machine only; whoever uses it can see the case"))
	}
	return c
}
