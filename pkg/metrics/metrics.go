// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"runtime"
	"slices"
	"strings"
	"time"

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

func collectors() []prometheus.Collector {
	return []prometheus.Collector{moves, ended, writes, reverts, commands, checkStates, asked, duration, firstTraffic, returned, settled, spans, guard, build}
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
	for _, command := range annotations.Commands {
		for _, a := range []Answer{CarriedOut, Ignored} {
			commands.WithLabelValues(strings.TrimPrefix(command, annotations.Prefix), string(a))
		}
	}
	asked.WithLabelValues("answered")
	asked.WithLabelValues("failed")
}

// ShowGuard says which guard is active; none while it cannot be found out.
func ShowGuard(name string) {
	guard.Reset()
	guard.WithLabelValues(name).Set(1)
}

// ShowBuild says which build this process runs: the release's version, or what
// git describes; the commit; and the compiler, which is read from the program.
func ShowBuild(version, commit string) {
	build.Reset()
	build.WithLabelValues(version, commit, runtime.Version()).Set(1)
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

// Asked counts a question to Prometheus.
func Asked(took time.Duration, answered bool) {
	outcome := "failed"
	if answered {
		outcome = "answered"
	}
	asked.WithLabelValues(outcome).Observe(took.Seconds())
}

// Routed counts writes of routes.
func Routed(n int) { writes.WithLabelValues().Add(float64(n)) }

// Traced counts spans by what became of them.
func Traced(outcome string, n int) { spans.WithLabelValues(outcome).Add(float64(n)) }

// Ended counts a rollout that ended, by what its record tells. Its trace, where
// it has one, is the exemplar of each of its times.
func Ended(r record.Rollout, trace string) {
	ended.WithLabelValues(string(r.Outcome)).Inc()
	observe := observer(trace)
	observe(duration.WithLabelValues(string(r.Outcome)), r.Ended.Sub(r.Began))
	for _, e := range r.Entries {
		if e.Reason == "Settling" || e.Reason == "ProxiesLagging" {
			observe(settled.WithLabelValues(), e.Until().Sub(e.At))
		}
	}
	weighed := slices.IndexFunc(r.Entries, func(e record.Entry) bool { return e.Weight > 0 })
	if weighed < 0 {
		return
	}
	observe(firstTraffic.WithLabelValues(), r.Entries[weighed].At.Sub(r.Began))
	took(observe, r.Entries[weighed:])
}

// observer counts times in histograms, with the trace as their exemplar.
func observer(trace string) func(prometheus.Observer, time.Duration) {
	return func(histogram prometheus.Observer, d time.Duration) {
		exemplary, can := histogram.(prometheus.ExemplarObserver)
		if trace == "" || !can {
			histogram.Observe(d.Seconds())
			return
		}
		exemplary.ObserveWithExemplar(d.Seconds(), prometheus.Labels{"trace_id": trace})
	}
}

// took counts how long a canary that had traffic kept it when it was given up.
func took(observe func(prometheus.Observer, time.Duration), entries []record.Entry) {
	condemned := slices.IndexFunc(entries, func(e record.Entry) bool { return e.Phase == rollout.RollingBack })
	if condemned < 0 {
		return
	}
	for _, e := range entries[condemned:] {
		if e.Reason == "RollingBack" {
			observe(returned.WithLabelValues(), e.At.Sub(entries[condemned].At))
			return
		}
	}
}
