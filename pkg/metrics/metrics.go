// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

// Moves counts the moves of all rollouts by the reason of the rule that decided.
var Moves = prometheus.NewCounterVec(prometheus.CounterOpts{
	Name: "serin_moves_total",
	Help: "Moves of rollouts, by the reason of the rule that decided.",
}, []string{"reason"})

var guard = prometheus.NewGaugeVec(prometheus.GaugeOpts{
	Name: "serin_guard_active",
	Help: "1 for the guard that holds changed templates: policy (the API server) or armed (Deployments are kept paused at rest).",
}, []string{"guard"})

// Register adds the metrics to those that the manager serves.
func Register() {
	metrics.Registry.MustRegister(Moves, guard)
}

// ShowGuard says which guard is active.
func ShowGuard(name string) {
	guard.Reset()
	guard.WithLabelValues(name).Set(1)
}
