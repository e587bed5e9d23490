// SPDX-License-Identifier: Apache-2.0

package proc

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// poll is how often a waiting function looks: the end of a process that is not our child cannot be waited for.
const poll = 20 * time.Millisecond

const here = "/proc" // of the PID namespace that we are in

// ID is one process, told apart from any other that had or will have its number.
//
// The number counts in one PID namespace. The start time is the same in all of them, so that an ID of another namespace is taken
// for a process which has ended, and not for whichever has that number here.
type ID struct {
	PID   int    `json:"pid"`
	Start uint64 `json:"start"` // in the system's own unit; only ever compared
}

// Identify returns the ID of the process that has the number now.
func Identify(pid int) (ID, error) {
	start, err := startTime(here, pid)
	if err != nil {
		return ID{}, fmt.Errorf("looking up process %d: %w", pid, err)
	}
	return ID{PID: pid, Start: start}, nil
}

// Alive says whether the process still runs. One that ended and waits to be reaped does not.
func (id ID) Alive() bool { return id.AliveIn(here) }

// AliveIn is Alive for a number of another PID namespace, whose /proc can be seen in the directory. (Linux only.)
func (id ID) AliveIn(procDir string) bool {
	if id.PID <= 0 {
		return false
	}
	start, err := startTime(procDir, id.PID)
	return err == nil && start == id.Start
}

// Signal sends a signal, and does nothing if the process has ended.
func (id ID) Signal(signal syscall.Signal) {
	if id.Alive() {
		_ = syscall.Kill(id.PID, signal)
	}
}

// End asks all the processes to end, and kills those that have not done so within the grace period.
func End(grace time.Duration, ids ...ID) {
	for _, id := range ids {
		id.Signal(syscall.SIGTERM)
	}
	if waitAll(grace, ids) {
		return
	}
	for _, id := range ids {
		id.Signal(syscall.SIGKILL)
	}
	waitAll(grace, ids)
}

func waitAll(limit time.Duration, ids []ID) bool {
	deadline := time.Now().Add(limit)
	for _, id := range ids {
		for id.Alive() {
			if time.Now().After(deadline) {
				return false
			}
			time.Sleep(poll)
		}
	}
	return true
}

// String is the form in which an ID is written to a file.
func (id ID) String() string {
	return fmt.Sprintf("%d %d", id.PID, id.Start)
}

// Record is one named process in a list of them.
type Record struct {
	Name string
	ID   ID
}

// WriteRecords writes the list, one process a line: name, number, start time.
func WriteRecords(path string, records []Record) error {
	var text strings.Builder
	for _, record := range records {
		fmt.Fprintf(&text, "%s %s\n", record.Name, record.ID)
	}
	return os.WriteFile(path, []byte(text.String()), 0o600)
}

// ReadRecords reads what WriteRecords wrote. A file that is not there is an empty list.
func ReadRecords(path string) ([]Record, error) {
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var records []Record
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			return nil, fmt.Errorf("reading %s: %q is not a name, a process number and a start time", path, line)
		}
		pid, errPID := strconv.Atoi(fields[1])
		start, errStart := strconv.ParseUint(fields[2], 10, 64)
		if errPID != nil || errStart != nil {
			return nil, fmt.Errorf("reading %s: %q is not a name, a process number and a start time", path, line)
		}
		records = append(records, Record{Name: fields[0], ID: ID{PID: pid, Start: start}})
	}
	return records, nil
}
