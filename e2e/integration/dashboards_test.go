// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"slices"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/serin-dev/serin/e2e/internal/panels"
)

// Judged in a hurry, by a comparison and by a threshold with two bounds.
const hurried = `
interval: 5s
warm-up: 1s
checks:
- {name: errors, kind: errors}
- {name: queue, kind: threshold, query: "vector(7)", min: 1, max: 100, failures: 3}
`

// story is what the dashboards are to show: three apps, two controllers, one Prometheus.
type story struct {
	*testing.T
	*metricsServer
	good, bad, stuck *shop
	leader, standby  *controller
}

// Every query of every panel, variable, annotation and alert finds something in a Prometheus that scraped real
// controllers through a good, a bad and a stuck rollout.
func TestDashboardsAndAlertsFindTheirData(t *testing.T) {
	onItsOwn(t)
	s := &story{T: t, metricsServer: startMetricsServer(t)}
	s.finds("absent(serin_guard_active)") // nobody is there yet
	s.controlled()
	s.good, s.bad, s.stuck = s.open(istioMetrics, 0), s.open(grpcMetrics, 0, "serin.dev/settle", "12s"), s.open(httpMetrics, 0.1)
	s.play()
	asked, err := panels.All("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range asked {
		s.answers(q)
	}
	s.draw()
	for name := range emptyByRight {
		if !slices.ContainsFunc(asked, func(q panels.Question) bool { return q.String() == name }) {
			t.Errorf("%s may be empty, and is not asked for", name)
		}
	}
}

// controlled starts two controllers, of which one leads: once the lease is free, which somebody else had.
func (s *story) controlled() {
	s.Helper()
	home := newShop(s.T, shared, nil)
	home.electorate()
	now := metav1.NowMicro()
	leases := home.api.CoordinationV1().Leases(home.namespace)
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: "serin"}, Spec: coordinationv1.LeaseSpec{
		HolderIdentity: new("somebody"), LeaseDurationSeconds: new(int32(3600)), AcquireTime: &now, RenewTime: &now,
	}}
	_, err := leases.Create(s.Context(), lease, metav1.CreateOptions{})
	home.mustDo(err)
	start := func(address string) *controller {
		return startSerin(s.T, newProxy(s.T, shared, shared.token), "--metrics-bind-address="+address, "--health-probe-bind-address=0", "-v=1",
			"--namespace", home.namespace, "--prometheus="+s.door.URL, "--prometheus-timeout=2s")
	}
	s.leader = start(s.controllers[0])
	s.finds("max(leader_election_master_status) == 0")
	home.mustDo(leases.Delete(s.Context(), lease.Name, metav1.DeleteOptions{}))
	s.leader.leads(home)
	s.standby = start(s.controllers[1])
	s.finds(`leader_election_master_status{pod="serin-b"} == 0`)
}

// open makes an app whose requests are counted in one of three ways.
func (s *story) open(count counting, least float64, pairs ...string) *shop {
	s.Helper()
	p := newShop(s.T, shared, s.leader)
	p.patience = 2 * time.Minute
	checks := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "checks"}, Data: map[string]string{"checks.yaml": hurried}}
	_, err := p.api.CoreV1().ConfigMaps(p.namespace).Create(p.Context(), checks, metav1.CreateOptions{})
	p.mustDo(err)
	s.counts(p, count, least)
	return p.mesh().open(2, slow(append(pairs, "serin.dev/analysis", "checks")...))
}

// play takes the rollouts through all that there is to be seen.
func (s *story) play() {
	s.Helper()
	s.stuck.deploy("v2-never-ready")
	s.bad.deploy("v2-bad")
	s.good.deploy("v2")
	s.good.at(250)
	s.finds(s.of(s.good, `serin_rollout_check_value{check="errors",%s}`))
	s.finds(s.of(s.good, `serin_rollout_check_state{check="queue",state="Usable",%s}`))
	s.bad.rolledBack("v1", "AnalysisFailed")
	s.finds(s.of(s.bad, `serin_rollout_ended_timestamp_seconds{outcome="RolledBack",%s}`))

	s.door.refuse(true)
	s.finds(s.of(s.good, `serin_rollout_check_state{state="Unreachable",%s}`))
	s.door.refuse(false)
	s.finds(s.of(s.good, `serin_rollout_check_state{check="errors",state="Usable",%s}`))

	s.good.rewrite(func(vs *unstructured.Unstructured) { vs.Object["spec"] = s.good.vs })
	s.finds(s.of(s.good, `serin_rollout_move_timestamp_seconds{reason="RoutesReverted",%s}`))
	s.good.annotate("promote", "full")
	s.good.promoted("v2")
	s.finds(s.of(s.good, `serin_rollout_ended_timestamp_seconds{outcome="Promoted",%s}`))
	s.finds(s.of(s.stuck, `serin_rollout_reason_seconds{reason="CanaryNotAvailable",%s} > 5`))

	s.leader.Kill()
	s.finds(s.of(s.stuck, `serin_rollout_phase{pod="serin-b",%s}`))
}
