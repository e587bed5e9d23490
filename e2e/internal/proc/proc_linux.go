// SPDX-License-Identifier: Apache-2.0

package proc

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// ChildAttributes makes the children die with the thread that started them, so that not even SIGKILL to the parent leaves one
// behind. The parent must therefore start them from a goroutine that is locked to its thread and never ends.
func ChildAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

func startTime(procDir string, pid int) (uint64, error) {
	path := filepath.Join(procDir, strconv.Itoa(pid), "stat")
	stat, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	// The second field is the program's name in parentheses and may itself hold spaces and parentheses: count from its end.
	_, rest, found := strings.Cut(string(stat[strings.LastIndexByte(string(stat), ')')+1:]), " ")
	fields := strings.Fields(rest)
	const state, start = 0, 19
	if !found || len(fields) <= start {
		return 0, fmt.Errorf("unexpected contents of %s", path)
	}
	if fields[state] == "Z" || fields[state] == "X" {
		return 0, os.ErrProcessDone
	}
	return strconv.ParseUint(fields[start], 10, 64)
}
