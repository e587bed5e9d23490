// SPDX-License-Identifier: Apache-2.0

package nodetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestWhatIsMissingIsNamed(t *testing.T) {
	bin, dir := t.TempDir(), filepath.Join(t.TempDir(), "lab")
	for _, program := range []string{"ip", "mount", "iptables", "iptables-restore", "setpriv"} {
		path, err := exec.LookPath(program)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(bin, program)); err != nil {
			t.Fatal(err)
		}
	}
	up := exec.CommandContext(t.Context(), binary(t), "up", "--dir", dir, "--node", "--images", t.TempDir())
	up.Env = append(os.Environ(), "PATH="+bin)
	out, err := up.CombinedOutput()
	if err == nil {
		t.Error("it is content")
	}
	for _, words := range []string{
		"no program containerd in PATH", "no program ctr in PATH", "no program runc in PATH", "make node-packages", "serin.lab/pause:1",
	} {
		if !strings.Contains(string(out), words) {
			t.Errorf("%q does not say %q", out, words)
		}
	}
	for _, words := range []string{"program ip in", "program iptables in"} {
		if strings.Contains(string(out), words) {
			t.Errorf("%q says %q of a program that is there", out, words)
		}
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("something was started in %s: %v", dir, err)
	}
}

func TestFlagsThatMakeNoSense(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"fake nodes beside a real one": {[]string{"--node", "--kwok=2"}, "exclude each other"},
		"images for no node":           {[]string{"--images=/tmp"}, "for --node only"},
	} {
		t.Run(name, func(t *testing.T) {
			out, content := runLab(t, append([]string{"up", "--dir", t.TempDir()}, test.args...)...)
			if content || !strings.Contains(out, test.says) {
				t.Errorf("content: %t, and it says %q", content, out)
			}
		})
	}
}
