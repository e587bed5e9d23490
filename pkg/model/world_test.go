// SPDX-License-Identifier: Apache-2.0

package model_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/model"
	"github.com/serin-dev/serin/pkg/rollout"
	"github.com/serin-dev/serin/pkg/workload"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// shop is the rollout that the transcripts of package rollout are about.
func shop(mode rollout.Mode, pods int32) *model.World {
	labels := map[string]string{"app": "shop"}
	one, none := intstr.FromInt32(1), intstr.FromInt32(0)
	target := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "web", Name: "shop", Annotations: map[string]string{
		annotations.Canary: "true", annotations.Steps: "5, 25, 50, 100", annotations.Hold: "10s", annotations.Deadline: "60s", annotations.Settle: "5s",
	}}}
	target.Spec = appsv1.DeploymentSpec{Replicas: &pods, Selector: &metav1.LabelSelector{MatchLabels: labels},
		Strategy: appsv1.DeploymentStrategy{RollingUpdate: &appsv1.RollingUpdateDeployment{MaxSurge: &one, MaxUnavailable: &none}},
		Template: template("v1")}
	service := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "web", Name: "shop"}}
	service.Spec = corev1.ServiceSpec{Selector: labels, Ports: []corev1.ServicePort{{Name: "http", Port: 80}}}
	others := []client.Object{service}
	switch mode {
	case rollout.Istio:
		others = append(others, virtualService())
	case rollout.Surge:
		scaler := &autoscalingv2.HorizontalPodAutoscaler{ObjectMeta: metav1.ObjectMeta{Namespace: "web", Name: "shop"}}
		scaler.Spec.ScaleTargetRef = autoscalingv2.CrossVersionObjectReference{Kind: "Deployment", Name: "shop"}
		others = append(others, scaler)
	default:
	}
	return model.New(target, others, epoch)
}

func template(version string) corev1.PodTemplateSpec {
	return corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "shop"}},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "shop:" + version}}}}
}

func virtualService() *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "networking.istio.io/v1", "kind": "VirtualService",
		"metadata": map[string]any{"namespace": "web", "name": "shop"},
		"spec": map[string]any{"hosts": []any{"shop"}, "http": []any{
			map[string]any{"route": []any{map[string]any{"destination": map[string]any{"host": "shop"}}}}}},
	}}
}

func always(model.Pass) error { return nil }

// begin brings the world to rest and pushes a new template.
func begin(t *testing.T, w *model.World) {
	t.Helper()
	if err := w.Run(t.Context(), epoch, always); err != nil {
		t.Fatal(err)
	}
	w.Startup = func() time.Duration { return 3 * time.Second }
	w.Push(template("v2"))
}

