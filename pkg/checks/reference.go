// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"fmt"
	"strings"
)

// Reference is the page docs/checks.md, made from the tables that read the text.
func Reference() string {
	var page strings.Builder
	page.WriteString(opening + Example + afterExample)
	page.WriteString("| Field | Meaning |\n|---|---|\n")
	for _, f := range policyFields {
		fmt.Fprintf(&page, "| `%s` | %s |\n", f.name, f.meaning)
	}
	page.WriteString("\n## A check\n\n| Field | Of | Meaning |\n|---|---|---|\n")
	for _, f := range checkFields {
		kinds := make([]string, 0, len(f.kinds))
		for _, kind := range f.kinds {
			kinds = append(kinds, "`"+string(kind)+"`")
		}
		if len(kinds) == 0 {
			kinds = []string{"all"}
		}
		fmt.Fprintf(&page, "| `%s` | %s | %s |\n", f.name, strings.Join(kinds, ", "), f.meaning)
	}
	page.WriteString(aboutGates + GateExample + afterGates)
	list(&page, "", gateFields)
	list(&page, "http.", httpFields)
	page.WriteString(gatesClosing + closing)
	return page.String()
}

func list[T any](page *strings.Builder, prefix string, fields []field[T]) {
	for _, f := range fields {
		fmt.Fprintf(page, "| `%s%s` | %s |\n", prefix, f.name, f.meaning)
	}
}

// Example is the text on the reference page.
const Example = `alpha: 0.01
warm-up: 1m
checks:
- name: errors
  kind: errors
- name: latency-p99
  kind: latency
  quantile: 0.99
  margin: 2
- name: queue
  kind: threshold
  query: max(queue_depth{namespace="{{.Namespace}}",pod=~"{{.CanaryPods}}"})
  max: 100
  failures: 3
  interval: 30s
  report-only: true
`

const opening = `<!-- Generated from pkg/checks. Do not edit; run: make generate -->

# Checks

How a canary is judged is written down in a ConfigMap in the Deployment's namespace, which the annotation
` + "`serin.dev/analysis`" + ` names. Its text is under the key ` + "`checks.yaml`" + `; a ConfigMap with only one key may call it as it likes.

` + "```yaml\n"

const afterExample = "```" + `

Every mistake is reported at once, with its line and what to write instead; with a mistake in it nothing moves.

## The whole

`

const closing = `
Without a ConfigMap three comparisons judge: errors, and latency at stable's p99 and p50, each with a margin of 1.5. The
annotations ` + "`serin.dev/min-success-rate`" + ` and ` + "`serin.dev/max-latency`" + ` each add a threshold, which fails after two minutes in a row
that are bad, of at least a hundred requests each.

What is asked of Prometheus for each kind is in [measure.md](measure.md).
`
