// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/checks"
	"github.com/serin-dev/serin/pkg/gates"
	"github.com/serin-dev/serin/pkg/record"
	"github.com/serin-dev/serin/pkg/rollout"
	"github.com/serin-dev/serin/pkg/workload"
)

// Gatekeeper knows what gates answered that are asked by HTTP; gates.Follower
// does. None of its methods waits for an answer.
type Gatekeeper interface {
	Answer(key types.NamespacedName, id string) gates.Answer
	// Keep drops all questions of a rollout but these.
	Keep(key types.NamespacedName, ids []string)
}

// Gate is one that stands at the present point of the rollout.
type Gate struct {
	checks.Gate

	ID    string
	State rollout.GateState
}

// readGates says how the gates of the present point fare. Where it is not known
// which gates there are, known is false, and nothing is dropped.
func (o *Observer) readGates(ctx context.Context, w *World, s *rollout.Snapshot, all []checks.Gate, known bool) error {
	if o.Gates == nil {
		return nil
	}
	jobs, err := o.gateJobs(ctx, w, s)
	if err != nil {
		return err
	}
	due := s.Memo.Due()
	var asked []string
	for _, gate := range all {
		if !slices.Contains(due, gate.When) {
			continue
		}
		id := workload.GateID(w.Target, s.Memo, gate.Name)
		name := workload.GateJobName(w.Key.Name, gate.Name, id)
		noted, waived := s.Memo.GateNoted(gate.Name)
		found := o.gate(ctx, w, gate, id, jobs[name])
		if found.State == "" || noted == rollout.GatePassed {
			found.State = noted // what it left behind is gone
		}
		s.Gates = append(s.Gates, found)
		w.Gates = append(w.Gates, Gate{gate, id, found.State})
		if !waived {
			asked = append(asked, id)
			delete(jobs, name)
		}
	}
	if known {
		o.Gates.Keep(w.Key, asked)
		w.StrayJobs = running(jobs)
	}
	return nil
}

// running are those that have not ended, by name.
func running(jobs map[string]*batchv1.Job) (found []*batchv1.Job) {
	for _, name := range slices.Sorted(maps.Keys(jobs)) {
		if state, _ := workload.GateState(jobs[name]); state == rollout.GatePending && jobs[name].DeletionTimestamp == nil {
			found = append(found, jobs[name])
		}
	}
	return found
}

// gateJobs are the target's, of any point, by name.
func (o *Observer) gateJobs(ctx context.Context, w *World, s *rollout.Snapshot) (map[string]*batchv1.Job, error) {
	if w.Target == nil || (!s.Target.OptedIn && w.Memo == (rollout.Memo{})) {
		return nil, nil
	}
	list := &batchv1.JobList{}
	if err := o.Cached.List(ctx, list, client.InNamespace(w.Key.Namespace), client.MatchingLabels{annotations.GateOf: workload.CanaryOf(w.Key.Name)}); err != nil {
		return nil, fmt.Errorf("listing Jobs of gates of %s: %w", w.Key, err)
	}
	jobs := map[string]*batchv1.Job{}
	for i := range list.Items {
		if job := &list.Items[i]; metav1.IsControlledBy(job, w.Target) {
			jobs[job.Name] = job
		}
	}
	return jobs, nil
}

// gate is how one gate fares by what it was asked.
func (o *Observer) gate(ctx context.Context, w *World, gate checks.Gate, id string, job *batchv1.Job) rollout.Gate {
	found := rollout.Gate{Name: gate.Name, Holds: gate.Holds}
	switch {
	case gate.HTTP != nil:
		answer := o.Gates.Answer(w.Key, id)
		if found.State, found.Words, found.Stuck = answer.State, answer.Words, answer.Stuck; !found.Stuck { // else they are ours
			found.Words = record.Redacted(found.Words, mostGateText)
		}
	case job != nil:
		if found.State, found.Words = workload.GateState(job); found.State == rollout.GateFailed {
			found.Words = strings.TrimSuffix(found.Words+"; "+o.gateWords(ctx, w.Key, job), "; ")
		}
	}
	return found
}

const (
	mostGatePods  = 20
	mostGateLines = 10
	mostGateText  = 600 // bytes of a log's end that are told
)

// gateWords is what the pods of a Job that failed left, asked once: a Job that
// has ended says nothing new.
func (o *Observer) gateWords(ctx context.Context, key types.NamespacedName, job *batchv1.Job) string {
	if words, known := o.Memory.heard(key, job.UID); known {
		return words
	}
	words := record.Redacted(o.listen(ctx, job), mostGateText)
	o.Memory.hear(key, job.UID, words)
	return words
}

// listen waits for as long as a rollback does for the canary's last words.
func (o *Observer) listen(ctx context.Context, job *batchv1.Job) string {
	if o.Pods == nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, lastWords)
	defer cancel()
	list := &corev1.PodList{}
	if err := o.Live.List(ctx, list, client.InNamespace(job.Namespace), client.MatchingLabels{batchv1.JobNameLabel: job.Name}, client.Limit(mostGatePods)); err != nil {
		return "its pods could not be asked: " + err.Error()
	}
	pods := workload.Telling(list.Items, 1)
	if len(pods) == 0 {
		return "its pods are gone"
	}
	said := append([]string{"pod " + pods[0].Name}, workload.Ends(pods[0])...)
	for _, voice := range workload.Voices(pods[0], 1) {
		lines, err := o.Pods.Log(ctx, pods[0], voice)
		if err != nil {
			said = append(said, "its log could not be read: "+err.Error())
			continue
		}
		text := strings.Join(lines[max(0, len(lines)-mostGateLines):], "\n")
		if text != "" {
			said = append(said, "its log ends: "+strings.ToValidUTF8(text[max(0, len(text)-mostGateText):], ""))
		}
	}
	return strings.Join(said, "; ")
}

const mostHeard = 2 * 16 // Jobs of one target

func (m *Memory) heard(key types.NamespacedName, job types.UID) (string, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	words, known := m.of(key).heard[job]
	return words, known
}

func (m *Memory) hear(key types.NamespacedName, job types.UID, words string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.of(key)
	if r.heard == nil || len(r.heard) >= mostHeard {
		r.heard = map[types.UID]string{}
	}
	r.heard[job] = words
}
