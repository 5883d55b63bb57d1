// Package cli is the desk on a command line: a command is a file. Names, flags,
// JSON fields and exit codes are a contract (doc/cli.md).
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"dalil/internal/custody"
	"dalil/internal/desk"
	"dalil/internal/pipeline"
	"dalil/internal/query"
	"dalil/internal/record"
	"dalil/internal/redact"
	"dalil/internal/state"
)

// Exit codes. 3 and 4 are results, not failures of dalil: scripts act on them.
const (
	exitOK        = 0
	exitFailed    = 1
	exitUsage     = 2
	exitPartly    = 3 // finished, some items failed
	exitAltered   = 4 // verification found something
	exitNoCase    = 10
	exitLocked    = 11
	exitCancelled = 130
)

// Env is what the commands stand on; cmd/dalil fills it in.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Terminal       bool // Stderr is a terminal: progress may move
	Handle         string
	Version        string

	Stores pipeline.Stores
	Keys   func() (*custody.Keys, error)

	// Serve shows a case in a browser until ctx ends; ready is called with the
	// address once it answers.
	Serve func(ctx context.Context, d *desk.Desk, how Serving, ready func(url string)) error
	// Secret asks the person at the terminal for a line that is not shown.
	Secret func(ctx context.Context, prompt string) (string, error)
	// Sample writes the sample country's files into a folder and says how the
	// case is made of them.
	Sample func(dir string) (SampleCase, error)
	// Generate writes a Telegram export of n invented messages.
	Generate func(w io.Writer, n int, seed uint64) error
	// Bundle writes a release as an evidence bundle to a new folder or, if the
	// name ends so, .zip.
	Bundle func(ctx context.Context, path string, r redact.Release, note string) error
	// Proxy is what captures go through; "" for a direct connection.
	Proxy string
	// Painter finds the program that makes pictures of captured pages.
	Painter func(ctx context.Context) (*pipeline.Painter, error)
	// Table writes a release as a table.
	Table func(ctx context.Context, to TableFile, r redact.Release) error
	// Reader finds the program that reads text in pictures.
	Reader func(ctx context.Context) (pipeline.Helper, error)
	// CheckBundle verifies an evidence bundle that somebody handed over.
	CheckBundle func(ctx context.Context, path string) (*custody.Report, error)
}

// TableFile is a table to be written.
type TableFile struct {
	Path    string   // nothing may be there yet
	Columns []string // none: the usual ones
	Mark    bool     // begin with a byte order mark
	DryRun  bool     // only see whether it could be written
}

// SampleCase is the sample case: its settings and what is imported in which
// order.
type SampleCase struct {
	Name, Zone string
	Imports    []SampleImport
	Triage     []SampleTriage
	Saved      []SampleSearch
}

// SampleImport is one import of the sample case, and what a person at the desk
// does after it.
type SampleImport struct {
	Path     string
	Source   string
	Outages  []SampleOutage
	Withdraw []SampleWithdrawal
	Issuers  []SampleIssuer
	Grades   []SampleGrade
	Merges   []SampleMerge
	Says     []SampleTranslation
}

// globals are the flags every command has.
type globals struct {
	Case    string           `help:"Case folder. Default: found upward from here, like git." placeholder:"DIR" env:"DALIL_CASE"`
	JSON    bool             `help:"Print NDJSON: one object a line, each with a type." name:"json"`
	Quiet   bool             `short:"q" help:"Print no progress."`
	Version kong.VersionFlag `help:"Print the version."`
}

