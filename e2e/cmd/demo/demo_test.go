// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// screen keeps what is printed, and does something when a line says a word for the first time.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
	word string
	then func()
}

func (s *screen) Write(text []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text.Write(text)
	if s.then != nil && strings.Contains(string(text), s.word) {
		s.then()
		s.then = nil
	}
	return len(text), nil
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func found(t *testing.T) settings {
	t.Helper()
	s, err := find()
	if err != nil {
		t.Fatal(err)
	}
	s.keep = false
	return s
}

func TestAllActsEndAsPromised(t *testing.T) {
	temporary := inTemporary(t)
	out := &screen{}
	err := perform(t.Context(), newPaper(out, false), found(t))
	t.Log("\n" + out.String())
	if err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{
		" 10%    10% ", " 50%    50% ", " 100%   100% ", // asked for, and in the routes
		"! CrashLoop", "restarting failed container=shop", " 100%   80% ", // of five pods
		"are identical to what its user wrote", "All three acts ended as promised",
	} {
		if !strings.Contains(out.String(), words) {
			t.Errorf("nothing was said of %q", words)
		}
	}
	for line := range strings.Lines(out.String()) {
		if !strings.HasPrefix(line, strings.TrimSpace(prefix)) || strings.Contains(line, "\x1b") {
			t.Errorf("a line without the prefix, or with colours: %q", line)
		}
	}
	empty(t, temporary)
}

func TestAnInterruptedDemoCleansUp(t *testing.T) {
	temporary := inTemporary(t)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	out := &screen{word: "StepPassed", then: interrupt}
	if err := perform(ctx, newPaper(out, false), found(t)); !errors.Is(err, errInterrupted) {
		t.Errorf("it ended with %v and said\n%s", err, out)
	}
	empty(t, temporary)
}

func TestAControllerThatEndsFailsTheDemoWithItsLastWords(t *testing.T) {
	temporary := inTemporary(t)
	s := found(t)
	s.serin = filepath.Join(t.TempDir(), "serin")
	if err := os.WriteFile(s.serin, []byte("#!/bin/sh\necho the moon is full\nsleep 1\nexit 3\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	out := &screen{}
	err := perform(t.Context(), newPaper(out, false), s)
	if err == nil || !strings.Contains(err.Error(), "the controller ended: exit status 3") || !strings.Contains(out.String(), "the moon is full") {
		t.Errorf("it ended with %v and said\n%s", err, out)
	}
	empty(t, temporary)
}

// inTemporary makes the demo keep its files where the test can see what is left of them.
func inTemporary(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	return dir
}

// empty fails where a file is left, or a process that has one of the directory's on its command line.
func empty(t *testing.T, dir string) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left: %v %v", left, err)
	}
	commands, _ := filepath.Glob("/proc/[0-9]*/cmdline") // none where there is no /proc
	for _, file := range commands {
		text, err := os.ReadFile(file)
		if err == nil && bytes.Contains(text, []byte(dir)) {
			t.Errorf("still running: %q", text)
		}
	}
}
