//go:build !linux

package ocr

import "time"

// confine does nothing: only Linux can limit a process that runs. What tesseract
// reads is a picture of ours of bounded size, and time is limited everywhere.
func confine(int, uint64, time.Duration) {}
