// SPDX-License-Identifier: Apache-2.0

package apply_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/apply"
	"github.com/serin-dev/serin/pkg/observe"
	"github.com/serin-dev/serin/pkg/rollout"
	"github.com/serin-dev/serin/pkg/traffic"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// cluster is a fake API server that notes every write.
type cluster struct {
	client.Client
	writes []string
}

func newCluster(t *testing.T, objects ...client.Object) *cluster {
	t.Helper()
	c := &cluster{}
	note := func(verb string, object client.Object) {
		kind := object.GetObjectKind().GroupVersionKind().Kind
		if kind == "" {
			kind = "Deployment"
			switch object.(type) {
			case *corev1.Service:
				kind = "Service"
			case *corev1.ConfigMap:
				kind = "ConfigMap"
			case *batchv1.Job:
				kind = "Job"
			}
		}
		c.writes = append(c.writes, verb+" "+kind+" "+object.GetName())
	}
	c.Client = fake.NewClientBuilder().WithScheme(scheme.Scheme).WithObjects(objects...).WithStatusSubresource(&appsv1.Deployment{}).
		WithInterceptorFuncs(interceptor.Funcs{
			Create: func(ctx context.Context, w client.WithWatch, o client.Object, opts ...client.CreateOption) error {
				note("create", o)
				return w.Create(ctx, o, opts...)
			},
			Update: func(ctx context.Context, w client.WithWatch, o client.Object, opts ...client.UpdateOption) error {
				note("update", o)
				return w.Update(ctx, o, opts...)
			},
			Patch: func(ctx context.Context, w client.WithWatch, o client.Object, p client.Patch, opts ...client.PatchOption) error {
				note("patch", o)
				return w.Patch(ctx, o, p, opts...)
			},
			Delete: func(ctx context.Context, w client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
				note("delete", o)
				return w.Delete(ctx, o, opts...)
			},
			SubResourcePatch: func(ctx context.Context, w client.Client, sub string, o client.Object, p client.Patch, opts ...client.SubResourcePatchOption) error {
				note("patch "+sub+" of", o)
				kept := maps.Clone(o.GetAnnotations())
				if err := w.SubResource(sub).Patch(ctx, o, p, opts...); err != nil {
					return err
				}
				o.SetAnnotations(kept) // as a real API server does; see docs/adr/0003
				return w.Update(ctx, o)
			},
		}).Build()
	return c
}

func target() *appsv1.Deployment {
	labels := map[string]string{"app": "shop", "version": "v2"}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "shop", Namespace: "web", UID: "t", Annotations: map[string]string{"serin.dev/canary": "true", "serin.dev/abort": "true"}},
		Spec: appsv1.DeploymentSpec{
			Replicas: new(int32(4)), Paused: true, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "shop"}},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "shop", Image: "shop:v2"}}}},
		},
	}
}

func virtualService() *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": map[string]any{"name": "shop", "namespace": "web"},
		"spec": map[string]any{"hosts": []any{"shop"}, "http": []any{map[string]any{"route": []any{map[string]any{"destination": map[string]any{"host": "shop"}}}}}},
	}}
}

// world reads everything back, as the next pass would.
func (c *cluster) world(t *testing.T) observe.World {
	t.Helper()
	w := observe.World{Key: types.NamespacedName{Namespace: "web", Name: "shop"}, Ref: traffic.Service{Name: "shop", Namespace: "web"}, Governed: true}
	w.Plan.Deadline, w.Plan.VersionLabel = time.Minute, "version"
	get := func(name string, into client.Object) bool {
		err := c.Get(t.Context(), types.NamespacedName{Namespace: "web", Name: name}, into)
		if err != nil && !apierrors.IsNotFound(err) {
			t.Fatal(err)
		}
		return err == nil
	}
	d, canary, svc, vs := &appsv1.Deployment{}, &appsv1.Deployment{}, &corev1.Service{}, virtualService()
	if get("shop", d) {
		w.Target = d
	}
	if get("shop-canary", canary) {
		w.Canary = canary
	}
	if get("shop", svc) {
		w.Service = svc
	}
	if get("shop", vs) {
		w.VirtualServices = []*unstructured.Unstructured{vs}
	}
	w.WantedRule = traffic.DestinationRule(w.Ref, map[string]string{"pod-template-hash": "h"}, nil, []string{""}, nil)
	return w
}

func (c *cluster) apply(t *testing.T, s rollout.Snapshot, d rollout.Decision) (apply.Changes, error) {
	t.Helper()
	s.Now = now
	return (&apply.Applier{Client: c, Live: c}).Apply(t.Context(), c.world(t), s, d)
}

