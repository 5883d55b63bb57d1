//go:build !linux

package disk

// networkFS returns the name of the network file system dir is on; here that
// is not known.
func networkFS(string) string { return "" }
