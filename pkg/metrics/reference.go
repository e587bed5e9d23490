// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"fmt"
	"strings"
)

// Reference is the page docs/metrics.md.
func Reference() string {
	var page strings.Builder
	fmt.Fprintf(&page, opening, RestSeries, MostSeries)
	page.WriteString("\n## Where a Deployment stands\n\n" + head)
	for _, s := range states {
		row(&page, s.name, "gauge", s.labels, s.help)
	}
	page.WriteString("\n## What has happened\n\n" + head)
	for _, c := range sums {
		row(&page, c.name, c.kind, c.labels, c.help)
	}
	page.WriteString("\n## The process\n\n" + head)
	row(&page, guardName, "gauge", []string{"guard"}, guardHelp)
	row(&page, buildName, "gauge", buildLabels, buildHelp)
	page.WriteString(closing)
	return page.String()
}

func row(page *strings.Builder, name, kind string, labels []string, help string) {
	quoted := make([]string, len(labels))
	for i, label := range labels {
		quoted[i] = "`" + label + "`"
	}
	fmt.Fprintf(page, "| `%s` | %s | %s | %s |\n", name, kind, strings.Join(quoted, ", "), help)
}

const head = "| metric | kind | labels | |\n|---|---|---|---|\n"

const opening = `<!-- Generated from pkg/metrics. Do not edit; run: make generate -->

# Metrics of the controller

They are served on ` + "`--metrics-bind-address`" + `, port 8080 unless told otherwise, by the replica that leads: one that stands by
has counters at zero and no Deployments. What a scrape finds is made from what the last look at each Deployment saw, so
that a Deployment that is gone or opted out has no series.

One Deployment has at most %d series at rest, and at most %d while a rollout is under way: ten, twenty reasons of moves, and six for
each of up to twenty checks. A histogram's series do not depend on
the number of Deployments.

Whoever asks for OpenMetrics, as Prometheus does, gets histograms with exemplars where rollouts are traced: ` + "`trace_id`" + ` is
the trace of a rollout that took that long (tracing.md). Prometheus keeps them with ` + "`--enable-feature=exemplar-storage`" + `.
`

const closing = `
Those of controller-runtime and of the Kubernetes client are served beside them; ` + "`controller_runtime_reconcile_total`" + ` and
` + "`workqueue_depth`" + ` with ` + "`name=\"rollout\"`" + ` are those to look at.

## Questions

| question | query |
|---|---|
| What is rolling now? | ` + "`serin_rollout_phase{phase!~\"Idle|RolledBack\"} == 1`" + ` |
| What is stuck? | ` + "`serin_rollout_reason_seconds{reason!~\"UpToDate|Holding|Baking|StepPaused|PauseRequested|NoReplicas\"} > 1800 unless on (namespace, deployment) serin_rollout_phase{phase=\"RolledBack\"}`" + ` |
| What runs without its last template? | ` + "`serin_rollout_phase{phase=\"RolledBack\"} == 1`" + ` |
| How many rollouts end well? | ` + "`sum(increase(serin_rollouts_total{outcome=\"Promoted\"}[7d])) / sum(increase(serin_rollouts_total[7d]))`" + ` |
| Does the canary get what it should? | ` + "`abs(serin_rollout_weight_wanted_ratio - serin_rollout_weight_observed_ratio) > 0.05`" + ` |
| Which versions run? | ` + "`count by (version) (serin_build_info)`" + ` |
| Is the controller there? | ` + "`absent(serin_guard_active)`" + ` |
| Who rolled back in the last hour? | ` + "`time() - serin_rollout_ended_timestamp_seconds{outcome=\"RolledBack\"} < 3600`" + ` |
| Which rollouts cannot reach Prometheus? | ` + "`serin_rollout_check_state{state=\"Unreachable\"} == 1`" + ` |

Dashboards and alerts that ask them are in [monitoring.md](monitoring.md). The labels ` + "`namespace` and `deployment`" + ` are the
Deployment's, so whoever scrapes has to honor them (` + "`honor_labels: true`" + `, as the chart's monitors do).
`
