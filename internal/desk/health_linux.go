package desk

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// lowDisk is when a case is said to run out of room, in bytes.
const lowDisk = 2 << 30

func diskCheck(dir string) Check {
	c := Check{Name: "disk", Topic: key("disk"), State: Fine}
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		c.State, c.What = Bad, words("{why}", "why", err)
		return c
	}
	free := int64(s.Bavail) * s.Bsize
	c.What = words(key("free: {size}"), "size", fmt.Sprintf("%.1f GiB", float64(free)/(1<<30)))
	if free < lowDisk {
		c.State, c.Remedy = Bad, key("make room, or move the case to a larger disk")
	}
	return c
}

// fileSystemCheck warns of disks that are elsewhere: what they say is stored may
// not be, and two machines may write at once.
func fileSystemCheck(dir string) Check {
	c := Check{Name: "file system", Topic: key("file system"), State: Fine, What: words(key("on a disk of this machine"))}
	var s unix.Statfs_t
	if unix.Statfs(dir, &s) != nil {
		return c
	}
	switch uint32(s.Type) { // its sign differs between machines
	case unix.NFS_SUPER_MAGIC, unix.SMB_SUPER_MAGIC, 0xff534d42 /* CIFS */, unix.SMB2_SUPER_MAGIC, unix.V9FS_MAGIC, unix.AFS_FS_MAGIC, unix.CEPH_SUPER_MAGIC, unix.CODA_SUPER_MAGIC:
		c.State, c.What, c.Remedy = Bad, words(key("on a disk that another machine lends")), key("move the case to a disk of this machine")
		c.Means = key("such a disk may lose what it said was stored, and let two machines write at once")
	case unix.FUSE_SUPER_MAGIC:
		c.State, c.What, c.Means = Look, words(key("kept by a program of its own (FUSE)")), key("whether it keeps what it says is for you to know")
	case unix.TMPFS_MAGIC, unix.RAMFS_MAGIC:
		c.State, c.What, c.Remedy = Look, words(key("in memory only: it is gone when this machine is switched off")), key("move the case to a disk of this machine")
	}
	return c
}

// clockSet asks the kernel whether something keeps its clock.
func clockSet() (known, set bool) {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	return err == nil, err == nil && state != unix.TIME_ERROR && t.Status&unix.STA_UNSYNC == 0
}
