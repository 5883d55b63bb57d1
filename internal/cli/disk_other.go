//go:build !linux

package cli

func diskCheck(string) check {
	return check{"disk", "note", "free space is looked at on Linux only", ""}
}
