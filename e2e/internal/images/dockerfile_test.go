// SPDX-License-Identifier: Apache-2.0

package images_test

import (
	"encoding/json"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/serin-dev/serin/e2e/internal/images"
)

// stage is what the last stage of a Dockerfile makes.
type stage struct {
	files  []string
	config v1.Config
}

// readDockerfile knows the instructions that ours has. One that it does not know is a reason to teach the builder, too.
func readDockerfile(t *testing.T, file string) stage {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var last []string
	for line := range strings.Lines(strings.ReplaceAll(string(text), "\\\n", " ")) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case strings.HasPrefix(line, "FROM "):
			last = []string{line}
		default:
			last = append(last, line)
		}
	}
	if last[0] != "FROM scratch" {
		t.Fatalf("the last stage begins with %q, and the builder with nothing", last[0])
	}
	// What the Docker builder gives every image that begins with scratch.
	made := stage{config: v1.Config{WorkingDir: "/", Env: []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}}}
	for _, line := range last[1:] {
		made.read(t, line)
	}
	slices.Sort(made.files)
	return made
}

func (s *stage) read(t *testing.T, line string) {
	t.Helper()
	instruction, rest, _ := strings.Cut(line, " ")
	words := strings.Fields(rest)
	switch instruction {
	case "COPY":
		words = slices.DeleteFunc(words, func(word string) bool { return strings.HasPrefix(word, "--from=") })
		to := words[1]
		if strings.HasSuffix(to, "/") {
			to += path.Base(words[0])
		}
		s.files = append(s.files, to)
	case "USER":
		s.config.User = rest
	case "EXPOSE":
		s.config.ExposedPorts = map[string]struct{}{}
		for _, port := range words {
			s.config.ExposedPorts[port+"/tcp"] = struct{}{}
		}
	case "ENTRYPOINT":
		if err := json.Unmarshal([]byte(rest), &s.config.Entrypoint); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	case "ARG", "LABEL": // they tell of a release, which has its own test of them
	default:
		t.Fatalf("images.Serin does not know %q: teach it, and this test", line)
	}
}

func TestSerinIsWhatTheDockerfileDescribes(t *testing.T) {
	want := readDockerfile(t, "../../../Dockerfile")
	serin := images.Serin("/bin/true")
	var files []string
	for _, file := range serin.Files {
		files = append(files, file.Path)
	}
	slices.Sort(files)
	if diff := cmp.Diff(want.files, files); diff != "" {
		t.Errorf("the files differ:\n%s", diff)
	}
	if diff := cmp.Diff(want.config, serin.Config); diff != "" {
		t.Errorf("the configuration differs:\n%s", diff)
	}
}
