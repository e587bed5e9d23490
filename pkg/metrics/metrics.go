// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/record"
	"github.com/serin-dev/serin/pkg/rollout"
)

// Register adds the metrics, and those of the board, to what the manager serves.
func Register(board *Board) {
	begin()
	metrics.Registry.MustRegister(append(collectors(), board)...)
}

// begin shows counters at zero whose labels are known beforehand: an increase
// from nothing to one is invisible to a query.
func begin() {
	for _, c := range []*prometheus.CounterVec{writes, reverts} {
		c.WithLabelValues()
	}
	for _, command := range annotations.Commands {
		for _, a := range []Answer{CarriedOut, Ignored} {
			commands.WithLabelValues(strings.TrimPrefix(command, annotations.Prefix), string(a))
		}
	}
	for _, o := range []record.Outcome{record.Promoted, record.RolledBack, record.Cancelled, record.Withdrawn, record.Abandoned} {
		ended.WithLabelValues(string(o))
	}
}

func collectors() []prometheus.Collector {
	return []prometheus.Collector{moves, ended, writes, reverts, commands, checkStates, duration, firstTraffic, returned, settled, guard}
}

// ShowGuard says which guard is active.
func ShowGuard(name string) {
	guard.Reset()
	guard.WithLabelValues(name).Set(1)
}

// Moved counts a move.
func Moved(reason rollout.Reason) { moves.WithLabelValues(string(reason)).Inc() }

// Answer is what became of a command.
type Answer string

// The answers. What cannot be read is answered by the reason InvalidAnnotations
// until it is put right, and is not counted.
const (
	CarriedOut Answer = "CarriedOut"
	Ignored    Answer = "Ignored" // there was nothing for it to do, or another move came first
)

// Commanded counts a command that was taken away, such as abort.
func Commanded(command string, a Answer) { commands.WithLabelValues(command, string(a)).Inc() }

// Undone counts writes of routes that others undid.
func Undone(n int) { reverts.WithLabelValues().Add(float64(n)) }

// Routed counts writes of routes.
func Routed(n int) { writes.WithLabelValues().Add(float64(n)) }

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
