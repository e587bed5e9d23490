// SPDX-License-Identifier: Apache-2.0

package charts_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
)

type alert struct {
	Alert       string
	Expr        string
	For         string
	Labels      map[string]string
	Annotations map[string]string
}

type rules struct {
	Groups []struct {
		Name  string
		Rules []alert
	}
}

// plain are the alerts as whoever has no operator reads them.
func plain(t *testing.T) []alert {
	t.Helper()
	content, err := os.ReadFile("serin/files/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return alertsIn(t, content)
}

func alertsIn(t *testing.T, content []byte) []alert {
	t.Helper()
	var all rules
	if err := yaml.Unmarshal(content, &all); err != nil || len(all.Groups) != 1 {
		t.Fatalf("%d groups, %v", len(all.Groups), err)
	}
	for i := range all.Groups[0].Rules {
		all.Groups[0].Rules[i].Expr = strings.TrimSpace(all.Groups[0].Rules[i].Expr)
	}
	return all.Groups[0].Rules
}

// made are the alerts of the PrometheusRule.
func made(t *testing.T, values string) []alert {
	t.Helper()
	rule := only(objects(t, manifest(t, current, values)), "PrometheusRule")
	if len(rule) != 1 {
		t.Fatalf("%d PrometheusRules", len(rule))
	}
	spec, err := json.Marshal(rule[0].Object["spec"])
	if err != nil {
		t.Fatal(err)
	}
	return alertsIn(t, spec)
}

func TestThePrometheusRuleIsTheFile(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(plain(t), made(t, "metrics: {prometheusRule: {enabled: true}}")); diff != "" {
		t.Errorf("files/alerts.yaml (-) is not what is made of it (+):\n%s", diff)
	}
}

func TestAlertsTakeValues(t *testing.T) {
	t.Parallel()
	want := plain(t)
	want = slices.DeleteFunc(want, func(a alert) bool { return a.Alert == "SerinAbsent" })
	for i := range want {
		a := &want[i]
		a.Labels["team"] = "platform"
		_, heading, _ := strings.Cut(a.Annotations["runbook_url"], "#")
		a.Annotations["runbook_url"] = "https://runbooks.example.com/serin#" + heading
		switch a.Alert {
		case "SerinRolloutStuck":
			a.Expr = strings.Replace(a.Expr, "1800", "60", 1)
		case "SerinTemplateRejected":
			a.For = "2h"
		case "SerinRolledBack":
			a.Labels["severity"] = "page"
		}
	}
	got := made(t, `metrics: {prometheusRule: {enabled: true, alertLabels: {team: platform}, disabled: [SerinAbsent], severities: {SerinRolledBack: page},
  runbookUrl: "https://runbooks.example.com/serin", stuckSeconds: 60, rejectedFor: 2h}}`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

var heading = regexp.MustCompile("(?m)^## (.+)$")

// A link of an alert leads to what it means and what to type.
func TestEveryAlertHasItsRunbook(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/alerts.md")
	if err != nil {
		t.Fatal(err)
	}
	var anchors []string
	for _, match := range heading.FindAllStringSubmatch(string(page), -1) {
		anchors = append(anchors, strings.ReplaceAll(strings.ToLower(match[1]), " ", "-"))
	}
	alerts := plain(t)
	for _, a := range alerts {
		file, anchor, _ := strings.Cut(a.Annotations["runbook_url"], "#")
		if !strings.HasSuffix(file, "/docs/alerts.md") || anchor != strings.ToLower(a.Alert) || !slices.Contains(anchors, anchor) {
			t.Errorf("%s leads to %q, and the page has %v", a.Alert, a.Annotations["runbook_url"], anchors)
		}
		if !slices.Contains([]string{"info", "warning", "critical"}, a.Labels["severity"]) || a.Annotations["summary"] == "" || a.Annotations["description"] == "" {
			t.Errorf("%s does not say enough: %v %v", a.Alert, a.Labels, a.Annotations)
		}
		told := strings.Contains(a.Annotations["description"], "{{ $") || a.For != "" && strings.Contains(a.Annotations["description"], "5 minutes")
		if !told {
			t.Errorf("%s tells no numbers: %s", a.Alert, a.Annotations["description"])
		}
	}
	if len(anchors) != len(alerts) {
		t.Errorf("%d headings for %d alerts", len(anchors), len(alerts))
	}
}

func TestTheSchemaKnowsEveryAlert(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("serin/values.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Definitions struct {
			Alert struct{ Enum []string }
		}
	}
	if err := json.Unmarshal(content, &schema); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, a := range plain(t) {
		names = append(names, a.Alert)
	}
	if diff := cmp.Diff(names, schema.Definitions.Alert.Enum); diff != "" {
		t.Error(diff)
	}
}

// dashboards are the files that the chart ships, by name.
func dashboards(t *testing.T) map[string]string {
	t.Helper()
	found, err := filepath.Glob("serin/files/dashboards/*.json")
	if err != nil || len(found) == 0 {
		t.Fatal(found, err)
	}
	all := map[string]string{}
	for _, file := range found {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(file)] = string(content)
	}
	return all
}

func TestEachDashboardIsInAConfigMapThatGrafanaFinds(t *testing.T) {
	t.Parallel()
	found := map[string]string{}
	for _, object := range only(objects(t, manifest(t, current, "metrics: {dashboards: {annotations: {grafana_folder: Serin}}}")), "ConfigMap") {
		if object.GetLabels()["grafana_dashboard"] != "1" || object.GetAnnotations()["grafana_folder"] != "Serin" {
			t.Errorf("%s has the labels %v and the annotations %v", object.GetName(), object.GetLabels(), object.GetAnnotations())
		}
		for key, text := range as[corev1.ConfigMap](t, object).Data {
			found[strings.TrimPrefix(key, "serin-")] = text
		}
	}
	if diff := cmp.Diff(dashboards(t), found); diff != "" {
		t.Error(diff)
	}
}

// The namespace of a rollout is not that of the controller that tells of it.
func TestMonitorsKeepTheLabelsOfTheSamples(t *testing.T) {
	t.Parallel()
	for kind, field := range map[string]string{"serviceMonitor": "endpoints", "podMonitor": "podMetricsEndpoints"} {
		monitors := only(objects(t, manifest(t, current, "metrics: {"+kind+": {enabled: true}}")), "ServiceMonitor", "PodMonitor")
		endpoints, _, err := unstructured.NestedSlice(monitors[0].Object, "spec", field)
		if err != nil || len(endpoints) != 1 || endpoints[0].(map[string]any)["honorLabels"] != true {
			t.Errorf("%s: %v, %v", kind, endpoints, err)
		}
	}
}
