// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/creack/pty"
)

// screen keeps what is printed, and does something when it says a word for the first time.
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
	if s.then != nil && strings.Contains(s.text.String(), s.word) {
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
		"$ kubectl serin status shop -n shop -w --wait",
		" shop/shop: Progressing at 10%, step 1/3, observed 10%, ", " shop/shop: Progressing at 50%, step 2/3, observed 50%, ",
		" shop/shop: Progressing at 100%, step 3/3, observed 100%, ", " shop/shop: Promoted, stable 4/4 ready; ",
		" shop/shop: RolledBack, stable 4/4 ready, canary 0/0 ready; CrashLoop: ", "restarting failed container=shop",
		" plain/shop: Progressing at 100%, step 3/3, observed 80%, ", " plain/shop: Promoted, ", // 80%: of five pods
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
	out := &screen{word: "observed 10%", then: interrupt}
	if err := perform(ctx, newPaper(out, false), found(t)); !errors.Is(err, errInterrupted) {
		t.Errorf("it ended with %v and said\n%s", err, out)
	}
	empty(t, temporary)
}

// On a terminal the plugin draws its view, which a person can leave, and the demo with it.
func TestATerminalShowsTheLiveView(t *testing.T) {
	temporary := inTemporary(t)
	t.Setenv("TERM", "xterm-256color")
	t.Setenv("NO_COLOR", "1")
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = master.Close() })
	if err := pty.Setsize(tty, &pty.Winsize{Rows: 50, Cols: 160}); err != nil {
		t.Fatal(err)
	}
	shown := &screen{word: "VirtualService", then: func() { _, _ = master.WriteString("q") }}
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = io.Copy(shown, master) // until nobody has the terminal any more
	}()
	s := found(t)
	s.view.terminal = atTerminal(tty, tty)
	err = perform(t.Context(), newPaper(tty, false), s)
	_ = tty.Close()
	<-read
	t.Log(shown)
	if !errors.Is(err, errInterrupted) {
		t.Errorf("it ended with %v", err)
	}
	for _, words := range []string{"\x1b[", "Deployment shop/shop", "Steps (by Istio weights", "Traffic", "q: quit"} {
		if !strings.Contains(shown.String(), words) {
			t.Errorf("nothing is seen of %q", words)
		}
	}
	if strings.Contains(shown.String(), " shop/shop: Progressing") {
		t.Error("lines are printed, and a view is drawn")
	}
	empty(t, temporary)
}

func TestTheExitCodeOfTheViewCounts(t *testing.T) {
	plugin := filepath.Join(t.TempDir(), "kubectl-serin")
	for script, want := range map[string]string{
		"exit 1":   "was to end with code 0: exit status 1",
		"exit 2":   "was to end with code 0: exit status 2",
		"exit 130": errInterrupted.Error(),
		"exit 0":   "<nil>",
	} {
		if err := os.WriteFile(plugin, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		v := view{plugin: plugin, out: newPaper(io.Discard, false)}
		if err := v.show(t.Context(), "shop", codePromoted); !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%s: %v, want %s", script, err, want)
		}
	}
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
