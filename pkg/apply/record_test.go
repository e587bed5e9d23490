// SPDX-License-Identifier: Apache-2.0

package apply_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/serin-dev/serin/pkg/apply"
	"github.com/serin-dev/serin/pkg/record"
	"github.com/serin-dev/serin/pkg/rollout"
	"github.com/serin-dev/serin/pkg/workload"
)

var (
	underway = rollout.Memo{UID: "t", Stable: "h", Started: now, Mode: rollout.Istio}
	ending   = rollout.Memo{UID: "t", Stable: "h2", Started: now, Mode: rollout.Istio, Ending: rollout.Finished}
	begin    = rollout.Decision{Phase: rollout.Progressing, Reason: "NewTemplate", Memo: underway}
	finish   = rollout.Decision{Phase: rollout.Idle, Reason: "Promoted", Memo: rollout.Memo{UID: "t", Stable: "h2"}}
)

// recorded is what the ConfigMap holds; nil: there is none.
func (c *cluster) recorded(t *testing.T) *record.Record {
	t.Helper()
	m := &corev1.ConfigMap{}
	err := c.Get(t.Context(), client.ObjectKey{Namespace: "web", Name: "shop-serin"}, m)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	r, err := record.Decode(m.Data[workload.RecordKey])
	if err != nil {
		t.Fatal(err)
	}
	return &r
}

// journal is what travels with the target.
func (c *cluster) journal(t *testing.T) record.Rollout {
	t.Helper()
	r, err := record.DecodeJournal(c.world(t).Target.Annotations["serin.dev/journal"])
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (c *cluster) mustApply(t *testing.T, memo rollout.Memo, d rollout.Decision) apply.Changes {
	t.Helper()
	changes, err := c.apply(t, rollout.Snapshot{Memo: memo}, d)
	if err != nil {
		t.Fatal(err)
	}
	return changes
}

func TestTheJournalTravelsWithTheMemoAndEndsInTheRecord(t *testing.T) {
	c := newCluster(t, target())
	c.mustApply(t, rollout.Memo{UID: "t", Stable: "h"}, begin)
	if j := c.journal(t); !j.Began.Equal(now) || len(j.Entries) != 1 {
		t.Fatalf("the journal is %+v", j)
	}
	c.mustApply(t, ending, finish)
	want := []string{"patch status of Deployment shop", "create ConfigMap shop-serin", "patch status of Deployment shop"}
	if diff := cmp.Diff(want, c.writes); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
	if j := c.journal(t); !j.Began.IsZero() {
		t.Errorf("a journal is left: %+v", j)
	}
	r := c.recorded(t)
	if len(r.Rollouts) != 1 || r.Rollouts[0].Outcome != record.Promoted || len(r.Rollouts[0].Entries) != 2 {
		t.Errorf("recorded: %+v", r)
	}
	m := &corev1.ConfigMap{}
	if err := c.Get(t.Context(), client.ObjectKey{Namespace: "web", Name: "shop-serin"}, m); err != nil {
		t.Fatal(err)
	}
	if !metav1.IsControlledBy(m, target()) || m.Labels["app.kubernetes.io/managed-by"] != "serin" {
		t.Errorf("the ConfigMap is nobody's: %+v", m.ObjectMeta)
	}
}

// TestAKillBetweenRecordAndTargetChangesNothing: the pass is done again, by a controller that knows nothing of the first.
func TestAKillBetweenRecordAndTargetChangesNothing(t *testing.T) {
	c := newCluster(t, target())
	c.mustApply(t, rollout.Memo{UID: "t", Stable: "h"}, begin)
	dying := interceptor.NewClient(c.Client.(client.WithWatch), interceptor.Funcs{
		SubResourcePatch: func(context.Context, client.Client, string, client.Object, client.Patch, ...client.SubResourcePatchOption) error {
			return errors.New("killed")
		},
	})
	s := rollout.Snapshot{Now: now, Memo: ending}
	if _, err := (&apply.Applier{Client: dying, Live: dying}).Apply(t.Context(), c.world(t), s, finish); err == nil {
		t.Fatal("it was not killed")
	}
	if j := c.journal(t); len(j.Entries) != 1 {
		t.Fatalf("the journal is %+v", j)
	}
	first := c.recorded(t)
	c.writes = nil
	c.mustApply(t, ending, finish)
	if diff := cmp.Diff([]string{"patch status of Deployment shop"}, c.writes); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(first, c.recorded(t)); diff != "" {
		t.Errorf("the record has changed:\n%s", diff)
	}
}

// inTheWay is somebody else's ConfigMap.
func inTheWay() *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "shop-serin", Namespace: "web"}, Data: map[string]string{"theirs": "true"}}
}

