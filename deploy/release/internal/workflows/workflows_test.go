// SPDX-License-Identifier: Apache-2.0

package workflows_test

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
	"go.yaml.in/yaml/v3"
)

const root = "../../../.."

// workflow is what the tests ask of one.
type workflow struct {
	file, text string

	On          map[string]yaml.Node
	Permissions *map[string]string
	Jobs        map[string]job
}

type job struct {
	Permissions    *map[string]string
	TimeoutMinutes int `yaml:"timeout-minutes"`
	Uses           string
	Steps          []step
}

type step struct {
	Uses, Run string
	With      map[string]any
}

func all(t *testing.T) []workflow {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, ".github/workflows/*.yaml"))
	if err != nil || len(files) < 4 {
		t.Fatalf("found %q, %v", files, err)
	}
	var read []workflow
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		w := workflow{file: filepath.Base(file), text: string(content)}
		if err := yaml.Unmarshal(content, &w); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		read = append(read, w)
	}
	return read
}

func TestTheWorkflowsAreValid(t *testing.T) {
	linter, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range all(t) {
		problems, err := linter.Lint(filepath.Join(root, ".github/workflows", w.file), []byte(w.text), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, problem := range problems {
			t.Error(problem)
		}
	}
}

func TestNothingRunsWithoutNeed(t *testing.T) {
	for _, w := range all(t) {
		if w.Permissions == nil || len(*w.Permissions) > 0 {
			t.Errorf("%s: the whole is not 'permissions: {}'", w.file)
		}
		for name, j := range w.Jobs {
			if j.Permissions == nil {
				t.Errorf("%s: the job %s says nothing of its permissions", w.file, name)
			}
			if j.Uses == "" && j.TimeoutMinutes == 0 {
				t.Errorf("%s: the job %s may take for ever", w.file, name)
			}
			for scope, access := range *j.Permissions {
				if access == "write" && w.file != "release.yaml" {
					t.Errorf("%s: the job %s may write %s", w.file, name, scope)
				}
			}
		}
	}
}

// A pull request's code runs with the rights of a stranger, and finds no credentials left for it.
func TestStrangersGetNoRights(t *testing.T) {
	for _, w := range all(t) {
		for _, trigger := range []string{"pull_request_target", "workflow_run", "issue_comment"} {
			if _, ok := w.On[trigger]; ok {
				t.Errorf("%s runs on %s, with our rights on what a stranger wrote", w.file, trigger)
			}
		}
		for name, j := range w.Jobs {
			for _, s := range j.Steps {
				if strings.Contains(s.Run, "${{") {
					t.Errorf("%s: the job %s puts a script together: hand the value over in env\n%s", w.file, name, s.Run)
				}
				if strings.HasPrefix(s.Uses, "actions/checkout@") && s.With["persist-credentials"] != false {
					t.Errorf("%s: the job %s leaves its token in the checkout", w.file, name)
				}
			}
		}
	}
}

// uses finds each action, and the version that its comment says.
var (
	uses   = regexp.MustCompile(`(?m)uses: (\S+)(?: # (\S+))?$`)
	pinned = regexp.MustCompile(`^[\w./-]+@[0-9a-f]{40}$`)
)

func TestEachActionIsPinnedByCommit(t *testing.T) {
	versions := map[string]string{}
	for _, w := range all(t) {
		for _, found := range uses.FindAllStringSubmatch(w.text, -1) {
			action, version := found[1], found[2]
			if strings.HasPrefix(action, "./") {
				continue
			}
			if !pinned.MatchString(action) || !strings.HasPrefix(version, "v") {
				t.Errorf("%s: %s is not pinned by commit with its version beside it, as in actions/checkout@<40 digits> # v7.0.1", w.file, action)
			}
			name, _, _ := strings.Cut(action, "@")
			if other, seen := versions[name]; seen && other != action+version {
				t.Errorf("%s: %s %s, and elsewhere %s", w.file, action, version, other)
			}
			versions[name] = action + version
		}
	}
	if len(versions) == 0 {
		t.Error("no action was found")
	}
}

func TestEveryTargetExists(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	var targets []string
	for _, found := range regexp.MustCompile(`(?m)^([a-z0-9-]+):`).FindAllStringSubmatch(string(content), -1) {
		targets = append(targets, found[1])
	}
	asked := 0
	for _, w := range all(t) {
		for _, j := range w.Jobs {
			for _, s := range j.Steps {
				for _, target := range made(s.Run) {
					asked++
					if !slices.Contains(targets, target) {
						t.Errorf("%s: 'make %s' is no target of the Makefile", w.file, target)
					}
				}
			}
		}
	}
	if asked < 5 {
		t.Errorf("only %d targets were found", asked)
	}
}

// making finds what follows the word make, and target a word of it.
var (
	making = regexp.MustCompile(`\bmake (.*)`)
	target = regexp.MustCompile(`^[a-z0-9-]+$`)
)

// made are the targets that the script makes: the words after make, up to one that is none.
func made(script string) []string {
	var targets []string
	for _, found := range making.FindAllStringSubmatch(script, -1) {
		for word := range strings.FieldsSeq(found[1]) {
			if !target.MatchString(word) {
				break
			}
			targets = append(targets, word)
		}
	}
	return targets
}
