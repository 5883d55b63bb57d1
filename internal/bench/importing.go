package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime/debug"
	"time"

	"dalil/internal/pipeline"
	"dalil/internal/pipeline/pipelinetest"
	"dalil/internal/sample"
)

// export writes a generated export and returns the words for queries.
func (b *bench) export(name string, messages int) (path string, truth sample.ExportTruth, err error) {
	f, err := os.Create(b.path(name))
	if err != nil {
		return "", truth, err
	}
	opt := sample.DefaultExport(messages, 1)
	opt.Needles = min(opt.Needles, messages/5)
	w := bufio.NewWriterSize(f, mega)
	truth, err = sample.Export(w, opt)
	return f.Name(), truth, errors.Join(err, w.Flush(), f.Close())
}

const jsonLoad = `import json, sys, time
t, c = time.perf_counter(), time.process_time()
with open(sys.argv[1], "rb") as f: json.load(f)
print(time.perf_counter() - t, time.process_time() - c)`

// python is how many seconds Python needs to parse a file, and how many of
// them on a processor.
func (b *bench) python(path string) (wall, cpu float64, err error) {
	out, err := exec.CommandContext(b.ctx, "python3", "-c", jsonLoad, path).Output()
	if err != nil {
		return 0, 0, fmt.Errorf("python3 json.load: %w", err)
	}
	_, err = fmt.Sscan(string(out), &wall, &cpu)
	return wall, cpu, err
}

func (b *bench) importing() error {
	large, _, err := b.export("large.json", b.opt.messages)
	if err != nil {
		return err
	}
	small, _, err := b.export("small.json", b.opt.small)
	if err != nil {
		return err
	}
	info, err := os.Stat(large)
	if err != nil {
		return err
	}
	b.head("Import of a Telegram export (%d MB)", info.Size()/mega)
	before, _, err := b.python(large)
	if err != nil {
		return err
	}
	without, analysis, err := b.withoutFamilies(large)
	if err != nil {
		return err
	}
	costs := map[string]cost{}
	for _, x := range []struct{ name, in, profile string }{{"small", small, b.path("import.pprof")}, {"large", large, ""}} {
		if _, err := b.dalil("", "init", b.path(x.name)); err != nil {
			return err
		}
		if costs[x.name], err = b.dalil(x.profile, "--case", b.path(x.name), "import", x.in, "--json", "-q"); err != nil {
			return err
		}
	}
	// Once before and once after, and the better counts: on a busy machine the
	// baseline must not be what is slow.
	base, cpu, err := b.python(large)
	if err != nil {
		return err
	}
	base = min(base, before)
	b.row("python3 json.load, the baseline", fmt.Sprintf("%.2f s, %.2f s of processor time", base, cpu))
	c := costs["large"]
	b.row("dalil import: stored, proven, searchable, repost-linked", c.String())
	b.atMost("× json.load", c.wall.Seconds()/base, 3, "%.2f")
	b.row("without families, in this process", fmt.Sprintf("%.2f s", without.Seconds()))
	b.atMost("× json.load, without families", without.Seconds()/base, 2.5, "%.2f")
	b.row("families afterwards, by themselves", fmt.Sprintf("%.2f s", analysis.Seconds()))
	b.atLeast("posts a second of it", float64(b.opt.messages)/analysis.Seconds(), 30_000, "%.0f")
	b.row("× json.load in processor time, of all cores", fmt.Sprintf("%.2f", c.cpu.Seconds()/cpu))
	b.atMost("peak memory, MB", float64(c.rss)/mega, 512, "%.0f")
	b.row(fmt.Sprintf("peak memory with %s messages, MB", group(int64(b.opt.small))), fmt.Sprint(costs["small"].rss/mega))
	b.row("messages a second", group(int64(float64(b.opt.messages)/c.wall.Seconds())))
	if err := b.rooms(b.path("import.pprof")); err != nil {
		return err
	}
	again, err := b.dalil("", "--case", b.path("large"), "import", large, "--json", "-q")
	if err != nil {
		return err
	}
	b.row("the same import again, all of it known", again.String())
	return os.Remove(small)
}

// withoutFamilies imports a file into a case that has no analyses, and then lets
// them look at all of it.
func (b *bench) withoutFamilies(path string) (without, analysis time.Duration, err error) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(270 << 20)) // as cmd/dalil has it
	m, err := pipelinetest.NewMaker(b.path("config"))
	if err != nil {
		return 0, 0, err
	}
	analyses := m.Stores.Analyses
	m.Stores.Analyses = nil
	dir := b.path("plain")
	start := time.Now()
	c, err := m.Create(b.ctx, dir, "UTC")
	if err != nil {
		return 0, 0, err
	}
	_, err = c.Import(b.ctx, []string{path}, pipeline.ImportOptions{})
	if err := errors.Join(err, c.Close()); err != nil {
		return 0, 0, err
	}
	without = time.Since(start)
	m.Stores.Analyses = analyses
	if c, err = m.Open(b.ctx, dir, true); err != nil {
		return 0, 0, err
	}
	start = time.Now()
	err = c.Analyse(b.ctx, nil)
	analysis = time.Since(start)
	return without, analysis, errors.Join(err, c.Close(), os.RemoveAll(dir))
}

func (b *bench) rebuilding() error {
	b.head("Rebuild of the catalog from archive and log")
	c, err := b.dalil("", "--case", b.path("large"), "rebuild", "--json", "-q")
	if err != nil {
		return err
	}
	b.row("dalil rebuild", c.String())
	return os.RemoveAll(b.path("large"))
}
