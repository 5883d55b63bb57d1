package main

import (
	"fmt"
	"os"
	"runtime/pprof"
)

// profile writes a CPU profile to the file that DALIL_CPUPROFILE names, for
// the benchmarks; without it nothing is done. Call what it returns at the end.
func profile() (stop func()) {
	path := os.Getenv("DALIL_CPUPROFILE")
	if path == "" {
		return func() {}
	}
	f, err := os.Create(path)
	if err == nil {
		err = pprof.StartCPUProfile(f)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "dalil: DALIL_CPUPROFILE:", err)
		return func() {}
	}
	return func() {
		pprof.StopCPUProfile()
		if err := f.Close(); err != nil {
			fmt.Fprintln(os.Stderr, "dalil: DALIL_CPUPROFILE:", err)
		}
	}
}
