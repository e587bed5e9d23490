// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	appsv1 "k8s.io/api/apps/v1"
)

// change writes the Deployment as the controller would.
func (w *world) change(t *testing.T, version string, edits ...edit) {
	t.Helper()
	d := shop(edits...)
	d.ResourceVersion = version
	if err := w.Tracker().Update(appsv1.SchemeGroupVersion.WithResource("deployments"), d, "demo"); err != nil {
		t.Fatal(err)
	}
}

const patience = 10 * time.Second

func await(t *testing.T, what string, text func() string) {
	t.Helper()
	for deadline := time.Now().Add(patience); !strings.Contains(ansi.Strip(text()), what); {
		if time.Now().After(deadline) {
			t.Fatalf("waited %s for %q; it shows %q", patience, what, text())
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// On a real terminal, the view is drawn again when something changes, and q ends it.
func TestTheLiveView(t *testing.T) {
	w := newWorld(shop(rolling), stable(shop()), routes(25))
	screen, tty := terminal(t, 100)
	ended := make(chan int)
	go func() { ended <- w.execute(t.Context(), tty, tty, "status", "shop", "-w") }()
	await(t, "Progressing at 25%", screen.sofar)
	w.change(t, "101", atThePause)
	await(t, "StepPaused", screen.sofar)
	if _, err := screen.keys.Write([]byte("q")); err != nil {
		t.Fatal(err)
	}
	if code := <-ended; code != 0 {
		t.Errorf("ended with %d", code)
	}
}

// With --wait it ends by itself, and the exit code tells how.
func TestTheLiveViewEndsWithTheRollout(t *testing.T) {
	w := newWorld(shop(rolling), stable(shop()), canaryOf(shop(rolling), "shop:v2", 2))
	screen, tty := terminal(t, 100)
	ended := make(chan int)
	go func() { ended <- w.execute(t.Context(), tty, tty, "status", "shop", "-w", "--wait") }()
	await(t, "Progressing at 25%", screen.sofar)
	w.change(t, "101", rolledBack)
	if code := <-ended; code != 1 {
		t.Errorf("ended with %d", code)
	}
	await(t, "RolledBack", screen.sofar)
}

// lines takes what a command prints while it runs.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) sofar() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Without a terminal, each change is one line, or one object.
func TestWatchWithoutATerminal(t *testing.T) {
	for _, format := range []string{"", "json"} {
		w := newWorld(shop(rolling), stable(shop()))
		var out lines
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan int)
		go func() { ended <- w.execute(ctx, nil, &out, "status", "shop", "-w", "-o", format) }()
		await(t, "Holding", out.sofar)
		w.change(t, "101", atThePause)
		await(t, "StepPaused", out.sofar)
		w.change(t, "102", atThePause) // nothing to be seen of
		w.change(t, "103", rollingBack)
		await(t, "RollingBack", out.sofar)
		stop()
		if code := <-ended; code != 0 {
			t.Errorf("ended with %d", code)
		}
		compare(t, strings.TrimSpace("watch "+format), out.sofar())
	}
}
