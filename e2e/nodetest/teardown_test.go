// SPDX-License-Identifier: Apache-2.0

package nodetest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/serin-dev/serin/e2e/internal/node"
	"github.com/serin-dev/serin/e2e/lab"
)

func TestNothingIsLeftOfALab(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, dir string, followed *exec.Cmd){
		"that is taken down": down,
		"whose supervisor is killed": func(t *testing.T, dir string, _ *exec.Cmd) {
			kill(t, stateOf(t, dir).Owner.PID)
			down(t, dir, nil)
		},
		"whose first process is killed":    func(t *testing.T, dir string, _ *exec.Cmd) { kill(t, stateOf(t, dir).Init.PID) },
		"whose followed process is killed": func(t *testing.T, _ string, followed *exec.Cmd) { kill(t, followed.Process.Pid); _ = followed.Wait() },
	} {
		t.Run(name, func(t *testing.T) {
			mounts := mountsHere(t)
			dir := filepath.Join(t.TempDir(), "lab")
			followed := exec.CommandContext(t.Context(), "sleep", "600")
			if err := followed.Start(); err != nil {
				t.Fatal(err)
			}
			out, content := runLab(t, "up", "--dir", dir, "--node", "--images", images, "--with-pid", strconv.Itoa(followed.Process.Pid))
			if !content {
				t.Fatal(out)
			}
			l, err := lab.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			runApp(t, l)
			namespaces := namespacesOf(t, stateOf(t, dir).Init.PID)

			end(t, dir, followed)
			eventually(t, 10*time.Second, func() error { return left(dir, namespaces) })
			if now := mountsHere(t); now != mounts {
				t.Errorf("the mounts were\n%s\nand are\n%s", mounts, now)
			}
		})
	}
}

func TestNothingIsLeftOfAnUpThatIsKilled(t *testing.T) {
	for name, signal := range map[string]syscall.Signal{"by Ctrl-C": syscall.SIGINT, "for good": syscall.SIGKILL} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "lab")
			up := exec.CommandContext(t.Context(), binary(t), "up", "--dir", dir, "--node", "--images", images)
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
			namespaces := namespacesOf(t, stateOf(t, dir).Init.PID)
			_ = up.Process.Signal(signal)
			_ = up.Wait()
			eventually(t, 15*time.Second, func() error { return left(dir, namespaces) })
		})
	}
}

// Whoever is tired of tests in a lab waits for none of them.
func TestNothingIsLeftOfTestsThatAreInterrupted(t *testing.T) {
	if os.Getenv(aroundVariable) != "" {
		fmt.Println(os.Getpid())
		time.Sleep(10 * time.Minute)
		return
	}
	for name, signal := range map[string]syscall.Signal{"by Ctrl-C": syscall.SIGINT, "asked": syscall.SIGTERM} {
		t.Run(name, func(t *testing.T) {
			temporary := t.TempDir()
			tests := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestNothingIsLeftOfTestsThatAreInterrupted$")
			tests.Env = append(os.Environ(), aroundVariable+"=yes", "LAB_BIN="+binary(t), "TMPDIR="+temporary)
			said, err := tests.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := tests.Start(); err != nil {
				t.Fatal(err)
			}
			if !bufio.NewScanner(said).Scan() {
				t.Error("no test ran")
			}
			labs, err := filepath.Glob(filepath.Join(temporary, "*", "lab.json"))
			if err != nil || len(labs) != 1 {
				t.Fatalf("the labs are %q: %v", labs, err)
			}
			dir := filepath.Dir(labs[0])
			namespaces := namespacesOf(t, stateOf(t, dir).Init.PID)
			began := time.Now()
			_ = tests.Process.Signal(signal)
			if err := tests.Wait(); err == nil || time.Since(began) > 30*time.Second {
				t.Errorf("they ended after %v: %v", time.Since(began), err)
			}
			eventually(t, 15*time.Second, func() error { return left(dir, namespaces) })
		})
	}
}

func TestLabsRunSideBySide(t *testing.T) {
	other := startLab(t)
	const uid = "jsonpath={.items[0].metadata.uid}"
	if ours, its := kubectl(t, shared, "get", "nodes", "-o", uid), kubectl(t, other, "get", "nodes", "-o", uid); ours == its {
		t.Errorf("both labs have the node %s", ours)
	}
	runApp(t, other)
	if err := other.Stop(); err != nil {
		t.Error(err)
	}
	if answer := kubectl(t, shared, "get", "--raw", "/readyz"); answer != "ok" {
		t.Errorf("the first lab answers %q", answer)
	}
}

func down(t *testing.T, dir string, _ *exec.Cmd) {
	t.Helper()
	if out, content := runLab(t, "down", "--dir", dir); !content {
		t.Error(out)
	}
}

func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// state is what of lab.json these tests look at.
type state struct{ Owner, Init struct{ PID int } }

func stateOf(t *testing.T, dir string) state {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "lab.json"))
	if err != nil {
		t.Fatal(err)
	}
	var s state
	if err := json.Unmarshal(text, &s); err != nil || s.Owner.PID <= 1 || s.Init.PID <= 1 {
		t.Fatalf("the state is %s: %v", text, err)
	}
	return s
}

func mountsHere(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var kinds = []string{"net", "mnt", "pid", "ipc", "uts"}

func namespacesOf(t *testing.T, pid int) []string {
	t.Helper()
	var all []string
	for _, kind := range kinds {
		link, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/%s", pid, kind))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, link)
	}
	return all
}

// left names a process of the lab or of one of its namespaces, or a cgroup. Namespaces without a process have gone, unless they are
// mounted, and the mounts are looked at elsewhere.
func left(dir string, namespaces []string) error {
	processes, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return err
	}
	for _, process := range processes {
		line, _ := os.ReadFile(process + "/cmdline")
		if strings.Contains(string(line), dir) {
			return fmt.Errorf("still running: %s", strings.ReplaceAll(string(line), "\x00", " "))
		}
		for i, kind := range kinds {
			if link, err := os.Readlink(process + "/ns/" + kind); err == nil && link == namespaces[i] {
				return fmt.Errorf("still in the namespace %s: %s", link, strings.ReplaceAll(string(line), "\x00", " "))
			}
		}
	}
	return filepath.WalkDir("/sys/fs/cgroup", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Name() == string(node.CgroupOf(dir)) {
			return fmt.Errorf("still a cgroup: %s", path)
		}
		return nil
	})
}
