// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/serin-dev/serin/pkg/record"
	"github.com/serin-dev/serin/pkg/rollout"
)

// Register adds the metrics, and those of the board, to what the manager serves.
func Register(board *Board) {
	begin()
	metrics.Registry.MustRegister(append(collectors(), board)...)
}

func collectors() []prometheus.Collector {
	return []prometheus.Collector{moves, ended, writes, reverts, commands, checkStates, asked, duration, firstTraffic, returned, settled, guard}
}

// begin has counters begin at zero where their labels are known: increase() does
// not see the first value of a series.
func begin() {
	writes.WithLabelValues()
	reverts.WithLabelValues()
	firstTraffic.WithLabelValues()
	returned.WithLabelValues()
	settled.WithLabelValues()
	for _, outcome := range []record.Outcome{record.Promoted, record.RolledBack, record.Cancelled, record.Withdrawn, record.Abandoned} {
		ended.WithLabelValues(string(outcome))
		duration.WithLabelValues(string(outcome))
	}
	for _, command := range []string{"promote", "abort", "retry"} {
		commands.WithLabelValues(command, "obeyed")
		commands.WithLabelValues(command, "ignored")
	}
	asked.WithLabelValues("answered")
	asked.WithLabelValues("failed")
}

// ShowGuard says which guard is active; none while it cannot be found out.
func ShowGuard(name string) {
	guard.Reset()
	guard.WithLabelValues(name).Set(1)
}

// Moved counts a move.
func Moved(reason rollout.Reason) { moves.WithLabelValues(string(reason)).Inc() }

// Routed counts writes of routes.
func Routed(n int) { writes.WithLabelValues().Add(float64(n)) }

// Reverted counts a rollout that stepped back because others undid its routes.
func Reverted() { reverts.WithLabelValues().Inc() }

// Commanded counts a command, such as abort, that was obeyed or ignored.
func Commanded(command string, obeyed bool) {
	commands.WithLabelValues(command, word(obeyed, "obeyed", "ignored")).Inc()
}

// Asked counts a question to Prometheus.
func Asked(took time.Duration, answered bool) {
	asked.WithLabelValues(word(answered, "answered", "failed")).Observe(took.Seconds())
}

func word(yes bool, one, other string) string {
	if yes {
		return one
	}
	return other
}

// Ended counts a rollout that ended, by what its record tells.
func Ended(r record.Rollout) {
	ended.WithLabelValues(string(r.Outcome)).Inc()
	duration.WithLabelValues(string(r.Outcome)).Observe(r.Ended.Sub(r.Began).Seconds())
	for _, e := range r.Entries {
		if e.Reason == "Settling" || e.Reason == "ProxiesLagging" {
			settled.WithLabelValues().Observe(e.Seconds)
		}
	}
	weighed := slices.IndexFunc(r.Entries, func(e record.Entry) bool { return e.Weight > 0 })
	if weighed < 0 {
		return
	}
	firstTraffic.WithLabelValues().Observe(r.Entries[weighed].At.Sub(r.Began).Seconds())
	took(r.Entries[weighed:])
}

// took counts how long a canary that had traffic kept it when it was given up.
func took(entries []record.Entry) {
	condemned := slices.IndexFunc(entries, func(e record.Entry) bool { return e.Phase == rollout.RollingBack })
	if condemned < 0 {
		return
	}
	for _, e := range entries[condemned:] {
		if e.Reason == "RollingBack" {
			returned.WithLabelValues().Observe(e.At.Sub(entries[condemned].At).Seconds())
			return
		}
	}
}
