// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/serin-dev/serin/pkg/checks"
	"github.com/serin-dev/serin/pkg/gates"
	"github.com/serin-dev/serin/pkg/rollout"
	"github.com/serin-dev/serin/pkg/workload"
)

// keeper answers what it is told to.
type keeper struct {
	answers map[string]gates.Answer
	kept    []string
}

func (k *keeper) Answer(_ types.NamespacedName, id string) gates.Answer { return k.answers[id] }
func (k *keeper) Keep(_ types.NamespacedName, ids []string)             { k.kept = ids }

// witness has one log, and counts who reads it.
type witness struct {
	lines []string
	err   error
	read  int
}

func (w *witness) Log(context.Context, *corev1.Pod, workload.Voice) ([]string, error) {
	w.read++
	return w.lines, w.err
}

func (w *witness) Events(context.Context, *corev1.Pod) ([]string, error) { return nil, nil }

var (
	gatedShop = &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "shop", Namespace: "web", UID: "t"},
		Spec: appsv1.DeploymentSpec{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "shop"}}}}
	jobGate  = checks.Gate{Name: "smoke", When: rollout.BeforeStep, Job: &batchv1.JobSpec{}}
	httpGate = checks.Gate{Name: "board", When: rollout.BeforeStep, HTTP: &checks.HTTP{URL: "http://board"}, Holds: true}
	others   = checks.Gate{Name: "report", When: rollout.AfterPromotion, HTTP: &checks.HTTP{URL: "http://report"}}
)

func atStep() *rollout.Snapshot {
	s := &rollout.Snapshot{Now: start, Memo: rollout.Memo{UID: "t", Stable: "h", Started: start, Mode: rollout.Istio, Weight: 250, Since: start}}
	s.Target.OptedIn = true
	return s
}

// jobOf is the Job of the gate at the snapshot's point, with a condition.
func jobOf(s *rollout.Snapshot, condition batchv1.JobConditionType) *batchv1.Job {
	job := workload.GateJob(gatedShop, jobGate, *s)
	job.UID = types.UID(job.Name)
	if condition != "" {
		job.Status.Conditions = []batchv1.JobCondition{{Type: condition, Status: corev1.ConditionTrue, Reason: "BackoffLimitExceeded", Message: "Job has reached the specified backoff limit"}}
	}
	return job
}

func podOf(job *batchv1.Job) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: job.Name + "-x", Namespace: job.Namespace, Labels: map[string]string{batchv1.JobNameLabel: job.Name}},
		Status: corev1.PodStatus{Phase: corev1.PodFailed, ContainerStatuses: []corev1.ContainerStatus{
			{Name: "smoke", State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 3, Reason: "Error"}}},
		}},
	}
}