type commands struct {
	globals

	Init       initCmd       `cmd:"" help:"Make a new case."`
	Import     importCmd     `cmd:"" help:"Bring exports, files and folders into the case."`
	Capture    captureCmd    `cmd:"" help:"Keep pages and public posts of the web, by their addresses."`
	Search     searchCmd     `cmd:"" help:"Find statements."`
	Inbox      inboxCmd      `cmd:"" help:"List what waits to be looked at: families, and statements in none."`
	Triage     triageCmd     `cmd:"" help:"Decide about families and statements: keep, duplicate, dismiss, later, reopen."`
	Label      labelCmd      `cmd:"" help:"Put a label on families and statements, or list the labels."`
	Assign     assignCmd     `cmd:"" help:"Say who is to look at families and statements."`
	Apply      applyCmd      `cmd:"" help:"Take over a sheet that was filled in: many decisions in one, which one undo takes back."`
	Shield     shieldCmd     `cmd:"" help:"Mask the name of a private person wherever it would be shown."`
	Saved      savedCmd      `cmd:"" help:"Keep searches under a name, with a warning if you like."`
	Show       showCmd       `cmd:"" help:"Show a statement, source, capture, import or decision, or a list of them."`
	Families   familiesCmd   `cmd:"" help:"Show texts that travel: who had each first, who took it up, how each copy differs."`
	Firsts     firstsCmd     `cmd:"" help:"Show who breaks first, against what chance would give."`
	Cite       citeCmd       `cmd:"" help:"Say how a statement is cited, in four styles."`
	Verify     verifyCmd     `cmd:"" help:"Prove that nothing in a case or bundle was changed."`
	Bundle     bundleCmd     `cmd:"" help:"Pack evidence for a stranger to verify."`
	Export     exportCmd     `cmd:"" help:"Write statements as a table, for a spreadsheet or a program."`
	Withdraw   withdrawCmd   `cmd:"" help:"Hide a statement and bar it from being cited; nothing is destroyed."`
	Restore    restoreCmd    `cmd:"" help:"Take a withdrawal back."`
	Erase      eraseCmd      `cmd:"" help:"Destroy a statement or file for good, in two steps."`
	Restrict   restrictCmd   `cmd:"" help:"Keep a statement in the house: no bundle or export contains it."`
	Ocr        ocrCmd        `cmd:"" help:"Read the text in pictures of statements, if tesseract is installed."`
	Translate  translateCmd  `cmd:"" help:"Put a statement into another language, by hand or by a program you run; say that one was reviewed."`
	Merge      mergeCmd      `cmd:"" help:"Say that statements are the same text."`
	Split      splitCmd      `cmd:"" help:"Say that statements are not the text of the family they are in."`
	Grade      gradeCmd      `cmd:"" help:"Grade how reliable a source is on a topic, A to F, or show its grades."`
	Undo       undoCmd       `cmd:"" help:"Take a decision back."`
	Outage     outageCmd     `cmd:"" help:"Record a time in which something could not be seen."`
	Config     configCmd     `cmd:"" help:"Show or change the case's settings."`
	Rebuild    rebuildCmd    `cmd:"" help:"Make the catalog anew from archive and log."`
	Backup     backupCmd     `cmd:"" help:"Make a verified copy of the case, also while it is in use."`
	Jobs       jobsCmd       `cmd:"" help:"List imports and other jobs; watch, pause, resume or cancel one."`
	Doctor     doctorCmd     `cmd:"" help:"Check this machine and case for what would go wrong later."`
	Serve      serveCmd      `cmd:"" help:"Open the case in a browser."`
	Password   passwordCmd   `cmd:"" help:"Set the password that browsers are asked for."`
	Demo       demoCmd       `cmd:"" help:"Build the sample case (an invented country) and open it."`
	Completion completionCmd `cmd:"" help:"Print a completion script for bash, zsh or fish."`
	Generate   generateCmd   `cmd:"" hidden:"" help:"Write an invented Telegram export of any size."`
}

// app is one run of the program.
type app struct {
	Env
	ctx context.Context
	globals
	parser *kong.Kong
	partly bool         // some items failed
	known  *desk.Moment // what is printed is of; nil is now
}

// Run runs one command line and returns the exit code.
func Run(ctx context.Context, args []string, env Env) int {
	var c commands
	exited := -1
	parser, err := kong.New(&c,
		kong.Name("dalil"),
		kong.Description("Open-source-investigation software: captured, unaltered, who said it first, who did it.\n\nRun \"dalil COMMAND --help\" for a command, \"dalil demo\" to see it work."),
		kong.Writers(env.Stdout, env.Stderr),
		kong.Exit(func(code int) { exited = code }),
		kong.Vars{"version": env.Version},
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
	)
	if err != nil {
		fmt.Fprintln(env.Stderr, "dalil:", err)
		return exitFailed
	}
	a := &app{Env: env, ctx: ctx, parser: parser}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	k, err := parser.Parse(args)
	if exited >= 0 { // --help and --version
		return exited
	}
	if err != nil {
		a.JSON = hasJSON(args)
		return a.fail(record.WithHint(usageError{err}, usageHint(parser, args, err)))
	}
	a.globals = c.globals
	k.Bind(a)
	if err := k.Run(a); err != nil {
		return a.fail(err)
	}
	if a.partly {
		return exitPartly
	}
	return exitOK
}

// usageHint says where help is for the command that a command line was meant
// for, if it can be told.
func usageHint(parser *kong.Kong, args []string, err error) string {
	for _, a := range args {
		for _, n := range parser.Model.Children {
			switch {
			case n.Name != a:
			case a == "search" && strings.Contains(err.Error(), "unknown flag"):
				return "put a query with a minus in it in quotes, like `dalil search 'rocket -drone'`"
			default:
				return "see `dalil " + a + " --help`"
			}
		}
	}
	return "see `dalil --help`"
}

func hasJSON(args []string) bool {
	for _, a := range args {
		if a == "--json" {
			return true
		}
	}
	return false
}

type usageError struct{ error }

func (u usageError) Unwrap() error { return u.error }

// errAltered ends a verification that found something; the findings are
// printed already.
var errAltered = errors.New("verification failed")

// exitCode is the one table from errors to exit codes.
func exitCode(err error) int {
	var u usageError
	switch {
	case errors.Is(err, errAltered):
		return exitAltered
	case errors.Is(err, context.Canceled):
		return exitCancelled
	case errors.Is(err, pipeline.ErrNoCase):
		return exitNoCase
	case errors.Is(err, pipeline.ErrLocked):
		return exitLocked
	case errors.As(err, &u), errors.Is(err, record.ErrInvalid):
		return exitUsage
	}
	return exitFailed
}

