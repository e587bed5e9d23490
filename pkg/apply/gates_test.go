// SPDX-License-Identifier: Apache-2.0

package apply_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/apply"
	"github.com/serin-dev/serin/pkg/checks"
	"github.com/serin-dev/serin/pkg/gates"
	"github.com/serin-dev/serin/pkg/observe"
	"github.com/serin-dev/serin/pkg/rollout"
	"github.com/serin-dev/serin/pkg/workload"
)

type asker struct{ asked []gates.Question }

func (a *asker) Ask(_ types.NamespacedName, q gates.Question) { a.asked = append(a.asked, q) }

var smoke = checks.Gate{Name: "smoke", When: rollout.BeforeStep, Job: &batchv1.JobSpec{
	Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "smoke", Image: "smoke", Env: []corev1.EnvVar{{Name: "MINE", Value: "$(SERIN_WEIGHT)"}}}}}},
}}

func gated() rollout.Snapshot {
	return rollout.Snapshot{Now: now, Memo: rollout.Memo{UID: "t", Stable: "h", Started: now, Mode: rollout.Istio, Weight: 250, Since: now},
		Plan: rollout.Plan{Steps: []rollout.Step{{Weight: 250}, {Weight: 505}, {Weight: rollout.Full}}}}
}

func TestGatesAreAskedOnce(t *testing.T) {
	c, a, s := newCluster(t, target()), &asker{}, gated()
	w := c.world(t)
	board := checks.Gate{Name: "board", When: rollout.BeforeStep, HTTP: &checks.HTTP{URL: "http://board"}}
	w.Gates = []observe.Gate{{Gate: smoke, ID: "1"}, {Gate: board, ID: "2"}, {Gate: board, ID: "3", State: rollout.GatePending}, {Gate: smoke, ID: "4", State: rollout.GatePassed}}
	d := rollout.Decision{Phase: rollout.Progressing, Reason: "GateWaiting", Quiet: true, Ask: true, Memo: s.Memo}
	c.writes = nil
	if _, err := (&apply.Applier{Client: c, Live: c, Gates: a}).Apply(t.Context(), w, s, d); err != nil {
		t.Fatal(err)
	}
	name := workload.GateJobName("shop", "smoke", workload.GateID(w.Target, s.Memo, "smoke"))
	if diff := cmp.Diff([]string{"patch status of Deployment shop", "create Job " + name}, c.writes); diff != "" {
		t.Error(diff)
	}
	want := []gates.Question{{ID: "2", Gate: *board.HTTP, Body: gates.Body{ID: "2", Namespace: "web", Deployment: "shop", Gate: "board", When: "before-step",
		Weight: 25, NextWeight: 50.5, From: gates.Version{}, To: gates.Version{Images: []string{"shop:v2"}}, Started: now}}}
	if diff := cmp.Diff(want, a.asked); diff != "" {
		t.Error(diff)
	}
	job := &batchv1.Job{}
	if err := c.Get(t.Context(), types.NamespacedName{Namespace: "web", Name: name}, job); err != nil {
		t.Fatal(err)
	}
	var env []string
	for _, e := range job.Spec.Template.Spec.Containers[0].Env {
		env = append(env, e.Name+"="+e.Value)
	}
	if got, want := strings.Join(env, " "), "SERIN_DEPLOYMENT=shop SERIN_CANARY=shop-canary SERIN_NAMESPACE=web SERIN_GATE=smoke SERIN_WHEN=before-step SERIN_WEIGHT=25 SERIN_NEXT_WEIGHT=50.5 MINE=$(SERIN_WEIGHT)"; got != want {
		t.Errorf("its variables are %s, want %s", got, want)
	}
	if job.OwnerReferences[0].UID != "t" || job.Labels["serin.dev/gate-of"] != "shop" || job.Spec.Template.Labels["serin.dev/gate-of"] != "shop" || len(smoke.Job.Template.Labels) > 0 {
		t.Errorf("the Job is %+v", job.ObjectMeta)
	}
}

func TestJobsOfAnotherPointAreDeleted(t *testing.T) {
	s := gated()
	job := workload.GateJob(target(), smoke, s)
	job.UID = "j"
	c := newCluster(t, target(), job)
	var w observe.World
	if err := c.Get(t.Context(), client.ObjectKeyFromObject(job), job); err != nil {
		t.Fatal(err)
	}
	c.writes = nil
	d := rollout.Decision{Phase: rollout.RollingBack, Quiet: true}
	for range 2 { // it may be gone already
		w = c.world(t)
		w.StrayJobs = []*batchv1.Job{job}
		if _, err := (&apply.Applier{Client: c, Live: c}).Apply(t.Context(), w, rollout.Snapshot{Now: now}, d); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Contains(c.writes, "delete Job "+job.Name) {
		t.Errorf("writes are %v", c.writes)
	}
}

func TestGatesWhosePodsWouldServe(t *testing.T) {
	service := &corev1.Service{Spec: corev1.ServiceSpec{Selector: map[string]string{"tier": "front"}}}
	service.Name = "shop"
	for labels, want := range map[string]int{"": 0, "app=shop": 1, "tier=front": 1, "tier=back": 0} {
		gate := smoke
		gate.Job = smoke.Job.DeepCopy()
		if key, value, found := strings.Cut(labels, "="); found {
			gate.Job.Template.Labels = map[string]string{key: value}
		}
		if got := workload.GateProblems(target(), service, []checks.Gate{gate}); len(got) != want {
			t.Errorf("%s: %v, want %d", labels, got, want)
		}
	}
}
