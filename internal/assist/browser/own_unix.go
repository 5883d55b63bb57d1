//go:build unix

package browser

import (
	"os"
	"os/exec"
	"syscall"
)

// nobody is the user without rights, as whom the browser runs when dalil runs
// as root: its own sandbox does not work for root.
const nobody = 65534

// place is where the browser's folder is made; "" is the usual one. Nobody may
// not be let into root's own.
func place() string {
	if os.Geteuid() == 0 {
		return "/tmp"
	}
	return ""
}

// own gives the command a process group, which is killed as a whole.
func own(cmd *exec.Cmd, dir string) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	if os.Geteuid() != 0 {
		return nil
	}
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	return os.Chown(dir, nobody, nobody)
}
