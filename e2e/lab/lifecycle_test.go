// SPDX-License-Identifier: Apache-2.0

package lab_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/serin-dev/serin/e2e/lab"
)

func TestASecondUpOnTheSameDirectory(t *testing.T) {
	pid := "--with-pid=" + strconv.Itoa(os.Getpid())
	for name, test := range map[string]struct {
		args    []string
		content bool
		says    string
	}{
		"is content with what it would have started": {[]string{"--istio", "--kwok=2", pid}, true, "is already up"},
		"refuses other components":                   {[]string{"--kwok=2", pid}, false, "a lab with --istio=true --kwok=2 --no-guard=false is up"},
		"refuses a lab that will end with another":   {[]string{"--istio", "--kwok=2"}, false, "will end with process"},
		"refuses nonsense":                           {[]string{"--kwok=-1"}, false, "cannot be -1"},
		"refuses a guard that is not served":         {[]string{"--emulate=1.34"}, false, "give --no-guard, too"},
	} {
		t.Run(name, func(t *testing.T) {
			out, content := runLab(t, append([]string{"up", "--dir", shared.Dir}, test.args...)...)
			if content != test.content || !strings.Contains(out, test.says) {
				t.Errorf("content: %t, and it says %q", content, out)
			}
		})
	}
}

func TestLabsRunSideBySideAndEndAlone(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "it's a lab") // and a shell has to quote its name
	other, err := lab.Start(t.Context(), lab.Options{Dir: dir, Istio: true, KWOKNodes: 1})
	if err != nil {
		t.Fatal(err)
	}
	if other.APIServer == shared.APIServer || other.PID("kube-apiserver") == 0 {
		t.Errorf("the second lab is at %s with process %d", other.APIServer, other.PID("kube-apiserver"))
	}
	if _, err := clientOf(t, other).Discovery().ServerVersion(); err != nil {
		t.Error(err)
	}

	for range 2 { // the second has nothing to do
		if err := other.Stop(); err != nil {
			t.Error(err)
		}
	}
	if err := gone(t, dir)(); err != nil {
		t.Error(err)
	}
	if _, err := clientOf(t, shared).Discovery().ServerVersion(); err != nil {
		t.Errorf("the first lab: %v", err)
	}
}

func TestALabEndsWithTheProcessItFollows(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	followed := exec.CommandContext(t.Context(), "sleep", "600")
	if err := followed.Start(); err != nil {
		t.Fatal(err)
	}
	if out, content := runLab(t, "up", "--dir", dir, "--with-pid", strconv.Itoa(followed.Process.Pid)); !content {
		t.Fatal(out)
	}
	_ = followed.Process.Kill()
	_ = followed.Wait()
	eventually(t, 10*time.Second, gone(t, dir))
}

func TestAComponentThatDiesLaterIsMissed(t *testing.T) {
	t.Parallel()
	l, err := lab.Start(t.Context(), lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := l.Stop(); err != nil {
			t.Error(err)
		}
	}()
	if err := syscall.Kill(l.PID("kube-controller-manager"), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, 5*time.Second, func() error {
		out, content := runLab(t, "up", "--dir", l.Dir, "--with-pid", strconv.Itoa(os.Getpid()))
		if content || !strings.Contains(out, "is up without kube-controller-manager") {
			return fmt.Errorf("content: %t, and it says %q", content, out)
		}
		return nil
	})
	if _, err := clientOf(t, l).Discovery().ServerVersion(); err != nil {
		t.Errorf("the API server: %v", err)
	}
}

func TestNothingOutlivesAKilledSupervisor(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if out, content := runLab(t, "up", "--dir", dir); !content {
		t.Fatal(out)
	}
	if err := syscall.Kill(ownerOf(t, dir), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if out, content := runLab(t, "down", "--dir", dir); !content {
		t.Error(out)
	}
	if err := gone(t, dir)(); err != nil {
		t.Error(err)
	}
}

func TestAnInterruptedUpCleansUp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	up := command(t, "up", "--dir", dir)
	progress, err := up.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := up.Start(); err != nil {
		t.Fatal(err)
	}
	if !bufio.NewScanner(progress).Scan() {
		t.Error("there was no progress")
	}
	if err := up.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := up.Wait(); err == nil {
		t.Error("an interrupted up reports success")
	}
	if err := gone(t, dir)(); err != nil {
		t.Error(err)
	}
}

func TestAComponentThatDiesIsNamedWithItsLastWords(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	up := command(t, "up", "--dir", dir)
	up.Env = append(os.Environ(), "KUBEBUILDER_ASSETS="+assets(t, "echo the disk is full\nexit 3\n"))
	out, err := up.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "etcd ended (exit status 3)") || !strings.Contains(string(out), "the disk is full") {
		t.Errorf("%v, and it says %s", err, out)
	}
	if err := gone(t, dir)(); err != nil {
		t.Error(err)
	}
}

func TestEnvtestsBinariesAreUsedWhereThereAreAny(t *testing.T) {
	t.Parallel()
	binary, err := lab.Binary()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	up := command(t, "up", "--dir", dir)
	up.Env = append(os.Environ(), "KUBEBUILDER_ASSETS="+assets(t, "echo etcd of envtest\nexec "+binary+" etcd \"$@\"\n"))
	if out, err := up.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	defer runLab(t, "down", "--dir", dir)
	log, err := os.ReadFile(filepath.Join(dir, "logs", "etcd.log"))
	if err != nil || !strings.HasPrefix(string(log), "etcd of envtest\n") {
		t.Errorf("%v, and etcd's log is %q", err, log)
	}
}

// assets makes a directory like envtest's, with an etcd that is a shell script.
func assets(t *testing.T, etcd string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "etcd"), []byte("#!/bin/sh\n"+etcd), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// ownerOf returns the process number of the supervisor.
func ownerOf(t *testing.T, dir string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "lab.json"))
	if err != nil {
		t.Fatal(err)
	}
	var state struct{ Owner struct{ PID int } }
	if err := json.Unmarshal(text, &state); err != nil || state.Owner.PID <= 1 {
		t.Fatalf("the owner is process %d: %v", state.Owner.PID, err)
	}
	return state.Owner.PID
}
