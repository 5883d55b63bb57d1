package bundle

// proves and doesNotProve are what a good result means, in the words of
// doc/evidence-package.md section 9. They stand in START-HERE and in every
// report of Verify.
var (
	proves = []string{
		"The holder of the log's key held exactly these bytes when the checkpoint was signed",
		"Each entry shown stands at its place in the log, and nothing in the log was changed, removed, inserted or moved since that checkpoint",
		"The named handles signed the entries that carry their signature",
	}
	doesNotProve = []string{
		"That a statement is true, or who wrote it",
		"That the platform really sent it, or that nothing else was published",
		"The time: “recorded” is the case's own clock",
		"Whose key it is: ask the sender by another way",
	}
)
