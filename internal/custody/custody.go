// Package custody proves that evidence is unaltered: salted commitments, the
// Merkle log and its signed checkpoints, the keys they are signed with, and the
// verification of a whole case. The formats are those of
// doc/evidence-package.md; the Merkle trees and signed notes are
// golang.org/x/mod/sumdb's.
package custody