func TestWhatCannotBeFiledIsInNobodysWay(t *testing.T) {
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "configmaps"}, "shop-serin", errors.New("no"))
	unreadable := workload.Record(target(), `{"version":99}`)
	for name, test := range map[string]struct {
		objects []client.Object
		fails   error
		words   string
		later   bool
	}{
		"a foreign ConfigMap":        {[]client.Object{inTheWay()}, nil, "not Serin's", false},
		"a later version's record":   {[]client.Object{unreadable}, nil, "version 99", false},
		"no permission":              {nil, forbidden, "forbidden", false},
		"an API server that is away": {nil, errors.New("connection refused"), "connection refused", true},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t, append(test.objects, target())...)
			c.mustApply(t, rollout.Memo{UID: "t", Stable: "h"}, begin)
			writer := interceptor.NewClient(c.Client.(client.WithWatch), interceptor.Funcs{
				Create: func(ctx context.Context, w client.WithWatch, o client.Object, opts ...client.CreateOption) error {
					if test.fails != nil {
						return test.fails
					}
					return w.Create(ctx, o, opts...)
				},
			})
			changes, err := (&apply.Applier{Client: writer, Live: writer}).Apply(t.Context(), c.world(t), rollout.Snapshot{Now: now, Memo: ending}, finish)
			if err != nil {
				t.Fatalf("the rollout stands still: %v", err)
			}
			if changes.Unfiled == nil || !strings.Contains(changes.Unfiled.Error(), test.words) || changes.Later != test.later {
				t.Errorf("told: %v, later %t", changes.Unfiled, changes.Later)
			}
			if memo := c.world(t).Target.Annotations["serin.dev/rollout"]; strings.Contains(memo, "ending") {
				t.Errorf("the memo is still %s", memo)
			}
			if slices.ContainsFunc(c.writes, func(w string) bool { return w == "update ConfigMap shop-serin" }) {
				t.Error("what is not ours was written")
			}
			j := c.journal(t)
			if waits := j.Outcome == record.Promoted; waits != test.later {
				t.Errorf("the journal is %+v", j)
			}
			if !test.later {
				return
			}
			c.writes = nil
			c.mustApply(t, finish.Memo, rollout.Decision{Phase: rollout.Idle, Reason: "UpToDate", Memo: finish.Memo})
			if r := c.recorded(t); r == nil || len(r.Rollouts) != 1 || r.Rollouts[0].Outcome != record.Promoted {
				t.Errorf("it was not filed later: %+v", r)
			}
			if j := c.journal(t); !j.Began.IsZero() {
				t.Errorf("a journal is left: %+v", j)
			}
		})
	}
}

// A rollout that cannot be filed for an hour is given up: a journal does not stay for good.
func TestFilingIsGivenUp(t *testing.T) {
	d := target()
	old := record.Rollout{Began: now.Add(-3 * time.Hour), Ended: now.Add(-2 * time.Hour), Outcome: record.Promoted}
	d.Annotations["serin.dev/journal"] = record.EncodeJournal(old)
	c := newCluster(t, d)
	away := interceptor.NewClient(c.Client.(client.WithWatch), interceptor.Funcs{
		Create: func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error {
			return errors.New("connection refused")
		},
	})
	rest := rollout.Decision{Phase: rollout.Idle, Reason: "UpToDate", Memo: finish.Memo}
	changes, err := (&apply.Applier{Client: away, Live: away}).Apply(t.Context(), c.world(t), rollout.Snapshot{Now: now, Memo: finish.Memo}, rest)
	if err != nil || changes.Unfiled == nil || changes.Later {
		t.Errorf("%+v, %v", changes, err)
	}
	if j := c.journal(t); !j.Began.IsZero() {
		t.Errorf("a journal is left: %+v", j)
	}
}

func TestOptingOutRemovesTheRecord(t *testing.T) {
	for name, test := range map[string]struct {
		there client.Object
		gone  bool
	}{
		"ours":           {workload.Record(target(), record.Record{}.Encode()), true},
		"somebody elses": {inTheWay(), false},
	} {
		t.Run(name, func(t *testing.T) {
			d := target()
			d.Annotations["serin.dev/rollout"] = `{"uid":"t"}`
			d.Annotations["serin.dev/journal"] = record.EncodeJournal(record.Rollout{Began: now})
			c := newCluster(t, d, test.there)
			changes := c.mustApply(t, rollout.Memo{UID: "t"}, rollout.Decision{Phase: rollout.Idle, Reason: "OptedOut", Forget: true, Target: rollout.Released})
			if changes.Unfiled != nil {
				t.Error(changes.Unfiled)
			}
			m := &corev1.ConfigMap{}
			err := c.Get(t.Context(), client.ObjectKeyFromObject(test.there), m)
			if apierrors.IsNotFound(err) != test.gone {
				t.Errorf("the ConfigMap: %v", err)
			}
			for _, key := range []string{"serin.dev/rollout", "serin.dev/journal"} {
				if value, found := c.world(t).Target.Annotations[key]; found {
					t.Errorf("%s is left: %s", key, value)
				}
			}
		})
	}
}

func TestANamesakesRecordIsNotContinued(t *testing.T) {
	earlier := target()
	earlier.UID = "before"
	old, _ := record.Record{}.File([]record.Rollout{{Began: now.Add(-time.Hour), Outcome: record.Promoted}})
	c := newCluster(t, target(), workload.Record(earlier, old.Encode()))
	c.mustApply(t, rollout.Memo{UID: "t", Stable: "h"}, begin)
	c.mustApply(t, ending, finish)
	if r := c.recorded(t); len(r.Rollouts) != 1 || !r.Rollouts[0].Began.Equal(now) {
		t.Errorf("recorded: %+v", r)
	}
}

// The annotations of an object may have 256 KiB together; the user's come first.
func TestTheJournalLeavesRoomForOthers(t *testing.T) {
	d := target()
	d.Annotations["example.test/much"] = strings.Repeat("x", 250<<10)
	c := newCluster(t, d)
	c.mustApply(t, rollout.Memo{UID: "t", Stable: "h"}, begin)
	if _, found := c.world(t).Target.Annotations["serin.dev/journal"]; found {
		t.Error("the journal was written where there is no room")
	}
	if memo := c.world(t).Target.Annotations["serin.dev/rollout"]; memo == "" {
		t.Error("the memo was not")
	}
}
