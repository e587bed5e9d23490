// SPDX-License-Identifier: Apache-2.0

package nodetest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/serin-dev/serin/e2e/internal/inside"
	"github.com/serin-dev/serin/e2e/lab"
)

var (
	images string   // directory of the image file
	shared *lab.Lab // of every test that does not take one down
)

func TestMain(m *testing.M) {
	if os.Getenv(insideVariable) != "" {
		os.Exit(m.Run()) // a part of a test, in the namespaces of the shared lab
	}
	if os.Getenv(aroundVariable) != "" {
		nothing := func(context.Context, *lab.Lab) (func() error, error) { return func() error { return nil }, nil }
		os.Exit(inside.Main(context.Background(), m, lab.Options{Node: true}, nothing))
	}
	os.Exit(run(m))
}

func prepare() (err error) {
	if images, err = os.MkdirTemp("", "images-"); err != nil {
		return err
	}
	if err := buildImages(images); err != nil {
		return err
	}
	shared, err = lab.Start(context.Background(), lab.Options{Node: true, Images: images, Istio: true})
	return err
}

func run(m *testing.M) int {
	defer func() { _ = os.RemoveAll(images) }()
	if err := prepare(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if err := shared.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	return code
}

// startLab brings up a lab of the test's own, and takes it down unless the test does.
func startLab(t *testing.T) *lab.Lab {
	t.Helper()
	l, err := lab.Start(t.Context(), lab.Options{Node: true, Images: images, Dir: filepath.Join(t.TempDir(), "lab")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Stop(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// binary is the lab's own.
func binary(t *testing.T) string {
	t.Helper()
	path, err := lab.Binary()
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// within runs a command on the lab's node, which has to be content, and returns what it printed.
func within(t *testing.T, l *lab.Lab, name string, args ...string) string {
	t.Helper()
	out, err := l.Command(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// kubectl runs kubectl on the lab's node.
func kubectl(t *testing.T, l *lab.Lab, args ...string) string {
	t.Helper()
	return within(t, l, binary(t), append([]string{"kubectl", "--kubeconfig", l.Kubeconfig}, args...)...)
}

// runLab runs "lab" outside and returns what it printed, and whether it was content.
func runLab(t *testing.T, args ...string) (string, bool) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), binary(t), args...).CombinedOutput()
	return string(out), err == nil
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
