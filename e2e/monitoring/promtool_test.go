// SPDX-License-Identifier: Apache-2.0

package monitoring_test

import (
	"os"
	"os/exec"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/serin-dev/serin/e2e/internal/panels"
)

const (
	root  = "../.."
	tests = "testdata/alerts_test.yaml"
)

func promtool(t *testing.T, args ...string) {
	t.Helper()
	program := os.Getenv("PROMTOOL_BIN")
	if program == "" {
		t.Fatal("PROMTOOL_BIN names no promtool: run 'make prometheus', and set it to bin/promtool")
	}
	if output, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput(); err != nil {
		t.Errorf("promtool %v: %v\n%s", args, err, output)
	}
}

func TestTheRulesAreInOrder(t *testing.T) {
	t.Parallel()
	promtool(t, "check", "rules", "--lint=all", "--lint-fatal", root+"/"+panels.Files+"/alerts.yaml")
}

func TestAlertsFireWhenTheyShould(t *testing.T) {
	t.Parallel()
	promtool(t, "test", "rules", tests)
}

// No alert is without a case in which it fires, and one in which it does not.
func TestEveryAlertIsTried(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(tests)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Tests []struct {
			Alerts []struct {
				Name string `json:"alertname"`
				Want []any  `json:"exp_alerts"`
			} `json:"alert_rule_test"`
		} `json:"tests"`
	}
	if err := yaml.Unmarshal(content, &file); err != nil {
		t.Fatal(err)
	}
	fires, rests := map[string]bool{}, map[string]bool{}
	for _, test := range file.Tests {
		for _, a := range test.Alerts {
			fires[a.Name] = fires[a.Name] || len(a.Want) > 0
			rests[a.Name] = rests[a.Name] || len(a.Want) == 0
		}
	}
	for _, q := range questions(t) {
		if q.File == "alerts.yaml" && (!fires[q.Where] || !rests[q.Where]) {
			t.Errorf("%s: tried firing: %t, and at rest: %t", q.Where, fires[q.Where], rests[q.Where])
		}
	}
}

func questions(t *testing.T) []panels.Question {
	t.Helper()
	all, err := panels.All(root)
	if err != nil {
		t.Fatal(err)
	}
	return all
}
