// SPDX-License-Identifier: Apache-2.0

package supervisor

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/serin-dev/serin/e2e/internal/controlplane"
	"github.com/serin-dev/serin/e2e/internal/proc"
)

// tailLines is how much of a dead component's log goes into the error: its last words, not its life.
const tailLines = 15

// Exit tells that a component ended, and what it said last.
type Exit struct {
	Name   string
	Status string
	Log    string
}

func (e Exit) Error() string {
	return fmt.Sprintf("%s ended (%s); the end of %s:\n%s", e.Name, e.Status, e.Log, tail(e.Log, tailLines))
}

// group is the processes of one lab.
type group struct {
	layout controlplane.Layout
	spawn  chan func() // run on the one thread that starts every process
	exits  chan Exit   // never closed: one message for each component that ends

	mu      sync.Mutex
	records []proc.Record
}

func newGroup(layout controlplane.Layout) *group {
	g := &group{layout: layout, spawn: make(chan func()), exits: make(chan Exit, 16)}
	go func() {
		// The children are to die with the thread that started them (proc.ChildAttributes), so it has to stay.
		runtime.LockOSThread()
		for start := range g.spawn {
			start()
		}
	}()
	return g
}

// Start starts a component and records it before it returns.
func (g *group) Start(component controlplane.Component) error {
	result := make(chan error)
	g.spawn <- func() { result <- g.start(component) }
	if err := <-result; err != nil {
		return fmt.Errorf("starting %s: %w", component.Name, err)
	}
	return nil
}

func (g *group) start(component controlplane.Component) error {
	logPath := g.layout.Log(component.Name)
	if err := os.MkdirAll(filepath.Dir(logPath), 0o700); err != nil {
		return err
	}
	log, err := os.Create(logPath)
	if err != nil {
		return err
	}
	defer log.Close()

	cmd := exec.Command(component.Path, component.Args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = component.Dir, log, log
	cmd.Env = append(os.Environ(), component.Env...)
	cmd.SysProcAttr = proc.ChildAttributes()
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() {
		err := cmd.Wait()
		status := "exit status 0"
		if err != nil {
			status = err.Error()
		}
		g.exits <- Exit{Name: component.Name, Status: status, Log: logPath}
	}()
	return g.record(component.Name, cmd.Process.Pid)
}

// record adds the process to the file. One that is gone already needs no record: its Exit is on the way.
func (g *group) record(name string, pid int) error {
	id, err := proc.Identify(pid)
	if err != nil {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.records = append(g.records, proc.Record{Name: name, ID: id})
	return proc.WriteRecords(g.layout.PIDs(), g.records)
}

// stop ends every component. The order does not matter, for nothing that they hold is kept.
func (g *group) stop(grace time.Duration) {
	g.mu.Lock()
	records := slices.Clone(g.records)
	g.mu.Unlock()

	ids := make([]proc.ID, 0, len(records))
	for _, record := range records {
		ids = append(ids, record.ID)
	}
	proc.End(grace, ids...)
}

func tail(path string, lines int) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return "  " + err.Error()
	}
	all := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	all = all[max(0, len(all)-lines):]
	return "  " + strings.Join(all, "\n  ")
}
