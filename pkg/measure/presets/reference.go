// SPDX-License-Identifier: Apache-2.0

package presets

import (
	"fmt"
	"strings"

	"github.com/serin-dev/serin/pkg/measure/tally"
)

// example is the subject of the reference page.
var example = Subject{Namespace: "web", Target: "shop", Canary: "shop-canary", Service: "shop", StableHash: "5d9f7c8b9d"}

// Reference is the page docs/measure.md.
func Reference() string {
	var page strings.Builder
	page.WriteString(opening)
	for _, p := range All(UsualLabels, UsualHTTP) {
		fmt.Fprintf(&page, "\n## %s\n\n%s\nFound by:\n\n```promql\ngroup(%s)\n```\n\nRequests:\n\n```promql\n", p.Name, about[p.Name], p.Exists(example))
		for _, selector := range p.Counts(example) {
			fmt.Fprintf(&page, "%s[10s]\n", selector)
		}
		fmt.Fprintf(&page, "```\n\nWhat stable's own quantile is, looked up from ten minutes before the rollout on:\n\n```promql\nsum by (le) (increase(%s[600s]))\n```\n", p.Buckets(example, tally.Stable, nil))
		fmt.Fprintf(&page, "\nRequests that are slower than that, here with the bound 250:\n\n```promql\n%s[10s]\n```\n", p.Buckets(example, tally.Neither, Bounds(250)))
	}
	page.WriteString(closing)
	return page.String()
}

const opening = `<!-- Generated from pkg/measure/presets. Do not edit; run: make generate -->

# What is measured, and how

Serin asks Prometheus for the samples of counters as they were scraped, and computes the increases itself. PromQL's
` + "`increase()`" + ` cannot be used for judging: it does not see the first value of a series, so that the first failures of a
version go uncounted; it extrapolates, so that a row of windows counts some events twice and others never; and it hides
resets and gaps.

Every event is counted once, in the interval in which a scrape first shows it. An interval without a scrape is joined to the
next one. After an outage of Prometheus, or of the controller, the intervals in between are read again.

The queries below are those for the Deployment ` + "`shop`" + ` in the namespace ` + "`web`" + `, whose canary is ` + "`shop-canary`" + `, at an
interval of ten seconds. The presets are looked for in this order, once for a rollout: the first that has series of either
version is used.

| State of data | Meaning |
|---|---|
| Unreachable | Prometheus did not answer, or with an error, which is told. |
| NoSeries | There is nothing for one version or both: no request was made, or it is not scraped. |
| SeveralSeries | A query of a check must give one value and gave more. |
| Stale | The newest sample of a version's counters is older than 90 seconds (or three intervals, if that is longer). |
| NotANumber | NaN or an infinite value. |
| CounterReset | A counter fell, as it does when a process begins again. What was counted between its last scrape and its end is not known. |
| NoTraffic | The canary's counters were scraped, and none rose. |
| TooFew | Fewer requests than the check asks for. |
| WarmingUp | A pod of the canary became ready too short a time ago. |

None of them is good or bad: they wait.

## How often Prometheus is asked

All rollouts with the same interval read at the same instants: the multiples of the interval since 1970. What is wanted of one
kind (the same metric, in the same namespace, over the same time) is one query for all of them, with the names of all in it, such
as ` + "`destination_workload=~\"cart|cart-canary|shop|shop-canary\"`" + `, and the answer is split by these labels. So twenty rollouts
of one namespace that are judged by the built-in checks take three queries in each interval, as one does: for the requests, for those
that found no endpoint, and for the slow ones. The query of a check is asked once where several checks or Deployments have the same
text and interval. Looking up stable's own quantile is not shared: it is done once for a rollout.

At most fifty selectors are in one query, and at most four queries are under way. Each may take ` + "`--prometheus-timeout`" + `, and its
answer has a bound (20,000 series, 32 MiB). Where a query for several fails, what was in it is asked for one by one for the next five
minutes. So a workload that has too many series, or that Prometheus takes too long over, delays others by no more than that one
query, and no interval of theirs is lost. No reconcile waits for any of this. Without a rollout nothing is asked.
`

var about = map[string]string{
	"istio": `Istio's standard metrics. The versions are told apart by ` + "`destination_workload`" + `, which is the name of the Deployment; no
label of the pods is needed.

A request between two proxies is reported by both. The client's proxy sees all that the server's sees, and what never got
there. So of the requests of one client workload the best reporter counts and the others do not: ` + "`source`" + `, then ` + "`waypoint`" + `,
then ` + "`destination`" + `. The last is used for clients outside of the mesh, whose workload it calls unknown, and for clients whose
proxies report nothing for a minute. Requests that found no endpoint have no destination: they are split between the versions
by the wanted weight. That is neutral where both suffer, and a version without any endpoint has nothing but failures then. The evidence says how many
there were.

A request failed if its ` + "`response_code`" + ` is 500 or more. One with a ` + "`grpc_response_status`" + ` is judged by that alone: see gRPC.
`,
	"grpc": `What gRPC servers count themselves through OpenTelemetry (gRPC's proposal A66). The versions are told apart by the names of the
pods, in the label ` + "`pod`" + `, and ` + "`namespace`" + `: labels that Prometheus gives to what it scrapes. What never reached a server is not
seen.

A call failed with UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS or a status that nobody has heard
of. The other statuses are the client's doing, by OpenTelemetry's conventions.
`,
	"http": `What HTTP servers count themselves. The names are the usual ones of Prometheus's client libraries, and can be configured: the
counter, its label with the status, and the histogram. The versions are told apart as for gRPC.

A request failed if its status begins with a 5.
`,
}

const closing = `
## Pods

Stable's pods are those of its ReplicaSet: the Deployment's name, the ReplicaSet's hash and five letters. The canary's pods are
those of ` + "`<deployment>-canary`" + `. Matching is of whole names, so that the pods of a Deployment ` + "`shop-canary-admin`" + ` are nobody's.
Names are so long in rare cases (more than 55 letters) that Kubernetes cuts off what tells the versions apart; only Istio's
metrics can be used then.
`