// TestItAgreesWithTheTranscripts: the policy's own tests play rollouts in a
// world of plain values that ticks by the second. Both worlds have to go
// through the same moves, in the same order.
func TestItAgreesWithTheTranscripts(t *testing.T) {
	abort := func(w *model.World, p model.Pass) {
		if p.Decision.Memo.Weight == 250 && p.Decision.Memo.Ending == "" {
			w.Annotate(annotations.Abort, "true")
		}
	}
	scale := func(at rollout.Weight, n int32) func(*model.World, model.Pass) {
		done := false
		return func(w *model.World, p model.Pass) {
			if !done && p.Decision.Memo.Weight == at {
				done = true
				w.Scale(n)
			}
		}
	}
	for name, journey := range map[string]struct {
		mode rollout.Mode
		pods int32
		ails model.Ailment
		meet func(*model.World, model.Pass)
	}{
		"promoted-by-weights":     {mode: rollout.Istio, pods: 4},
		"crashes-and-rolls-back":  {mode: rollout.Istio, pods: 4, ails: model.Crashing},
		"deadline":                {mode: rollout.Istio, pods: 4, ails: model.Unready},
		"abort-at-25":             {mode: rollout.Istio, pods: 4, meet: abort},
		"scaled-up-mid-rollout":   {mode: rollout.Istio, pods: 4, meet: scale(250, 9)},
		"scaled-down-mid-rollout": {mode: rollout.Istio, pods: 4, meet: scale(500, 2)},
		"ratio-of-1":              {mode: rollout.Replicas, pods: 1},
		"ratio-of-2":              {mode: rollout.Replicas, pods: 2},
		"ratio-of-4":              {mode: rollout.Replicas, pods: 4},
		"ratio-of-10":             {mode: rollout.Replicas, pods: 10},
		"surge":                   {mode: rollout.Surge, pods: 4},
		"surge-scaled-up":         {mode: rollout.Surge, pods: 4, meet: scale(500, 8)},
	} {
		t.Run(name, func(t *testing.T) {
			w := shop(journey.mode, journey.pods)
			begin(t, w)
			w.Ails = journey.ails
			var reasons []string
			err := w.Run(t.Context(), model.Forever, func(p model.Pass) error {
				reasons = append(reasons, string(p.Decision.Reason))
				if journey.meet != nil {
					journey.meet(w, p)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			got, want := moves(reasons), moves(transcript(t, name))
			if len(want) < 4 || !slices.Equal(got, want) {
				t.Errorf("moves\n%v\nwant\n%v", got, want)
			}
		})
	}
}

// transcript reads the reasons of a golden file of package rollout.
func transcript(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile("../rollout/testdata/" + name + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	var reasons []string
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); fields[1] != ">" {
			reasons = append(reasons, fields[len(fields)-1])
		}
	}
	return reasons
}

// waits are not moves: how many of them are seen depends on who looks when.
var waits = []string{"Settling", "RoutesSettling", "Holding", "UpToDate", "NotObserved", "Promoting", "RatioNotReached", "CanaryNotAvailable", "CanaryDraining"}

func moves(reasons []string) []string {
	return slices.Compact(slices.DeleteFunc(slices.Clone(reasons), func(reason string) bool { return slices.Contains(waits, reason) }))
}

// TestPromises checks at every look what the policy promises, with pods that
// take their time.
func TestPromises(t *testing.T) {
	for _, mode := range []rollout.Mode{rollout.Istio, rollout.Replicas, rollout.Surge} {
		for pods := int32(1); pods <= 12; pods++ {
			t.Run(fmt.Sprintf("%s of %d", mode, pods), func(t *testing.T) {
				w := shop(mode, pods)
				begin(t, w)
				err := w.Run(t.Context(), model.Forever, func(p model.Pass) error {
					s := p.Snapshot
					all := s.Stable.Available + s.Canary.Available
					if s.Wanted.Hash != s.Stable.Hash { // the judged one, also when the canary that tells it by has gone
						all += s.Wanted.Available
					}
					if all < int(pods) {
						return fmt.Errorf("%d pods are available, and %d were at the start", all, pods)
					}
					if weight := int(s.Routes.Weight); weight*int(pods) > 1000*s.Canary.Available && !s.Memo.Promoting && s.Memo.Ending == "" {
						return fmt.Errorf("%d canary pods carry %s", s.Canary.Available, s.Routes.Weight)
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				target := w.Target()
				if image := target.Spec.Template.Spec.Containers[0].Image; image != "shop:v2" || *target.Spec.Replicas != pods || target.Spec.Paused ||
					target.Status.AvailableReplicas != pods || w.Pods() != int(pods) || w.Canary(workload.CanaryName("shop")) != nil {
					t.Errorf("it ends with %s, %d pods in all, and %+v", image, w.Pods(), target.Status)
				}
			})
		}
	}
}

// TestRepeatable: one world is as good as another.
func TestRepeatable(t *testing.T) {
	play := func() string {
		var story strings.Builder
		w := shop(rollout.Istio, 4)
		begin(t, w)
		err := w.Run(t.Context(), model.Forever, func(p model.Pass) error {
			fmt.Fprintln(&story, p.At, p.Decision, len(p.Writes), strconv.Itoa(w.Pods()))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return story.String()
	}
	if first := play(); first != play() {
		t.Error("two plays of one rollout differ")
	}
}
