package disk

import "syscall"

// networkFS returns the name of the network file system dir is on, or "".
func networkFS(dir string) string {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return "" // opening the files will say what is wrong
	}
	// Magic numbers of statfs(2).
	switch uint32(s.Type) {
	case 0x6969:
		return "NFS"
	case 0x517b, 0xfe534d42:
		return "SMB"
	case 0xff534d42:
		return "CIFS"
	case 0x5346414f, 0x6b414653:
		return "AFS"
	case 0x00c36400:
		return "Ceph"
	case 0x73757245:
		return "Coda"
	case 0x564c:
		return "NCP"
	case 0x01021997:
		return "9P"
	}
	return ""
}
