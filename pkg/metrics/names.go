// SPDX-License-Identifier: Apache-2.0

package metrics

import "github.com/prometheus/client_golang/prometheus"

// state is a gauge of the board.
type state struct {
	name, help string
	labels     []string
	desc       *prometheus.Desc
}

// states are the gauges of the board, in the order of the page.
var states []state

func gauge(name, help string, labels ...string) state {
	labels = append([]string{"namespace", "deployment"}, labels...)
	s := state{name, help, labels, prometheus.NewDesc(name, help, labels, nil)}
	states = append(states, s)
	return s
}

var (
	phase          = gauge("serin_rollout_phase", "1 for the phase of a Deployment that opted in: Idle, Progressing, Paused, Promoting, RollingBack or RolledBack.", "phase")
	reasonSeconds  = gauge("serin_rollout_reason_seconds", "For how long the reason has been the same, as far as this process has seen.", "reason")
	availablePods  = gauge("serin_rollout_available_pods", "Available pods by version: stable, or canary.", "version")
	step           = gauge("serin_rollout_step", "Step of the rollout under way, counted from 1; 0 before the first.")
	steps          = gauge("serin_rollout_steps", "Steps of the plan.")
	weightWanted   = gauge("serin_rollout_weight_wanted_ratio", "Share of traffic that the step asks for, from 0 to 1.")
	weightObserved = gauge("serin_rollout_weight_observed_ratio", "Share of traffic that the routes, or the ratio of available pods, give the canary, from 0 to 1.")
	holdRemaining  = gauge("serin_rollout_hold_remaining_seconds", "What is left of the step's hold, or of the bake; 0 where nothing is held.")
	checkOutcome   = gauge("serin_rollout_check_outcome", "1 for what a check says of the canary: passed, failed or inconclusive.", "check", "outcome")
	checkState     = gauge("serin_rollout_check_state", "1 for the state of a check's data: Usable, or what is missing (docs/measure.md lists it), NotMeasured, TooEarly or Overlapping.", "check", "state")
	checkValue     = gauge("serin_rollout_check_value", "What a check goes by: the evidence of a comparison (its e-value), or the newest reading of a threshold, in the unit of its query.", "check")
	checkLimit     = gauge("serin_rollout_check_limit", "What that value is to stay within: a max, or a min; of a comparison the evidence that fails it.", "check", "bound")
	checkRatio     = gauge("serin_rollout_check_failure_ratio", "How far a check is from failing, from 0 to 1: the evidence of a comparison beside what it needs (on a logarithmic scale), or bad readings in a row beside those that fail.", "check")
	moveTime       = gauge("serin_rollout_move_timestamp_seconds", "When the rollout under way moved last for a reason, as Unix time; as far as this process has seen.", "reason")
	endTime        = gauge("serin_rollout_ended_timestamp_seconds", "When the last rollout ended, as Unix time, by outcome; as far as this process has seen.", "outcome")
)

// counted is a metric that this process adds up.
type counted struct {
	name, kind, help string
	labels           []string
}

var sums []counted

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	sums = append(sums, counted{name, "counter", help, labels})
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

func histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	sums = append(sums, counted{name, "histogram", help, labels})
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
}

// From a second to a day, and from a tenth of a second to ten minutes.
var (
	long  = []float64{1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 14400, 43200, 86400}
	short = []float64{0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600}
)

var (
	moves        = counter("serin_moves_total", "Moves of rollouts, by the reason of the rule that decided.", "reason")
	ended        = counter("serin_rollouts_total", "Rollouts that ended, by outcome: Promoted, RolledBack, Cancelled, Withdrawn or Abandoned.", "outcome")
	writes       = counter("serin_route_writes_total", "Writes of VirtualServices that landed.")
	reverts      = counter("serin_route_reverts_total", "Writes of routes that others undid while a rollout was under way. Of which Deployments: `serin_rollout_reason_seconds{reason=\"RoutesReverted\"}`.")
	commands     = counter("serin_commands_total", "Commands by what became of them: CarriedOut, or Ignored (nothing to do, or another move came first). `serin.dev/pause` is a state and no command; `serin_moves_total{reason=\"PauseRequested\"}` counts it.", "command", "outcome")
	checkStates  = counter("serin_check_states_total", "How often a check came to a state of its data: Usable, or the word for what is missing (docs/measure.md), such as Unreachable.", "state")
	spans        = counter("serin_spans_total", "Spans of traces by what became of them: Sent, Dropped (the queue was full) or Failed (no collector took them for ten minutes, or until the controller ended).", "outcome")
	asked        = histogram("serin_prometheus_question_seconds", "How long Prometheus took for a question of a rollout, by outcome: answered or failed.", short, "outcome")
	duration     = histogram("serin_rollout_duration_seconds", "How long rollouts took, by outcome.", long, "outcome")
	firstTraffic = histogram("serin_rollout_first_traffic_seconds", "From a new template to the first weight of its canary.", long)
	returned     = histogram("serin_rollout_return_seconds", "From the decision to roll back to the write that takes all weight from the canary.", short)
	settled      = histogram("serin_rollout_settle_seconds", "How long a rollout waited for proxies to follow its routes.", short)
)

var guard = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: guardName, Help: guardHelp}, []string{"guard"})

var (
	buildLabels = []string{"version", "commit", "goversion"}
	build       = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: buildName, Help: buildHelp}, buildLabels)
)

const (
	guardName = "serin_guard_active"
	guardHelp = "1 for the guard that holds changed templates: policy (the API server) or armed (Deployments are kept paused at rest); or for none, while it cannot be found out and nothing moves."
	buildName = "serin_build_info"
	buildHelp = "1 for the build that runs: its version, its commit and the Go that compiled it."
)
