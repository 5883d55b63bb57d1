// Package doc carries the two documents that travel in every bundle, so that
// what a stranger gets is byte for byte what stands in the repository: the
// verifier and the specification it was written from.
package doc

import _ "embed"

// Verifier is verify.py: it checks a case or a bundle with nothing but Python.
//
//go:embed verify.py
var Verifier []byte

// Specification is evidence-package.md.
//
//go:embed evidence-package.md
var Specification []byte
