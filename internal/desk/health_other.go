//go:build !linux

package desk

func diskCheck(string) Check {
	return Check{Name: "disk", Topic: key("disk"), State: Look, What: words(key("free space is looked at on Linux only"))}
}

func fileSystemCheck(string) Check {
	return Check{Name: "file system", Topic: key("file system"), State: Look, What: words(key("file systems are looked at on Linux only"))}
}

func clockSet() (known, set bool) { return false, false }
