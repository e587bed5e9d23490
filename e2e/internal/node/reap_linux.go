// SPDX-License-Identifier: Apache-2.0

package node

import (
	"context"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const reapInterval = 500 * time.Millisecond

// ReapOrphans reaps for as long as the context lasts the processes whose parents have ended, which the system gives to process 1.
//
// Nobody else waits for those. Whoever starts a process here waits for it himself, at once and by its number, and would miss its
// exit status if it were taken from him: only what is found dead twice is an orphan.
func ReapOrphans(ctx context.Context) {
	var dead map[int]bool
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-time.After(reapInterval):
		}
		still := map[int]bool{}
		for _, pid := range zombies(os.Getpid()) {
			if dead[pid] {
				_, _ = syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
				continue
			}
			still[pid] = true
		}
		dead = still
	}
}

// zombies returns the dead children of a process.
func zombies(parent int) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var all []int
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + entry.Name() + "/stat")
		if err != nil {
			continue
		}
		// After the name in parentheses: the state, then the parent's number.
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		if len(fields) > 1 && fields[0] == "Z" && fields[1] == strconv.Itoa(parent) {
			all = append(all, pid)
		}
	}
	return all
}
