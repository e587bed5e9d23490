// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/record"
	"github.com/serin-dev/serin/pkg/workload"
)

// Whoever leads next tells how rollouts ended a moment before, and no others.
func TestTheEndOfARolloutIsToldAgain(t *testing.T) {
	ended := began.Add(time.Hour)
	old, last := journey(3), journey(5)
	old.Began, old.Outcome, old.Ended = began.Add(-time.Hour), record.Withdrawn, ended.Add(-2*lately)
	last.Outcome, last.Ended = record.Promoted, ended
	target := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "web", Name: "shop", UID: "u", Annotations: map[string]string{annotations.Canary: "true"}}}
	filed := workload.Record(target, record.Record{Rollouts: []record.Rollout{old, last}}.Encode())
	bare, namesake, broken := target.DeepCopy(), target.DeepCopy(), target.DeepCopy()
	bare.Name, namesake.Name, namesake.UID, broken.Name, broken.UID = "bare", "namesake", "n", "broken", "b"
	theirs, unreadable := workload.Record(namesake, filed.Data[workload.RecordKey]), workload.Record(broken, "{")
	theirs.OwnerReferences[0].UID = "of one that is gone"
	world := fake.NewClientBuilder().WithObjects(target, bare, namesake, broken, filed, theirs, unreadable).
		WithIndex(&appsv1.Deployment{}, targetIndex, func(client.Object) []string { return []string{"true"} }).Build()

	first, before := tracer()
	first.Ended(seen(record.Rollout{}), []record.Rollout{last})
	second, sent := tracer()
	again := &retracer{cached: world, live: world, tracer: second, clock: clocktesting.NewFakePassiveClock(ended.Add(time.Minute))}
	if err := again.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(*before, *sent); diff != "" {
		t.Errorf("it is told otherwise: %s", diff)
	}
	expect(t, sent, "prepare", "hold", "step 5%", "step 100%", "promote", "rollout")
}
