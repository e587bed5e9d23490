// SPDX-License-Identifier: Apache-2.0

package workload_test

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/serin-dev/serin/pkg/workload"
)

func unscheduled(reason, message string) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		p.Spec.NodeName = ""
		p.Status.Phase = corev1.PodPending
		p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: reason, Message: message}}
	}
}

func TestExamineSaysWhatItWaitsFor(t *testing.T) {
	for name, test := range map[string]struct {
		canary *appsv1.Deployment
		pods   []corev1.Pod
		want   string
	}{
		"all pods are available":   {canary(3), []corev1.Pod{pod("a")}, ""},
		"no pods are wanted":       {sized(canary(0), 0), nil, ""},
		"no pod exists yet":        {canary(0), nil, "0 of 3 pods available; none exists yet"},
		"a pod of one":             {sized(canary(0), 1), nil, "0 of 1 pod available; none exists yet"},
		"nobody has looked yet":    {behind(canary(3)), nil, "the Deployment controller has not yet taken up the last change of Deployment shop-canary"},
		"the API server refuses":   {canary(1, overQuota), []corev1.Pod{pod("a", with("app", runs(true, false)))}, `1 of 3 pods available; pods "shop-6d4f-x" is forbidden: exceeded quota`},
		"no node takes the pod":    {canary(1), []corev1.Pod{pod("a", with("app", runs(true, false))), pod("b", unscheduled("Unschedulable", "0/3 nodes are available: 3 Insufficient cpu."))}, "1 of 3 pods available; pod b cannot be scheduled: 0/3 nodes are available: 3 Insufficient cpu"},
		"the scheduler is to wait": {canary(0), []corev1.Pod{pod("a", unscheduled("SchedulingGated", ""))}, "0 of 3 pods available; pod a cannot be scheduled: SchedulingGated"},
		"the scheduler is slow": {canary(0), []corev1.Pod{pod("a", func(p *corev1.Pod) {
			p.Spec.NodeName, p.Status = "", corev1.PodStatus{Phase: corev1.PodPending}
		})}, "0 of 3 pods available; pod a is waiting for a node"},
		"a pull that failed once": {canary(0), []corev1.Pod{pod("a", with("app", waits("ContainerCreating", ""))), pod("b", with("app", waits("ErrImagePull", "i/o timeout")))}, "0 of 3 pods available; pod b: container app: ErrImagePull: i/o timeout"},
		"a container being made":  {canary(0), []corev1.Pod{pod("a", with("app", waits("ContainerCreating", "")))}, "0 of 3 pods available; pod a: container app: ContainerCreating"},
		"an init container that runs on": {
			canary(0),
			[]corev1.Pod{pod("a", withInit("fetch", false, ended("Completed", 0, "")), withInit("migrate", false, runs(true, false)), with("app", waits("PodInitializing", "")))},
			"0 of 3 pods available; pod a: init container migrate has not finished",
		},
		"a sidecar that is not up": {canary(0), []corev1.Pod{pod("a", withInit("proxy", true, runs(false, false)), with("app", waits("PodInitializing", "")))}, "0 of 3 pods available; pod a: sidecar container proxy has not started"},
		"a startup probe":          {canary(0), []corev1.Pod{pod("a", with("app", runs(false, false)))}, "0 of 3 pods available; pod a is not ready: container app has not passed its startup probe"},
		"a readiness probe":        {canary(2), []corev1.Pod{pod("c"), pod("a"), pod("b", with("app", runs(true, false)))}, "2 of 3 pods available; pod b is not ready: container app has not passed its readiness probe"},
		"a container that ended":   {canary(0), []corev1.Pod{pod("a", with("app", ended("Error", 1, "no database\n")))}, "0 of 3 pods available; pod a is not ready: container app ended: Error, exit code 1: no database"},
		"a readiness gate": {canary(2), []corev1.Pod{pod("a", func(p *corev1.Pod) {
			p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionFalse, Reason: "ReadinessGatesNotReady", Message: `corresponding condition of pod readiness gate "lb" does not exist.`}}
		})}, `2 of 3 pods available; pod a is not ready: corresponding condition of pod readiness gate "lb" does not exist`},
		"a pod that says nothing":     {canary(2), []corev1.Pod{pod("a", func(p *corev1.Pod) { p.Status.Conditions = nil })}, "2 of 3 pods available; pod a is not ready"},
		"pods that are ready, as yet": {minReady(canary(1)), []corev1.Pod{pod("a"), pod("b"), pod("c")}, "1 of 3 pods available; pods have to stay ready for 30 seconds (minReadySeconds)"},
		"pods that were just counted": {canary(1), []corev1.Pod{pod("a"), pod("b"), pod("c")}, "1 of 3 pods available"},
		"an evicted pod":              {canary(2), []corev1.Pod{pod("a", failed("Evicted", "low on memory")), pod("b"), pod("c")}, "2 of 3 pods available; pod a has ended (Failed) and is to be replaced: Evicted; low on memory"},
		"a pod that is deleted":       {canary(2), []corev1.Pod{pod("a", deleted, with("app", runs(true, false))), pod("b"), pod("c")}, "2 of 3 pods available; 2 pods so far"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := workload.Examine(test.canary, test.pods, 10).Waiting; got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func minReady(d *appsv1.Deployment) *appsv1.Deployment {
	d.Spec.MinReadySeconds = 30
	return d
}
