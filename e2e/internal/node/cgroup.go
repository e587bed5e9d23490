// SPDX-License-Identifier: Apache-2.0

package node

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	emptyWithin = 5 * time.Second // how long the system may take to notice that the last process of a cgroup has gone
	emptyPoll   = 20 * time.Millisecond
)

// Cgroup is the name of a lab's directory in every cgroup hierarchy of the machine.
type Cgroup string

// CgroupOf returns the cgroup of the lab in the directory: always the same, so that it is found again when its owner was killed.
func CgroupOf(dir string) Cgroup {
	return Cgroup(fmt.Sprintf("%s%x", CgroupRoot, sha256.Sum256([]byte(dir)))[:len(CgroupRoot)+12])
}

// Path is what the kubelet calls its cgroup root.
func (c Cgroup) Path() string { return "/" + string(c) }

// Create makes the directories, with every controller that there is.
func (c Cgroup) Create() error {
	all, err := hierarchies()
	if err != nil {
		return err
	}
	for _, h := range all {
		if err := h.create(string(c)); err != nil {
			return fmt.Errorf("making the cgroup %s: %w", filepath.Join(h.path, string(c)), err)
		}
	}
	return nil
}

// Remove removes the directories with all that is in them, once no process is. It is content if there are none.
func (c Cgroup) Remove() error {
	all, err := hierarchies()
	if err != nil {
		return err
	}
	deadline := time.Now().Add(emptyWithin)
	for _, h := range all {
		path := filepath.Join(h.path, string(c))
		err := removeTree(path)
		for ; err != nil && time.Now().Before(deadline); err = removeTree(path) {
			time.Sleep(emptyPoll)
		}
		if err != nil {
			return fmt.Errorf("removing the cgroup %s, in which a process may be left: %w", path, err)
		}
	}
	return nil
}

// removeTree removes directories only: a cgroup's files go with it, and cannot be removed.
func removeTree(path string) error {
	var dirs []string
	err := filepath.WalkDir(path, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			dirs = append(dirs, path)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, dir := range slices.Backward(dirs) {
		if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// hierarchy is one mounted cgroup file system.
type hierarchy struct {
	path    string
	unified bool // version 2
}

func hierarchies() ([]hierarchy, error) {
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	return hierarchiesIn(string(text)), nil
}

// hierarchiesIn finds them in the text of a mountinfo file: "… root path options … - type source …".
func hierarchiesIn(mountinfo string) []hierarchy {
	var all []hierarchy
	for line := range strings.Lines(mountinfo) {
		before, after, _ := strings.Cut(line, " - ")
		fields, kind := strings.Fields(before), strings.Fields(after)
		if len(fields) < 5 || len(kind) == 0 || !strings.HasPrefix(kind[0], "cgroup") {
			continue
		}
		all = append(all, hierarchy{path: fields[4], unified: kind[0] == "cgroup2"})
	}
	return all
}

func (h hierarchy) create(name string) error {
	if h.unified {
		// A cgroup has the controllers that its parent passes on.
		if err := h.passOnControllers(""); err != nil {
			return err
		}
	}
	if err := os.Mkdir(filepath.Join(h.path, name), 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := h.weigh(name); err != nil {
		return err
	}
	if h.unified {
		return h.passOnControllers(name)
	}
	return h.fillCPUSet(name)
}

// weigh gives all pods together twice the weight of a group by default. What else the lab runs, and who tests with it, are a
// group each where the system makes groups of sessions: pods would wait whenever those are busy, and their clients with them.
func (h hierarchy) weigh(name string) error {
	for file, weight := range map[string]string{"cpu.shares": "2048", "cpu.weight": "200"} {
		err := os.WriteFile(filepath.Join(h.path, name, file), []byte(weight), 0)
		// A hierarchy without this controller has no such file, and a cgroup file system makes none.
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
			return err
		}
	}
	return nil
}

// passOnControllers asks one after the other, for a single unknown one would refuse them all.
func (h hierarchy) passOnControllers(name string) error {
	has, err := os.ReadFile(filepath.Join(h.path, name, "cgroup.controllers"))
	if err != nil {
		return err
	}
	file := filepath.Join(h.path, name, "cgroup.subtree_control")
	passes, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	for controller := range strings.FieldsSeq(string(has)) {
		if slices.Contains(strings.Fields(string(passes)), controller) {
			continue
		}
		if err := os.WriteFile(file, []byte("+"+controller), 0); err != nil {
			return fmt.Errorf("passing the controller %s on (in a container, its own processes may be in the way: move them to a cgroup below): %w",
				controller, err)
		}
	}
	return nil
}

// fillCPUSet copies from the root what a new cpuset of version 1 lacks: without it no process may enter.
func (h hierarchy) fillCPUSet(name string) error {
	for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
		value, err := os.ReadFile(filepath.Join(h.path, file))
		if errors.Is(err, fs.ErrNotExist) {
			continue // a hierarchy without this controller
		}
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(h.path, name, file), value, 0); err != nil {
			return err
		}
	}
	return nil
}
