// SPDX-License-Identifier: Apache-2.0

package leave_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/serin-dev/serin/pkg/leave"
)

const (
	climbing = `{"stable":"6d4f","started":"2026-03-01T12:00:30Z","weight":250}`
	rejected = `{"stable":"6d4f","reason":"CrashLoop","generation":7}`
)

func namespace(name, team string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"team": team}}}
}

func target(namespace, name, memo string, more map[string]string) *appsv1.Deployment {
	d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Annotations: map[string]string{"serin.dev/canary": "true"}}}
	if memo != "" {
		d.Annotations["serin.dev/rollout"] = memo
	}
	maps.Copy(d.Annotations, more)
	d.Status.Conditions = []appsv1.DeploymentCondition{{Type: "serin.dev/Promoted", Reason: "Holding"}}
	return d
}

// A world is Deployments, and what the controller does to those that are to roll back.
type world struct {
	writes []string
	answer string // the memo that a Deployment gets when it is asked; empty: the controller is dead
	fail   error  // what the first write ends in
}

func (w *world) leave(t *testing.T, limit time.Duration, deployments ...client.Object) (client.Client, string, error) {
	t.Helper()
	c := fake.NewClientBuilder().WithObjects(deployments...).WithObjects(namespace("web", "web"), namespace("other", "other")).WithStatusSubresource(&appsv1.Deployment{}).WithInterceptorFuncs(interceptor.Funcs{
		Patch: func(ctx context.Context, c client.WithWatch, o client.Object, patch client.Patch, options ...client.PatchOption) error {
			data, err := patch.Data(o)
			if err != nil {
				return err
			}
			w.writes = append(w.writes, o.GetName()+" "+string(data))
			if err := w.fail; err != nil {
				w.fail = nil
				return err
			}
			if err := c.Patch(ctx, o, patch, options...); err != nil || w.answer == "" {
				return err
			}
			now := o.GetAnnotations()
			delete(now, "serin.dev/abort")
			now["serin.dev/rollout"] = w.answer
			return c.Update(ctx, o)
		},
	}).Build()
	var said strings.Builder
	l := leave.Leaver{Client: c, Lease: leaseKey, Selector: labels.SelectorFromSet(labels.Set{"team": "web"}), Writes: 5 * time.Millisecond, Every: time.Millisecond,
		Log: funcr.New(func(_, line string) { said.WriteString(line + "\n") }, funcr.Options{})}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	err := l.Leave(ctx)
	return c, said.String(), err
}

func TestRolloutsUnderWayAreAskedToRollBack(t *testing.T) {
	t.Parallel()
	stuck := target("web", "held", rejected, nil)
	stuck.Spec.Paused = true
	w := world{answer: rejected}
	_, said, err := w.leave(t, time.Minute, stuck,
		target("web", "shop", climbing, nil), target("web", "still", "", nil), target("other", "theirs", climbing, nil),
		&appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "web", Name: "plain"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(w.writes) != 1 || !strings.HasPrefix(w.writes[0], `shop {"metadata":{"annotations":{"serin.dev/abort":"true"},"resourceVersion":`) {
		t.Errorf("it wrote %q", w.writes)
	}
	for _, word := range []string{`"Rolling back" "deployment"="web/shop"`, "Stays paused", `"deployment"="web/held"`, `"deployments"=3`} {
		if !strings.Contains(said, word) {
			t.Errorf("it does not say %s:\n%s", word, said)
		}
	}
}

func TestNothingIsWrittenWhereNoRolloutIsUnderWay(t *testing.T) {
	t.Parallel()
	var w world
	if _, _, err := w.leave(t, time.Minute, target("web", "shop", rejected, nil), target("web", "still", "", nil)); err != nil || len(w.writes) > 0 {
		t.Errorf("it ended in %v, and wrote %q", err, w.writes)
	}
}

// Whoever goes back already is waited for, and not asked again.
func TestThoseThatGoBackAreWaitedFor(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]*appsv1.Deployment{
		"one that is ending":          target("web", "shop", `{"started":"2026-03-01T12:00:30Z","ending":"Reject"}`, nil),
		"one that was asked":          target("web", "shop", climbing, map[string]string{"serin.dev/abort": "true"}),
		"one that opted out":          target("web", "shop", climbing, map[string]string{"serin.dev/canary": "false"}),
		"one whose memo is not clear": target("web", "shop", "{", nil),
		"one and a dead controller":   target("web", "shop", climbing, nil),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var w world
			_, _, err := w.leave(t, 50*time.Millisecond, d)
			if err == nil || !strings.Contains(err.Error(), "web/shop (Holding)") {
				t.Errorf("it ended in %v", err)
			}
			if wanted := name == "one and a dead controller"; (len(w.writes) == 1) != wanted || !wanted && len(w.writes) > 0 {
				t.Errorf("it wrote %q", w.writes)
			}
		})
	}
}

func TestAWriteThatFailsIsTriedAgain(t *testing.T) {
	t.Parallel()
	w := world{answer: rejected, fail: errors.New("the server is busy")}
	_, said, err := w.leave(t, time.Minute, target("web", "shop", climbing, nil))
	if err != nil || len(w.writes) != 2 || !strings.Contains(said, "the server is busy") {
		t.Errorf("it ended in %v after %q, and said\n%s", err, w.writes, said)
	}
}
