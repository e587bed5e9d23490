// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package proc

import (
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// ChildAttributes keeps a terminal's Ctrl-C away from the children.
func ChildAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

func startTime(_ string, pid int) (uint64, error) {
	out, err := exec.Command("ps", "-o", "state=,lstart=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return 0, fmt.Errorf("no process %d: %w", pid, os.ErrProcessDone)
	}
	state, start, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	if strings.HasPrefix(state, "Z") {
		return 0, os.ErrProcessDone
	}
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(strings.TrimSpace(start)))
	return sum.Sum64(), nil
}
