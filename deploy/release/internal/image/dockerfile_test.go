// SPDX-License-Identifier: Apache-2.0

package image_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/serin-dev/serin/deploy/release/internal/image"
	"github.com/serin-dev/serin/deploy/release/internal/source"
)

// lastStage is what the Dockerfile says after its last FROM, one instruction a line.
func lastStage(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../../../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(strings.ReplaceAll(string(text), "\\\n", " ")) {
		switch line = strings.TrimSpace(line); {
		case strings.HasPrefix(line, "FROM "):
			lines = []string{line}
		case line != "" && line[0] != '#':
			lines = append(lines, line)
		}
	}
	return lines
}

// described reads the instructions that ours has, and the files that it copies. One that it does not know is a reason to teach
// the builder, too.
func described(t *testing.T) (v1.Config, []string) {
	t.Helper()
	// What the Docker builder gives every image that begins with scratch.
	config := v1.Config{WorkingDir: "/", Env: []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}}
	var files []string
	for _, line := range lastStage(t) {
		instruction, rest, _ := strings.Cut(line, " ")
		switch instruction {
		case "FROM":
			if rest != "scratch" {
				t.Errorf("the last stage begins with %s, and the builder with nothing", rest)
			}
		case "ARG":
		case "LABEL":
			config.Labels = labels(t, rest)
		case "COPY":
			words := strings.Fields(rest)
			files = append(files, words[len(words)-1])
		case "USER":
			config.User = rest
		case "EXPOSE":
			config.ExposedPorts = map[string]struct{}{}
			for port := range strings.FieldsSeq(rest) {
				config.ExposedPorts[port+"/tcp"] = struct{}{}
			}
		case "ENTRYPOINT":
			if err := json.Unmarshal([]byte(rest), &config.Entrypoint); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
		default:
			t.Fatalf("image.Config does not know %q: teach it, and this test", line)
		}
	}
	return config, files
}

// labels reads key="value" key="value".
func labels(t *testing.T, text string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for text = strings.TrimSpace(text); text != ""; {
		key, rest, ok := strings.Cut(text, `="`)
		value, more, closed := strings.Cut(rest, `"`)
		if !ok || !closed {
			t.Fatalf("LABEL: %q is not key=\"value\"", text)
		}
		all[key], text = value, strings.TrimSpace(more)
	}
	return all
}

func TestTheImageIsWhatTheDockerfileDescribes(t *testing.T) {
	want, files := described(t)
	got := image.Config(source.Source{Version: "$VERSION", Commit: "$COMMIT"})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(got.Entrypoint, files); diff != "" {
		t.Errorf("the files: %s", diff)
	}
}