func read(t *testing.T, o *Observer, s *rollout.Snapshot, known bool, objects ...client.Object) World {
	t.Helper()
	c := fake.NewClientBuilder().WithObjects(objects...).Build()
	o.Cached, o.Live = c, c
	if o.Memory == nil {
		o.Memory = NewMemory()
	}
	w := World{Key: key, Target: gatedShop, Memo: s.Memo}
	if err := o.readGates(t.Context(), &w, s, []checks.Gate{jobGate, httpGate, others}, known); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestHowGatesFare(t *testing.T) {
	s := atStep()
	board := workload.GateID(gatedShop, s.Memo, "board")
	name := workload.GateJobName("shop", "smoke", workload.GateID(gatedShop, s.Memo, "smoke"))
	foreign := jobOf(s, batchv1.JobComplete)
	foreign.OwnerReferences[0].UID = "somebody else"
	for what, test := range map[string]struct {
		answer gates.Answer
		job    *batchv1.Job
		noted  string
		want   []rollout.Gate
	}{
		"nobody was asked":                   {want: []rollout.Gate{{Name: "smoke"}, {Name: "board", Holds: true}}},
		"both were asked":                    {gates.Answer{State: rollout.GatePending}, jobOf(s, ""), "", []rollout.Gate{{Name: "smoke", State: rollout.GatePending, Words: "Job " + name}, {Name: "board", State: rollout.GatePending, Holds: true}}},
		"both passed":                        {gates.Answer{State: rollout.GatePassed}, jobOf(s, batchv1.JobComplete), "", []rollout.Gate{{Name: "smoke", State: rollout.GatePassed}, {Name: "board", State: rollout.GatePassed, Holds: true}}},
		"a Job that is not the Deployment's": {gates.Answer{}, foreign, "", []rollout.Gate{{Name: "smoke"}, {Name: "board", Holds: true}}},
		"what it says is not over":           {gates.Answer{Stuck: true, State: rollout.GatePending, Words: "Secret"}, jobOf(s, batchv1.JobFailureTarget), "", []rollout.Gate{{Name: "smoke", State: rollout.GatePending, Words: "Job " + name}, {Name: "board", State: rollout.GatePending, Stuck: true, Words: "Secret", Holds: true}}},
		"what was noted outlives the Job":    {gates.Answer{}, nil, "/smoke,-board", []rollout.Gate{{Name: "smoke", State: rollout.GatePassed}, {Name: "board", State: rollout.GateFailed, Holds: true}}},
		"a person passed them":               {gates.Answer{}, nil, "/*", []rollout.Gate{{Name: "smoke", State: rollout.GatePassed}, {Name: "board", State: rollout.GatePassed, Holds: true}}},
	} {
		t.Run(what, func(t *testing.T) {
			s := atStep()
			if test.noted != "" {
				s.Memo.Gates = s.Memo.Point() + test.noted
			}
			var objects []client.Object
			if test.job != nil {
				objects = append(objects, test.job.DeepCopy())
			}
			w := read(t, &Observer{Gates: &keeper{answers: map[string]gates.Answer{board: test.answer}}}, s, true, objects...)
			if diff := cmp.Diff(test.want, s.Gates); diff != "" || len(w.StrayJobs) > 0 {
				t.Errorf("%s%v", diff, w.StrayJobs)
			}
		})
	}
}

func TestWhatAJobThatFailedLeft(t *testing.T) {
	for what, test := range map[string]struct {
		witness *witness
		gone    bool
		want    []string
	}{
		"its log":             {&witness{lines: slices.Repeat([]string{"line"}, 20)}, false, []string{"BackoffLimitExceeded; Job has reached the specified backoff limit", "container smoke: last end: Error, exit code 3", "its log ends: line\nline"}},
		"a log out of reach":  {&witness{err: errors.New("the node is away")}, false, []string{"its log could not be read: the node is away"}},
		"a long log":          {&witness{lines: []string{strings.Repeat("x", 5000)}}, false, []string{"its log ends: " + strings.Repeat("x", mostGateText)}},
		"nothing but its end": {&witness{}, true, []string{"its pods are gone"}},
	} {
		t.Run(what, func(t *testing.T) {
			s := atStep()
			job := jobOf(s, batchv1.JobFailed)
			objects := []client.Object{job}
			if !test.gone {
				objects = append(objects, podOf(job))
			}
			o := &Observer{Gates: &keeper{}, Pods: test.witness, Memory: NewMemory()}
			for range 2 {
				s.Gates = nil
				read(t, o, s, true, objects...)
			}
			got := s.Gates[0]
			for _, words := range test.want {
				if !strings.Contains(got.Words, words) || len(got.Words) > 1000 {
					t.Errorf("it says %q, want %q", got.Words, words)
				}
			}
			if got.State != rollout.GateFailed || test.witness.read > 1 {
				t.Errorf("%s, and its log was read %d times", got.State, test.witness.read)
			}
		})
	}
}

func TestJobsOfAnotherPointAreStrays(t *testing.T) {
	s := atStep()
	running, ended := jobOf(s, ""), jobOf(s, batchv1.JobComplete)
	ended.Name += "-ended"
	objects := []client.Object{running, ended}
	k := &keeper{}
	o := &Observer{Gates: k}
	if w := read(t, o, s, true, objects...); len(w.StrayJobs) > 0 || len(k.kept) != 2 {
		t.Errorf("strays are %v, and kept is %v", w.StrayJobs, k.kept)
	}
	for what, change := range map[string]func(*rollout.Memo){
		"the step is over":     func(m *rollout.Memo) { m.Weight = 500 },
		"it goes back":         func(m *rollout.Memo) { m.Ending = rollout.Reject },
		"a person passed them": func(m *rollout.Memo) { m.Gates = m.Point() + "/*" },
		"it is over":           func(m *rollout.Memo) { *m = rollout.Memo{UID: "t", Stable: "h"} },
	} {
		t.Run(what, func(t *testing.T) {
			s := atStep()
			change(&s.Memo)
			if w := read(t, o, s, true, objects...); len(w.StrayJobs) != 1 || w.StrayJobs[0].Name != running.Name {
				t.Errorf("strays are %v", w.StrayJobs)
			}
			if w := read(t, o, s, false, objects...); len(w.StrayJobs) > 0 {
				t.Errorf("nobody knows which gates there are, and strays are %v", w.StrayJobs)
			}
		})
	}
}
