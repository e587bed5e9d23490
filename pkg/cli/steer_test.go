// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"testing"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clienttesting "k8s.io/client-go/testing"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/cli/model"
	"github.com/serin-dev/serin/pkg/rollout"
)

// TestOrders gives every order in every situation. The golden file is a table
// of what each prints and of what it leaves on the Deployment.
func TestOrders(t *testing.T) {
	back := shop(rolledBack)
	situations := []struct {
		name    string
		target  *appsv1.Deployment
		objects []runtime.Object
	}{
		{"at rest", shop(), nil},
		{"held a moment ago", shop(held), nil},
		{"in a step", shop(rolling), nil},
		{"in a step, paused", shop(rolling, annotate(annotations.Pause, "true")), nil},
		{"in a step, asked to promote", shop(rolling, annotate(annotations.Promote, "step")), nil},
		{"in a step, waiting on failure", shop(rolling, annotate(annotations.OnFailure, "pause")), nil},
		{"in a step that waits for a person", shop(atThePause), nil},
		{"rolled back", back, []runtime.Object{canaryOf(back, "shop:v2", 0)}},
		{"not seen by the controller", shop(unseen), nil},
		{"not opted in", shop(unseen, without(annotations.Canary)), nil},
	}
	for _, order := range []string{"promote shop", "promote shop --full", "abort shop", "pause shop", "resume shop", "retry shop", "approve shop 50", "approve shop 25%", "approve shop 30"} {
		t.Run(order, func(t *testing.T) {
			var story strings.Builder
			for _, situation := range situations {
				w := newWorld(append(situation.objects, situation.target.DeepCopy(), stable(situation.target))...)
				fmt.Fprintf(&story, "# %s\n", situation.name)
				story.WriteString(w.run(t, append(strings.Fields(order), "--no-wait")...))
				story.WriteString(w.changes(t, situation.target) + "\n")
			}
			compare(t, strings.ReplaceAll(strings.NewReplacer("--", "", "%", "", " shop", "").Replace(order), "  ", " "), story.String())
		})
	}
}

// changes tells what an order did to the annotations, and fails if it did more.
func (w *world) changes(t *testing.T, before *appsv1.Deployment) string {
	t.Helper()
	after := w.shop(t)
	var told strings.Builder
	for _, key := range append([]string{annotations.Pause}, annotations.Commands...) {
		value, set := after.Annotations[key]
		if !set && before.Annotations[key] != "" {
			fmt.Fprintf(&told, "-> %s removed\n", key)
		}
		if set && before.Annotations[key] != value {
			fmt.Fprintf(&told, "-> %s=%s\n", key, value)
		}
		delete(after.Annotations, key)
	}
	for key, value := range after.Annotations {
		if before.Annotations[key] != value {
			t.Errorf("%s became %q", key, value)
		}
	}
	return told.String()
}

