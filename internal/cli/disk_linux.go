package cli

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// lowDisk is when a case is said to run out of room.
const lowDisk = 2 << 30

func diskCheck(dir string) check {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return check{"disk", "bad", err.Error(), ""}
	}
	free := int64(s.Bavail) * s.Bsize
	if free < lowDisk {
		return check{"disk", "bad", fmt.Sprintf("only %s free", size(free)), "make room, or move the case to a larger disk"}
	}
	return check{"disk", "ok", size(free) + " free", ""}
}
