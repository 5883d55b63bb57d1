package sqlite

import "dalil/internal/record"

// A row of the full-text index is named by when the statement was posted and
// by the leaf of its version: a moment above, 30 bits of leaf index below. Newest
// first is descending rowid, and a range of times is a range of rowids.
//
// Moments count seconds since 1850, from firstDated on. Below that is what states
// no time: by the minute it was captured in, so that it comes last of all when
// the newest is asked for, and no range of times holds it. Times outside
// 1850-2117 count as the nearest end.
const (
	leafBits   = 30
	leafMask   = record.MaxLeaves - 1
	epoch1850  = -3786825600 // 1850-01-01T00:00:00Z
	maxMoment  = 1<<(63-leafBits) - 1
	firstDated = 1 << 27 // minutes since 1970 below it, which are 255 years
	datedRows  = firstDated << leafBits
)

// moment returns the time part of a rowid for seconds since 1970.
func moment(seconds int64) int64 {
	if seconds < epoch1850 {
		return firstDated
	}
	return min(seconds-epoch1850+firstDated, maxMoment)
}

// secondOf is the second that the time part of a dated rowid stands for.
func secondOf(moment int64) int64 { return moment - firstDated + epoch1850 }

func rowidOf(posted record.When, capturedAt int64, leaf uint64) int64 {
	at := min(max(floorDiv(capturedAt, 60_000), 0), firstDated-1)
	if posted.Known() {
		at = moment(posted.Unix)
	}
	return at<<leafBits | int64(leaf&leafMask)
}

func leafOf(rowid int64) uint64 { return uint64(rowid & leafMask) }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
