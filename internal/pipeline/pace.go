package pipeline

import "time"

// Pace works out of what long work says of itself how fast it is, how far all of
// it is, and how long the rest will take. It says nothing that it cannot know: no
// time is left before some seconds of the phase that takes longest were seen.
// The zero value is ready. It is not for several goroutines.
type Pace struct {
	phase string
	from  []sample // of the phase, a second apart; the oldest first
}

// sample is how far a phase was at a time.
type sample struct {
	at   time.Time
	done int64
}

const (
	paceSeconds = 20              // how far back the speed is looked at: what was known passes faster than what is new
	paceKnown   = 4 * time.Second // so long a phase must have been seen before time is told
)

// stretch is a phase of some work, and what part of its time it takes.
type stretch struct {
	phase string
	part  float64
}

// What a byte costs, against reading one: an estimate for large exports of posts,
// by which phases are weighed against one another before they are seen.
const (
	storeCost = .05
	linkCost  = .25
)

// stretches are the phases of an import of so many bytes.
func stretches(store, read int64) []stretch {
	s, r := float64(store)*storeCost, float64(read)
	all := max(s+r*(1+linkCost), 1)
	return []stretch{{"store", s / all}, {"read", r / all}, {"link", r * linkCost / all}}
}

// Add takes what work reported now and returns it with Rate, Share and Left.
func (p *Pace) Add(now time.Time, x Progress) Progress {
	if n := len(p.from); x.Phase != p.phase || n > 0 && x.Done < p.from[n-1].done {
		p.phase, p.from = x.Phase, append(p.from[:0], sample{now, x.Done})
	} else if now.Sub(p.from[n-1].at) >= time.Second {
		if p.from = append(p.from, sample{now, x.Done}); n == paceSeconds {
			p.from = p.from[1:]
		}
	}
	first := p.from[0]
	if seen := now.Sub(first.at); seen >= time.Second/2 && x.Done > first.done {
		x.Rate = float64(x.Done-first.done) / seen.Seconds()
	}
	if x.Total <= 0 {
		return x
	}
	done := float64(min(x.Done, x.Total)) / float64(x.Total)
	var before, own, after float64
	for _, s := range x.parts {
		switch {
		case s.phase == x.Phase:
			own = s.part
		case own == 0:
			before += s.part
		default:
			after += s.part
		}
	}
	if own == 0 { // work of one phase
		before, own, after = 0, 1, 0
	}
	x.Share = before + own*done
	// A short phase says little about the long one that follows.
	if x.Rate > 0 && now.Sub(first.at) >= paceKnown && own > after {
		all := float64(x.Total) / x.Rate
		x.Left = time.Duration((all*(1-done) + all*after/own) * float64(time.Second))
	}
	return x
}

// Paced is a report of progress with Rate, Share and Left filled in.
func Paced(report func(Progress)) func(Progress) {
	var p Pace
	return func(x Progress) { report(p.Add(time.Now(), x)) }
}

// whole is how far an import is over all its files, in bytes of the files it was
// given: what is unpacked out of one counts by its part of it.
type whole struct {
	store, stored int64   // to take in
	read          []int64 // to read, of each path; until it is taken in, as its files' first bytes promise
	sizes         []int64 // of each path, to take in
	at            share   // what is being read
}

// share is a stretch of what is to be read.
type share struct{ from, length float64 }

func (w *whole) toRead() (n int64) {
	for _, x := range w.read {
		n += x
	}
	return n
}

// surveyed is how many files a survey looks into; of more than these, the rest is
// taken to be as they are.
const surveyed = 10_000

// survey finds out how much there is to do. What it cannot see is told of by the
// import itself.
func (im *importer) survey(paths []string) error {
	w := &im.whole
	w.read, w.sizes = make([]int64, len(paths)), make([]int64, len(paths))
	for i, where := range paths {
		var files []*held
		var looked int64
		for f, err := range im.c.stores.Folder.Collect(im.ctx, where) {
			if err := im.ctx.Err(); err != nil {
				return err
			}
			if err != nil {
				if f.Path == "" {
					break
				}
				continue
			}
			w.sizes[i] += f.Size
			if len(files) == surveyed {
				continue
			}
			h := &held{}
			h.Path, h.Size = f.Path, f.Size
			files, looked = append(files, h), looked+f.Size
			if r, err := f.Open(); err == nil {
				if head, err := readHead(r, f.Path, f.Size); err == nil {
					h.kind = im.pick(head)
				}
				r.Close() // read only
			}
		}
		w.read[i] = int64(float64(sizeOf(readable(files))) * float64(w.sizes[i]) / float64(max(looked, 1)))
		w.store += w.sizes[i]
	}
	return nil
}

func sizeOf(files []*held) (n int64) {
	for _, f := range files {
		n += f.Size
	}
	return n
}