// fail prints an error with what to do about it, and returns its exit code.
func (a *app) fail(err error) int {
	code := exitCode(err)
	if errors.Is(err, errAltered) {
		return code
	}
	var hint *record.Hint
	do := ""
	if errors.As(err, &hint) {
		do = hint.Do
	}
	var q *query.Error
	if errors.As(err, &q) {
		do = q.Do
	}
	if a.JSON {
		b, _ := json.Marshal(map[string]any{"type": "exit_error", "code": code, "error": err.Error(), "do": do}) // plain strings
		fmt.Fprintf(a.Stderr, "%s\n", b)
		return code
	}
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(a.Stderr, "dalil: interrupted")
		return code
	}
	fmt.Fprintln(a.Stderr, "dalil:", err)
	if q != nil && q.End <= len(q.Query) && q.Offset < q.End {
		fmt.Fprintf(a.Stderr, "  %s\n  %s%s\n", q.Query, strings.Repeat(" ", len([]rune(q.Query[:q.Offset]))), strings.Repeat("^", len([]rune(q.Query[q.Offset:q.End]))))
	}
	if do != "" {
		fmt.Fprintln(a.Stderr, "      →", do)
	}
	return code
}

// dir is the case folder of this command line.
func (a *app) dir() (string, error) {
	if a.Case != "" { // an empty DALIL_CASE names none
		return kong.ExpandPath(a.Case), nil
	}
	wd, err := os.Getwd()
	if err != nil {
		return "", err
	}
	return pipeline.Find(wd)
}

// open opens the case for reading or writing.
func (a *app) open(write bool) (*desk.Desk, error) {
	dir, err := a.dir()
	if err != nil {
		return nil, err
	}
	keys, err := a.Keys()
	if err != nil {
		return nil, err
	}
	c, err := pipeline.Open(a.ctx, dir, write, a.Handle, keys, a.Stores)
	if errors.Is(err, pipeline.ErrLocked) {
		return nil, a.whoHolds(dir, err)
	}
	if err != nil {
		return nil, err
	}
	d := desk.New(c)
	d.Egress.Proxy, d.Painter, d.OCR = a.Proxy, a.Painter, a.Reader
	return d, nil
}

// with runs f on an open case and closes it.
func (a *app) with(write bool, f func(d *desk.Desk) error) error {
	d, err := a.open(write)
	if err != nil {
		return err
	}
	err = f(d)
	if note := d.Case.StateNote(); note != "" {
		fmt.Fprintln(a.Stderr, "dalil: note:", note)
	}
	return errors.Join(err, d.Case.Close())
}

// heard is how lately a running job must have said how far it is: one that was
// killed says nothing.
const heard = 30 * time.Second

// whoHolds adds to a held lock what is going on in the case and how to pause it,
// and that the workbench is open, and where, if it is the workbench that holds it.
func (a *app) whoHolds(dir string, err error) error {
	if !exists(filepath.Join(dir, state.File)) {
		return err
	}
	s, _, serr := a.Stores.OpenState(dir, false)
	if serr != nil {
		return err
	}
	defer s.Close()
	at, serr := s.Value(a.ctx, state.KeyWorkbench)
	url, process, ok := strings.Cut(at, " ")
	if serr != nil || !ok || !strings.Contains(err.Error(), process+" on ") {
		url = "" // an address of an earlier workbench, which was killed
	}
	all, serr := s.Jobs(a.ctx, 0)
	if serr != nil {
		return err
	}
	n := slices.IndexFunc(all, func(j state.Job) bool {
		return j.State == state.Running && j.Kind != pipeline.JobPreflight && time.Since(time.UnixMilli(j.Beat)) < heard
	})
	switch {
	case n >= 0 && url != "":
		return record.WithHint(fmt.Errorf("%w: %s is going on, %s of %s", err, all[n].ID, all[n].Kind, terminal(all[n].Title)),
			fmt.Sprintf("the workbench is open at %s: do it there, or end the workbench first; the job is paused at %s/jobs/%s, or by `dalil jobs pause %s`", url, url, all[n].ID, all[n].ID))
	case n >= 0:
		return record.WithHint(fmt.Errorf("%w: %s is going on, %s of %s", err, all[n].ID, all[n].Kind, terminal(all[n].Title)), "wait until it has ended, or pause it: `dalil jobs pause "+all[n].ID+"`")
	case url != "":
		return record.WithHint(err, "the workbench is open at "+url+": do it there, or end the workbench first")
	}
	return err
}

// emit prints one object of the NDJSON contract.
func (a *app) emit(typ string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	k := knownJSON{Type: typ}
	if a.known != nil {
		k.At, k.Size = rfc3339(a.known.At.UnixMilli()), a.known.Size
	}
	head, err := json.Marshal(k)
	if err != nil {
		return err
	}
	sep := ","
	if string(b) == "{}" {
		sep = ""
	}
	_, err = fmt.Fprintf(a.Stdout, "%s%s%s\n", head[:len(head)-1], sep, b[1:])
	return err
}

func (a *app) printf(format string, args ...any) { fmt.Fprintf(a.Stdout, format, args...) }
