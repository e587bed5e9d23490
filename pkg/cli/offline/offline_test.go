// SPDX-License-Identifier: Apache-2.0

package offline_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"gotest.tools/v3/golden"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/cli/offline"
)

// run runs a command line, and gives what it printed and its error as main prints it.
func run(t *testing.T, connect offline.Connect, stdin, line string) string {
	t.Helper()
	var out bytes.Buffer
	root := &cobra.Command{Use: "kubectl-serin", SilenceErrors: true, SilenceUsage: true,
		Annotations: map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl serin"}}
	root.PersistentFlags().StringP("namespace", "n", "", "`NAMESPACE` of the Deployment")
	root.AddCommand(offline.Commands(connect, "v1.2.3")...)
	root.SetIn(strings.NewReader(stdin))
	root.SetOut(&out)
	root.SetErr(&out)
	root.SetArgs(strings.Fields(line))
	if err := root.ExecuteContext(t.Context()); err != nil {
		out.WriteString("Error: " + err.Error() + "\n")
	}
	return out.String()
}

func nowhere() (client.Reader, string, error) { panic("no cluster was asked for") }

// compare holds what is shown against a file that a person has read.
func compare(t *testing.T, name, got string) {
	t.Helper()
	golden.Assert(t, got, strings.ReplaceAll(name, " ", "-")+".txt")
}

func TestCommands(t *testing.T) {
	for name, line := range map[string]string{
		"plan by weights":                   "plan -f testdata/in/shop.yaml --new-image shop=registry.example/shop:v2",
		"plan by pods":                      "plan -f testdata/in/plain.yaml -n default",
		"plan beside an autoscaler":         "plan -f testdata/in/plain.yaml -f testdata/in/scaler.yaml",
		"plan of a bake":                    "plan -f testdata/baked.yaml --rps 50",
		"plan of a bake by pods":            "plan -f testdata/baked-by-pods.yaml",
		"lint of a bake":                    "lint -f testdata/baked.yaml -f testdata/baked-scaler.yaml -f testdata/baked-by-pods.yaml --strict",
		"simulate a bake":                   "simulate -f testdata/baked.yaml",
		"simulate a crash in a bake":        "simulate -f testdata/baked.yaml --crash-at bake",
		"simulate a bake that never comes":  "simulate -f testdata/in/shop.yaml --abort-at bake",
		"plan with problems":                "plan -f testdata/in/broken.yaml",
		"plan of what cannot split":         "plan -f testdata/in/odd.yaml",
		"plan of one not opted in":          "plan forgotten -f testdata/in/broken.yaml",
		"plan as JSON":                      "plan -f testdata/in/plain.yaml -o json",
		"plan as YAML":                      "plan -f testdata/in/shop.yaml -o yaml",
		"plan of unreadable files":          "plan -f testdata/in/syntax.yaml",
		"plan of the wrong images":          "plan -f testdata/in/shop.yaml --new-image shop=registry.example/shop:v1 --new-image web=x",
		"lint with problems":                "lint -f testdata/in/broken.yaml",
		"lint of what cannot split":         "lint -f testdata/in/odd.yaml",
		"lint of unreadable files":          "lint -f testdata/in/syntax.yaml",
		"lint of a directory":               "lint -f testdata/in --strict",
		"lint as JSON":                      "lint -f testdata/in/broken.yaml -o json",
		"lint as SARIF":                     "lint -f testdata/in/broken.yaml -o sarif",
		"lint of checks":                    "lint -f testdata/in/judged.yaml -f testdata/in/checks.yaml",
		"lint of wrong checks":              "lint -f testdata/in/judged.yaml -f testdata/wrong-checks.yaml",
		"lint of checks in one line":        "lint -f testdata/in/judged.yaml -f testdata/odd-checks.yaml -n web",
		"lint of absent checks":             "lint -f testdata/in/judged.yaml --strict",
		"lint of checks elsewhere":          "lint -f testdata/in/judged.yaml -f testdata/odd-checks.yaml -o sarif",
		"simulate by weights":               "simulate -f testdata/in/shop.yaml --new-image shop=registry.example/shop:v2 --rps 50",
		"simulate by pods":                  "simulate -f testdata/in/plain.yaml --pods-ready-after 20s-2m --scale-at 50%=9",
		"simulate a crash":                  "simulate -f testdata/in/shop.yaml --crash-at 25% --rps 50",
		"simulate pods not ready":           "simulate -f testdata/in/shop.yaml --not-ready-at 25",
		"simulate an abort":                 "simulate -f testdata/in/shop.yaml --abort-at 100",
		"simulate with problems":            "simulate -f testdata/in/broken.yaml",
		"simulate what never comes":         "simulate -f testdata/in/shop.yaml --abort-at 50 --crash-at 100",
		"simulate the odds":                 "simulate -f testdata/in/shop.yaml --pods-ready-after 1m-11m --runs 40",
		"simulate the odds as JSON":         "simulate -f testdata/in/shop.yaml --pods-ready-after 1m-11m --runs 5 -o json",
		"simulate a bad canary":             "simulate -f testdata/in/shop.yaml --canary-error-rate 3% --stable-error-rate 0.3% --rps 50",
		"simulate a slow canary":            "simulate -f testdata/in/shop.yaml --canary-latency p50=120ms,p99=900ms --rps 50 --seed 7",
		"simulate checks":                   "simulate -f testdata/in/judged.yaml -f testdata/in/checks.yaml --canary-latency p50=120ms,p99=900ms --rps 50",
		"simulate wrong checks":             "simulate -f testdata/in/judged.yaml -f testdata/wrong-checks.yaml --rps 50",
		"simulate without requests":         "simulate -f testdata/in/shop.yaml --canary-error-rate 3%",
		"simulate a bad canary often":       "simulate -f testdata/in/shop.yaml --canary-error-rate 3% --rps 20 --runs 40",
		"simulate a bad canary as JSON":     "simulate -f testdata/in/judged.yaml -f testdata/in/checks.yaml --canary-error-rate 30 --rps 20 -o json",
		"simulate with wrong requests":      "simulate --rps -1 --canary-error-rate 300% --stable-error-rate much --stable-latency 5ms --canary-latency p50=5ms,p99=1ms",
		"plan of checks":                    "plan -f testdata/in/judged.yaml -f testdata/in/checks.yaml",
		"plan of what is found":             "plan -f testdata/in/shop.yaml --rps 50",
		"plan of what few requests find":    "plan -f testdata/in/judged.yaml -f testdata/in/checks.yaml --rps 1 --stable-error-rate 1%",
		"plan of what is found as JSON":     "plan -f testdata/in/judged.yaml --rps 20 -o json",
		"plan with wrong requests":          "plan -f testdata/in/shop.yaml --rps -2 --stable-error-rate 200",
		"plan of failures without requests": "plan -f testdata/in/shop.yaml --stable-error-rate 2%",
		"plan of absent checks":             "plan -f testdata/in/judged.yaml",
		"simulate as JSON":                  "simulate -f testdata/in/shop.yaml --abort-at 0.5 --rps 10 -o json",
		"simulate with wrong flags":         "simulate --crash-at much --scale-at 4 --pods-ready-after soon --runs 0 --rps -1 -o xml",
		"simulate one that is not":          "simulate none -f testdata/in/shop.yaml",
		"simulate several at a time":        "simulate -f testdata/in/shop.yaml -f testdata/in/plain.yaml",
	} {
		t.Run(name, func(t *testing.T) { compare(t, name, run(t, nowhere, "", line)) })
	}
}

func TestArguments(t *testing.T) {
	for line, want := range map[string]string{
		"plan":                      "Error: nothing to read; type kubectl serin plan -f FILE, or kubectl serin plan NAME --server\n",
		"lint":                      "Error: nothing to read; type kubectl serin lint -f FILE\n",
		"lint -f testdata/in -o x":  "Error: there is no output \"x\"; write -o json or -o sarif, or leave it out for text\n",
		"lint -f none.yaml":         "Error: reading none.yaml: no such file or directory\n",
		"lint -f -":                 "",
		"lint -f testdata/in/s.yml": "Error: reading testdata/in/s.yml: no such file or directory\n",
		"plan -f -":                 "Error: there is no Deployment in the files; give one with -f FILE\n",
		"plan a b -f -":             "Error: not everything that was named is there:\n  there is no Deployment a; there are: none\n  there is no Deployment b; there are: none\n",
	} {
		if got := run(t, nowhere, "", line); got != want {
			t.Errorf("%s: printed %q, want %q", line, got, want)
		}
	}
}

func TestHelp(t *testing.T) {
	var help strings.Builder
	for _, command := range []string{"plan", "lint", "simulate"} {
		help.WriteString("$ kubectl serin " + command + " --help\n" + run(t, nowhere, "", command+" --help") + "\n")
	}
	compare(t, "help", help.String())
}

// TestSeeds: one seed gives one transcript, another gives another.
func TestSeeds(t *testing.T) {
	const line = "simulate -f testdata/in/shop.yaml --pods-ready-after 1s-5m --rps 100 --seed "
	one := run(t, nowhere, "", line+"1")
	if again := run(t, nowhere, "", line+"1"); again != one {
		t.Errorf("two transcripts of one seed:\n%s\n%s", one, again)
	}
	if other := run(t, nowhere, "", line+"2"); other == one {
		t.Error("two seeds gave one transcript")
	}
}

// TestStdin: what a chart makes can be piped in.
func TestStdin(t *testing.T) {
	text, err := os.ReadFile("testdata/in/odd.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if got := run(t, nowhere, string(text), "lint -f -"); !strings.HasPrefix(got, "-:") {
		t.Errorf("printed %s", got)
	}
}

// TestSARIF looks for what code hosts refuse a report without.
func TestSARIF(t *testing.T) {
	text, _, _ := strings.Cut(run(t, nowhere, "", "lint -f testdata/in/broken.yaml -o sarif"), "Error:")
	var log struct {
		Schema  string `json:"$schema"`
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name  string
					Rules []struct {
						ID               string
						ShortDescription struct{ Text string }
					}
				}
			}
			Results []struct {
				RuleID    string
				RuleIndex *int
				Level     string
				Message   struct{ Text string }
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine, StartColumn int }
					}
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &log); err != nil {
		t.Fatal(err)
	}
	if log.Version != "2.1.0" || !strings.Contains(log.Schema, "sarif-2.1.0") || len(log.Runs) != 1 || log.Runs[0].Tool.Driver.Name == "" || len(log.Runs[0].Results) < 5 {
		t.Fatalf("report %+v", log)
	}
	rules := log.Runs[0].Tool.Driver.Rules
	for _, r := range log.Runs[0].Results {
		if r.RuleIndex == nil || rules[*r.RuleIndex].ID != r.RuleID || rules[*r.RuleIndex].ShortDescription.Text == "" {
			t.Errorf("rule %s is not described", r.RuleID)
		}
		at := r.Locations[0].PhysicalLocation
		if r.Message.Text == "" || (r.Level != "error" && r.Level != "warning") || at.ArtifactLocation.URI != "testdata/in/broken.yaml" || at.Region.StartLine < 1 || at.Region.StartColumn < 1 {
			t.Errorf("result %+v", r)
		}
	}
}
