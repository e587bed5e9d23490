// SPDX-License-Identifier: Apache-2.0

package nodetest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/serin-dev/serin/e2e/internal/proc"
	"github.com/serin-dev/serin/e2e/lab"
)

// aroundVariable is set where this program is to bring up a lab of its own, and run its tests in there.
const aroundVariable = "NODETEST_AROUND"

// insideVariable holds the lab's directory where a test runs inside.
const insideVariable = "NODETEST_INSIDE"

func TestACommandInsideHasWhatItHasOutside(t *testing.T) {
	command := shared.Command(t.Context(), "sh", "-c", `pwd; cat; echo "$WORD"; hostname; exit 7`)
	command.Dir = t.TempDir()
	command.Env = append(os.Environ(), "WORD=environment")
	command.Stdin = strings.NewReader("input\n")
	out, err := command.Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Errorf("it ended with %v, want exit code 7", err)
	}
	if want := command.Dir + "\ninput\nenvironment\nnode\n"; string(out) != want {
		t.Errorf("it printed %q, want %q", out, want)
	}
}

func TestACommandInsideEndsWithTheOneOutside(t *testing.T) {
	for name, signal := range map[string]syscall.Signal{"asked": syscall.SIGTERM, "killed": syscall.SIGKILL} {
		t.Run(name, func(t *testing.T) {
			seconds := fmt.Sprintf("%d.5", 6000+int(signal))
			command := shared.Command(t.Context(), "sleep", seconds)
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			runs := func() error { _, err := exec.Command("pgrep", "-f", "^sleep "+seconds).Output(); return err }
			eventually(t, 5*time.Second, runs)
			_ = command.Process.Signal(signal)
			_ = command.Wait()
			eventually(t, 5*time.Second, func() error {
				if runs() == nil {
					return errors.New("the command runs on")
				}
				return nil
			})
		})
	}
}

func TestATestMayRunInside(t *testing.T) {
	if dir := os.Getenv(insideVariable); dir != "" {
		seeFromInside(t, dir)
		return
	}
	if pid := shared.PID("kubelet"); pid != 0 {
		t.Errorf("outside, the kubelet is process %d, want 0 for a number that does not count there", pid)
	}
	command := shared.Command(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	command.Env = append(os.Environ(), insideVariable+"="+shared.Dir, "LAB_BIN="+binary(t))
	out, err := command.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("PASS: "+t.Name())) {
		t.Errorf("%v: %s", err, out)
	}
}

func seeFromInside(t *testing.T, dir string) {
	l, err := lab.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, component := range []string{"containerd", "kubelet", "kube-proxy", "kube-scheduler", "istiod"} {
		id, err := proc.Identify(l.PID(component))
		if err != nil || !id.Alive() {
			t.Errorf("%s is %v: %v", component, id, err)
		}
	}
	if out, err := l.Command(t.Context(), "hostname").Output(); err != nil || string(out) != "node\n" {
		t.Errorf("the command says %q: %v", out, err)
	}
	if err := l.Stop(); err == nil || !strings.Contains(err.Error(), "from outside") {
		t.Errorf("stopping the lab from inside: %v", err)
	}
}

func TestExecNeedsANode(t *testing.T) {
	out, content := runLab(t, "exec", "--dir", t.TempDir(), "--", "true")
	if content || !strings.Contains(out, "no lab is up") {
		t.Errorf("content: %t, and it says %q", content, out)
	}
}
