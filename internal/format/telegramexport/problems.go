package telegramexport

import (
	"fmt"

	"dalil/internal/format"
	"dalil/internal/record"
)

// maxProblems is how many problems of one file are reported one by one; the
// rest are counted.
const maxProblems = 100

// problems reports what could not be read, so that a file of nothing but
// defects cannot fill the case with them.
type problems struct {
	out  format.Sink
	n    int
	last int64
}

func (p *problems) add(at int64, id, remedy, what string, args ...any) {
	p.n++
	p.last = at
	if p.n > maxProblems {
		return
	}
	p.out.Problem(record.Problem{Offset: at, What: fmt.Sprintf(what, args...), Remedy: remedy, ID: id})
}

// flush says how many there were beyond those reported.
func (p *problems) flush() {
	if p.n > maxProblems {
		p.out.Problem(record.Problem{Offset: p.last, Remedy: exportAgain,
			What: fmt.Sprintf("%d more places could not be read, the last at byte %d", p.n-maxProblems, p.last)})
	}
}

const (
	exportAgain = "export the chat again if you can; everything else in the file was read"
	askForWhole = "export the chat again, or copy the file again from where it came; what was read stays"
)