func TestApply(t *testing.T) {
	memo := rollout.Memo{UID: "t", Stable: "h", Started: now, Mode: rollout.Istio, Weight: 250}
	tests := map[string]struct {
		decision rollout.Decision
		want     []string
	}{
		"memo and condition are one write, before the routes": {
			rollout.Decision{Phase: rollout.Progressing, Reason: "StepPassed", Memo: memo, Routes: rollout.Present, Weight: 250},
			[]string{"patch status of Deployment shop", "update VirtualService shop"},
		},
		"subsets come before the routes that name them, and the canary last": {
			rollout.Decision{Phase: rollout.Progressing, Reason: "Prepared", Quiet: true, Subsets: rollout.Present, Routes: rollout.Present, Canary: rollout.Present, CanaryPods: 1},
			[]string{"create DestinationRule shop-serin", "update VirtualService shop", "create Deployment shop-canary"},
		},
		"letting the target go writes memo and pause together": {
			rollout.Decision{Phase: rollout.Promoting, Reason: "AllStepsPassed", Memo: memo, Target: rollout.Released},
			[]string{"patch Deployment shop"},
		},
		"a command is taken away together with the memo": {
			rollout.Decision{Phase: rollout.RollingBack, Reason: "AbortRequested", Memo: memo, Consume: true},
			[]string{"patch Deployment shop"},
		},
		"the version label follows what serves": {
			rollout.Decision{Phase: rollout.Idle, Reason: "UpToDate", Quiet: true, Mark: true},
			[]string{"patch Service shop"},
		},
		"what is not asked for is left alone": {
			rollout.Decision{Phase: rollout.Progressing, Reason: "Holding", Quiet: true},
			nil,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			svc := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "shop", Namespace: "web", Labels: map[string]string{"version": "v1"}}}
			c := newCluster(t, target(), virtualService(), svc)
			if _, err := c.apply(t, rollout.Snapshot{}, test.decision); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, c.writes); diff != "" {
				t.Errorf("writes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatIsConsumedIsTold(t *testing.T) {
	for name, consume := range map[string]bool{"a decision that carries commands out": true, "any other": false} {
		t.Run(name, func(t *testing.T) {
			commanded := target()
			commanded.Annotations = map[string]string{annotations.Abort: "true", annotations.Promote: "step", annotations.Pause: "true"}
			c := newCluster(t, commanded)
			changes, err := c.apply(t, rollout.Snapshot{}, rollout.Decision{Phase: rollout.RollingBack, Reason: "AbortRequested", Memo: rollout.Memo{UID: "t", Stable: "h"}, Consume: consume, Target: rollout.Held})
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			if consume {
				want = []string{"promote", "abort"}
			}
			if diff := cmp.Diff(want, changes.Consumed); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestApplyingTwiceWritesOnce(t *testing.T) {
	c := newCluster(t, target(), virtualService())
	d := rollout.Decision{Phase: rollout.Progressing, Reason: "Prepared", Quiet: true, Routes: rollout.Present, Weight: 250,
		Target: rollout.Released, Memo: rollout.Memo{UID: "t", Stable: "h"}, Canary: rollout.Present, CanaryPods: 1}
	if _, err := c.apply(t, rollout.Snapshot{}, d); err != nil {
		t.Fatal(err)
	}
	c.writes = nil
	s := rollout.Snapshot{Memo: d.Memo, Target: rollout.Target{WantsCanary: true}, Canary: rollout.Canary{Desired: 1}}
	changes, err := c.apply(t, s, d)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.writes) > 0 || changes.Any() {
		t.Errorf("applying again wrote %q (%+v), want nothing", c.writes, changes)
	}
}

func TestApplyNeverLandsOnATargetThatChanged(t *testing.T) {
	c := newCluster(t, target())
	stale := c.world(t)
	moved := target()
	if err := c.Get(t.Context(), client.ObjectKeyFromObject(moved), moved); err != nil {
		t.Fatal(err)
	}
	moved.Spec.Template.Spec.Containers[0].Image = "shop:v3"
	if err := c.Update(t.Context(), moved); err != nil {
		t.Fatal(err)
	}
	d := rollout.Decision{Phase: rollout.Promoting, Reason: "AllStepsPassed", Memo: rollout.Memo{UID: "t", Promoting: true}, Target: rollout.Released}
	_, err := (&apply.Applier{Client: c}).Apply(t.Context(), stale, rollout.Snapshot{Now: now}, d)
	if !apierrors.IsConflict(err) {
		t.Errorf("promoting with a template that came later: %v, want a conflict", err)
	}
	if got := c.world(t).Target; !got.Spec.Paused {
		t.Error("the later template was let go")
	}
}

func TestApplyStopsAtTheFirstError(t *testing.T) {
	c := newCluster(t, target()) // no such VirtualService in the cluster
	w := c.world(t)
	w.VirtualServices = []*unstructured.Unstructured{virtualService()}
	d := rollout.Decision{Phase: rollout.RollingBack, Quiet: true, Routes: rollout.Present, Weight: 100, Canary: rollout.Present, CanaryPods: 3}
	if _, err := (&apply.Applier{Client: c}).Apply(t.Context(), w, rollout.Snapshot{Now: now}, d); err == nil {
		t.Fatal("writing routes that are gone succeeded")
	}
	if slices.Contains(c.writes, "create Deployment shop-canary") {
		t.Error("pods were started although the routes could not be written")
	}
}
