package ocr

import (
	"time"

	"golang.org/x/sys/unix"
)

// confine limits the memory of a process and what it may write. A process that
// has ended already cannot be limited and need not be. The processor time is the
// backstop for a dalil that was killed and can no longer stop its child.
func confine(pid int, memory uint64, limit time.Duration) {
	seconds := uint64(limit/time.Second) + 1
	for resource, n := range map[int]uint64{
		unix.RLIMIT_AS:    memory,
		unix.RLIMIT_CPU:   seconds,
		unix.RLIMIT_FSIZE: 0, // its output goes to a pipe, it has no file to write
		unix.RLIMIT_CORE:  0, // a dump would hold the picture
	} {
		unix.Prlimit(pid, resource, &unix.Rlimit{Cur: n, Max: n}, nil) //nolint:errcheck // see above
	}
}
