// Package torture tries to make the real program lose what it acknowledged:
// it kills it at random moments, makes its system calls fail, damages whole
// cases and lets writers race. It holds tests only.
//
// `go test` does a sample; DALIL_TORTURE=1 does all of it.
package torture
