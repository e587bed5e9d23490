// SPDX-License-Identifier: Apache-2.0

package charts_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

// What is refused, and a word of the reason.
func TestWrongValuesAreRefused(t *testing.T) {
	t.Parallel()
	const p = "address: 'http://p:9090'"
	for name, test := range map[string]struct{ values, word string }{
		"a typo at the top":             {"replica: 3", "replica"},
		"a typo below":                  {"prometheus: {addrezz: 'http://p:9090'}", "addrezz"},
		"no replicas":                   {"replicas: 0", "replicas"},
		"replicas in words":             {"replicas: two", "replicas"},
		"a guard that is half":          {"guard: {install: maybe}", "install"},
		"a Prometheus without a scheme": {"prometheus: {address: 'prometheus:9090'}", "address"},
		"a collector without a scheme":  {"tracing: {endpoint: 'collector:4317'}", "endpoint"},
		"another protocol of traces":    {"tracing: {endpoint: 'http://c:4318', protocol: http/json}", "protocol"},
		"an istiod without a scheme":    {"istiod: {addresses: ['istiod:15014']}", "addresses"},
		"a unit that is none":           {"prometheus: {" + p + ", http: {durationUnit: min}}", "durationUnit"},
		"checks without a namespace":    {"checks: {configMap: checks}", "configMap"},
		"checks that are no text":       {"checks: {data: {checks.yaml: {alpha: 0.01}}}", "checks.yaml"},
		"a port that is none":           {"metrics: {port: 80800}", "port"},
		"the port of the probes":        {"metrics: {port: 8081}", "port"},
		"a digest that is none":         {"image: {digest: latest}", "digest"},
		"a flag that is none":           {"extraArgs: [prometheus]", "extraArgs"},
		"an annotation that is no text": {"podAnnotations: {a: true}", "podAnnotations"},
		"no workers":                    {"workers: 0", "workers"},
		"a namespace that is none":      {"namespaces: [Web]", "namespaces"},
		"a namespace that is an object": {"namespaces: [{name: web}]", "namespaces"},
		"a namespace said twice":        {"namespaces: [web, web]", "namespaces"},
		"a test without time":           {"test: {seconds: 0}", "seconds"},

		"an alert that is none":   {"metrics: {prometheusRule: {disabled: [SerinStuck]}}", "disabled"},
		"a severity of no alert":  {"metrics: {prometheusRule: {severities: {SerinStuck: info}}}", "SerinStuck"},
		"a runbook that is none":  {"metrics: {prometheusRule: {runbookUrl: docs/alerts.md}}", "runbookUrl"},
		"a label that is no text": {"metrics: {dashboards: {labels: {grafana_dashboard: 1}}}", "grafana_dashboard"},

		"alerts on nothing":              {"metrics: {enabled: false, prometheusRule: {enabled: true}}", "nothing to monitor"},
		"checks and nobody to ask":       {"checks: {configMap: web/checks}", "prometheus.address is missing"},
		"own checks and nobody to ask":   {"checks: {data: {checks.yaml: ''}}", "prometheus.address is missing"},
		"a Secret and nobody to show it": {"prometheus: {secret: {name: p, tokenKey: t}}", "prometheus.address is missing"},
		"a key of no Secret":             {"prometheus: {" + p + ", secret: {tokenKey: t}}", "prometheus.secret.name is missing"},
		"a Secret without keys":          {"prometheus: {" + p + ", secret: {name: p}}", "names no key"},
		"a user without a password":      {"prometheus: {" + p + ", username: u}", "need each other"},
		"a password of nobody":           {"prometheus: {" + p + ", secret: {name: p, passwordKey: k}}", "need each other"},
		"both a token and a password":    {"prometheus: {" + p + ", username: u, secret: {name: p, passwordKey: k, tokenKey: t}}", "exclude each other"},
		"a protocol without a collector": {"tracing: {protocol: grpc}", "tracing.endpoint is missing"},
		"two kinds of checks":            {"{prometheus: {" + p + "}, checks: {configMap: a/b, data: {x: z}}}", "exclude each other"},
		"namespaces by name and label":   {"{namespaces: [web], namespaceSelector: a=b}", "exclude each other"},
		"two monitors":                   {"metrics: {serviceMonitor: {enabled: true}, podMonitor: {enabled: true}}", "exclude each other"},
		"nothing that is secured":        {"metrics: {enabled: false, secure: {enabled: true}}", "nothing to secure"},
		"a PodMonitor without a token":   {"metrics: {secure: {enabled: true}, podMonitor: {enabled: true}}", "metrics.secure.authorization is missing"},
		"a monitor of nothing":           {"metrics: {enabled: false, podMonitor: {enabled: true}}", "nothing to monitor"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := render(t, current, test.values)
			if err == nil || !strings.Contains(err.Error(), test.word) {
				t.Errorf("got %v, want an error with %q", err, test.word)
			}
		})
	}
}

// The schema knows every value, and no other.
func TestTheSchemaIsThatOfTheValues(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("serin/values.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(content, &schema); err != nil {
		t.Fatal(err)
	}
	values, err := os.ReadFile("serin/values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	definitions, _ := schema["definitions"].(map[string]any)
	compare(t, "", definitions, schema, parse(t, string(values)))
}

func compare(t *testing.T, place string, definitions, schema, values map[string]any) {
	t.Helper()
	if name, found := strings.CutPrefix(fmt.Sprint(schema["$ref"]), "#/definitions/"); found {
		schema, _ = definitions[name].(map[string]any)
	}
	properties, ok := schema["properties"].(map[string]any)
	if !ok {
		return // a map of the user's
	}
	if schema["additionalProperties"] != false {
		t.Errorf("%s: a typo would not be noticed", place)
	}
	for key := range properties {
		if _, found := values[key]; !found && key != "global" && place != ".resources" {
			t.Errorf("%s.%s is in the schema, and no value", place, key)
		}
	}
	for key, value := range values {
		property, found := properties[key].(map[string]any)
		if !found {
			t.Errorf("%s.%s is a value, and not in the schema", place, key)
			continue
		}
		if below, ok := value.(map[string]any); ok {
			compare(t, place+"."+key, definitions, property, below)
		}
	}
}
