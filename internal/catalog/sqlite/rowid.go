package sqlite

import "dalil/internal/record"

// A row of the full-text index is named by when the statement was posted and
// by the leaf of its version: seconds since 1850 above, 30 bits of leaf index
// below. Newest first is descending rowid, and a range of times is a range of
// rowids. Times outside 1850-2122 count as the nearest end.
const (
	leafBits  = 30
	leafMask  = record.MaxLeaves - 1
	epoch1850 = -3786825600 // 1850-01-01T00:00:00Z
	maxMoment = 1<<(63-leafBits) - 1
)

// moment returns the time part of a rowid for seconds since 1970.
func moment(seconds int64) int64 {
	if seconds < epoch1850 {
		return 0
	}
	return min(seconds-epoch1850, maxMoment)
}

func rowidOf(seconds int64, leaf uint64) int64 {
	return moment(seconds)<<leafBits | int64(leaf&leafMask)
}

func leafOf(rowid int64) uint64 { return uint64(rowid & leafMask) }

// sortTime is the time a version is sorted under: when it was posted, or when
// we captured it if that is not stated.
func sortTime(posted record.When, capturedAt int64) int64 {
	if posted.Known() {
		return posted.Unix
	}
	return floorDiv(capturedAt, 1000)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
