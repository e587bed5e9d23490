// SPDX-License-Identifier: Apache-2.0

package lab_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/serin-dev/serin/e2e/lab"
)

// shared is the lab of every test that does not take one down.
var shared *lab.Lab

func TestMain(m *testing.M) {
	var err error
	if shared, err = lab.Start(context.Background(), lab.Options{Istio: true, KWOKNodes: 2}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := shared.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func configOf(t *testing.T, l *lab.Lab) *rest.Config {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", l.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	config.QPS = -1
	return config
}

func clientOf(t *testing.T, l *lab.Lab) kubernetes.Interface {
	t.Helper()
	return kubernetes.NewForConfigOrDie(configOf(t, l))
}

// eventually tries until there is no more problem, and fails with the last one.
func eventually(t *testing.T, limit time.Duration, problem func() error) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for {
		err := problem()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("still after %s: %v", limit, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// command is "lab" with these arguments.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	binary, err := lab.Binary()
	if err != nil {
		t.Fatal(err)
	}
	return exec.CommandContext(t.Context(), binary, args...)
}

// runLab runs "lab" and returns what it printed, and whether it was content.
func runLab(t *testing.T, args ...string) (string, bool) {
	t.Helper()
	out, err := command(t, args...).CombinedOutput()
	return string(out), err == nil
}

// processes returns the command lines of all processes that name the directory, which all of a lab's do, but for us and those
// that wait to be reaped.
func processes(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil || len(files) == 0 {
		t.Skip("there is no /proc to look into")
	}
	var found []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if line := strings.ReplaceAll(string(text), "\x00", " "); err == nil && strings.Contains(line, dir) {
			found = append(found, line[:min(len(line), 80)])
		}
	}
	return found
}

// gone is a problem for as long as a process of the directory is left.
func gone(t *testing.T, dir string) func() error {
	return func() error {
		if left := processes(t, dir); len(left) > 0 {
			return fmt.Errorf("still running: %q", left)
		}
		return nil
	}
}