func (w *world) shop(t *testing.T) *appsv1.Deployment {
	t.Helper()
	d, err := w.AppsV1().Deployments("demo").Get(context.WithoutCancel(t.Context()), "shop", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// obey plays the controller: what it answers is there with the write itself.
func (w *world) obey(answer func(d *appsv1.Deployment)) {
	tracker := w.Tracker()
	gvr := appsv1.SchemeGroupVersion.WithResource("deployments")
	w.PrependReactor("patch", "deployments", func(action clienttesting.Action) (bool, runtime.Object, error) {
		patch := action.(clienttesting.PatchAction)
		stored, err := tracker.Get(gvr, "demo", patch.GetName())
		if err != nil {
			return true, nil, err
		}
		d, err := patched(stored.(*appsv1.Deployment), patch.GetPatch())
		if err != nil {
			return true, nil, err
		}
		if len(action.(clienttesting.PatchActionImpl).PatchOptions.DryRun) > 0 {
			return true, d, nil
		}
		if answer != nil {
			answer(d)
		}
		version, _ := strconv.Atoi(stored.(*appsv1.Deployment).ResourceVersion)
		d.ResourceVersion = strconv.Itoa(version + 1)
		return true, d.DeepCopy(), tracker.Update(gvr, d, "demo")
	})
}

// patched merges, and refuses an older version as the API server does.
func patched(d *appsv1.Deployment, patch []byte) (*appsv1.Deployment, error) {
	var asked appsv1.Deployment
	if err := json.Unmarshal(patch, &asked); err != nil {
		return nil, err
	}
	if asked.ResourceVersion != "" && asked.ResourceVersion != d.ResourceVersion {
		return nil, apierrors.NewConflict(appsv1.Resource("deployments"), d.Name, fmt.Errorf("the object has been modified"))
	}
	before, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	after, err := jsonpatch.MergePatch(before, patch)
	if err != nil {
		return nil, err
	}
	out := &appsv1.Deployment{}
	return out, json.Unmarshal(after, out)
}

func memoOf(change func(*rollout.Memo)) edit {
	return func(d *appsv1.Deployment) {
		memo := model.Memo(d)
		change(&memo)
		remember(memo)(d)
		maps.DeleteFunc(d.Annotations, func(key, _ string) bool {
			return key == annotations.Promote || key == annotations.Abort || key == annotations.Retry
		})
	}
}

// What the controller answers, and what is said of it.
func TestAnswers(t *testing.T) {
	back := shop(rolledBack)
	var story strings.Builder
	for _, c := range []struct {
		name    string
		order   string
		target  *appsv1.Deployment
		answers func(*appsv1.Deployment)
	}{
		{"a step is passed", "promote shop", shop(atThePause), memoOf(func(m *rollout.Memo) { m.Passed = 500 })},
		{"a step is approved", "approve shop 50", shop(atThePause), memoOf(func(m *rollout.Memo) { m.Passed = 500 })},
		{"a bake is ended", "promote shop", shop(baking), memoOf(func(m *rollout.Memo) { m.Baked, m.Passed = true, rollout.Full })},
		{"a failure is forgiven", "promote shop", shop(atThePause), memoOf(func(m *rollout.Memo) { m.Forgiven = true })},
		{"all steps are passed", "promote shop --full", shop(rolling), memoOf(func(m *rollout.Memo) { m.Full = true })},
		{"it goes back", "abort shop", shop(rolling), memoOf(func(m *rollout.Memo) { m.Ending, m.Reason = rollout.Reject, "AbortRequested" })},
		{"it was on its way back", "abort shop", shop(rolling), memoOf(func(m *rollout.Memo) { m.Ending, m.Reason = rollout.Cancel, "Cancelled" })},
		{"the controller ignores it", "promote shop", shop(rolling), memoOf(func(*rollout.Memo) {})},
		{"it begins again", "retry shop", back, memoOf(func(m *rollout.Memo) { *m = under(0) })},
		{"it stands still", "pause shop", shop(rolling), said(corev1.ConditionUnknown, "PauseRequested", "a person holds the rollout")},
		{"nothing to stand still", "pause shop", shop(), nil},
		{"it goes on", "resume shop", shop(rolling, annotate(annotations.Pause, "true"), said(corev1.ConditionUnknown, "PauseRequested", "")), said(corev1.ConditionUnknown, "Holding", "at 25%")},
		{"nobody answers", "abort shop --timeout 200ms", shop(rolling), nil},
	} {
		w := newWorld(c.target.DeepCopy(), stable(c.target), canaryOf(back, "shop:v2", 0))
		w.obey(c.answers)
		fmt.Fprintf(&story, "# %s\n$ kubectl serin %s\n%s\n", c.name, c.order, w.run(t, strings.Fields(c.order)...))
	}
	compare(t, "answers", story.String())
}

// Two people approve at once: the second write is refused, and by then another step is under way.
func TestAStepIsApprovedOnce(t *testing.T) {
	w := newWorld(shop(atThePause, annotate(annotations.Steps, "50:pause,75:pause,100")), stable(shop()))
	w.obey(nil)
	first := true
	w.PrependReactor("patch", "deployments", func(clienttesting.Action) (bool, runtime.Object, error) {
		if !first {
			return false, nil, nil
		}
		first = false
		d := shop(atThePause, annotate(annotations.Steps, "50:pause,75:pause,100"))
		remember(under(750))(d)
		d.ResourceVersion = "200"
		return false, nil, w.Tracker().Update(appsv1.SchemeGroupVersion.WithResource("deployments"), d, "demo")
	})
	got := w.run(t, "approve", "shop", "50", "--no-wait")
	if want := "the step under way is at 75%, not at 50%"; !strings.Contains(got, want) {
		t.Errorf("printed %s, want %s", got, want)
	}
	if _, given := w.shop(t).Annotations[annotations.Promote]; given {
		t.Error("the other step was approved")
	}
}

func TestOrdersWithoutPermission(t *testing.T) {
	w := newWorld(shop(rolling), stable(shop()))
	w.PrependReactor("patch", "deployments", forbid)
	want := "Error: annotating Deployment shop: you need: patch deployments in namespace demo; to check: kubectl auth can-i patch deployments -n demo\n(exit code 1)\n"
	if got := w.run(t, "abort", "shop"); got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
}

// undo puts the template back as the user wrote it, without the hash.
func TestUndo(t *testing.T) {
	var story strings.Builder
	cases := []struct {
		name   string
		target *appsv1.Deployment
	}{{"in a step", shop(rolling)}, {"rolled back", shop(rolledBack)}, {"at rest", shop()}, {"not seen", shop(unseen)},
		{"of a ReplicaSet that is gone", shop(rolling, memoOf(func(m *rollout.Memo) { m.Stable = "two" }))}}
	for _, c := range cases {
		w := newWorld(c.target.DeepCopy(), stable(c.target))
		w.obey(func(d *appsv1.Deployment) {
			said(corev1.ConditionTrue, "Cancelled", "the template is again what stable runs")(d)
			remember(rollout.Memo{Stable: "one"})(d)
		})
		fmt.Fprintf(&story, "# %s\n%s", c.name, w.run(t, "undo", "shop"))
		after := w.shop(t).Spec.Template
		fmt.Fprintf(&story, "-> %s, labels %v\n\n", model.Images(after)[0], after.Labels)
	}
	compare(t, "undo", story.String())
}
