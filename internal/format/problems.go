package format

import (
	"fmt"

	"dalil/internal/record"
)

// MaxProblems is how many problems of one kind of trouble are worth telling one
// by one; a broken table of a million rows has a million.
const MaxProblems = 1000

// Problems tells a sink of the first MaxProblems problems and counts the rest.
type Problems struct {
	Out  Sink
	told int
}

// Tell passes p on, or counts it.
func (p *Problems) Tell(x record.Problem) {
	if p.told++; p.told <= MaxProblems {
		p.Out.Problem(x)
	}
}

// Told returns how many problems there were.
func (p *Problems) Told() int { return p.told }

// Close tells how many more there were.
func (p *Problems) Close() {
	if more := p.told - MaxProblems; more > 0 {
		p.Out.Problem(record.Problem{Offset: -1, What: fmt.Sprintf("%d more problems like those above", more)})
	}
}
