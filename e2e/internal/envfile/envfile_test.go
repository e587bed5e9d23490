// SPDX-License-Identifier: Apache-2.0

package envfile_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/serin-dev/serin/e2e/internal/envfile"
)

func TestAShellAndReadAgreeOnEveryValue(t *testing.T) {
	path := filepath.Join(t.TempDir(), "env")
	for name, value := range map[string]string{
		"a plain address":      "https://127.0.0.1:6443",
		"spaces":               "/tmp/my lab/kubeconfig",
		"single quotes":        "it's 'quoted'",
		"what a shell expands": "$HOME `id` ~ * {a,b} !x #y",
		"nothing":              "",
	} {
		t.Run(name, func(t *testing.T) {
			if err := envfile.Write(path, []envfile.Line{{Key: "BEFORE", Value: "1"}, {Key: "VALUE", Value: value}}); err != nil {
				t.Fatal(err)
			}
			values, err := envfile.Read(path)
			if err != nil || values["VALUE"] != value {
				t.Errorf("Read() = %q, %v; want %q", values["VALUE"], err, value)
			}
			out, err := exec.CommandContext(t.Context(), "sh", "-c", `. "$0"; printf '%s.' "$VALUE"`, path).Output()
			if got := strings.TrimSuffix(string(out), "."); err != nil || got != value {
				t.Errorf("the shell reads %q, %v; want %q", got, err, value)
			}
		})
	}
}
