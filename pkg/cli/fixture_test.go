// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"fmt"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/record"
	"github.com/serin-dev/serin/pkg/rollout"
)

var now = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// edit changes a Deployment that a test begins with.
type edit func(*appsv1.Deployment)

// shop is a Deployment that opted in and that the controller has seen.
func shop(edits ...edit) *appsv1.Deployment {
	d := deployment("shop", "shop:v1", 4)
	d.Annotations = map[string]string{
		"serin.dev/canary": "true",
		"serin.dev/steps":  "5, 25:10m, 50:pause, 100",
	}
	said(corev1.ConditionTrue, "UpToDate", "the wanted template serves everybody")(d)
	remember(rollout.Memo{Stable: "one"})(d)
	for _, edit := range edits {
		edit(d)
	}
	return d
}

func deployment(name, image string, replicas int32) *appsv1.Deployment {
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: "demo", Name: name, UID: types.UID("uid of " + name), Generation: 3, ResourceVersion: "100"},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "shop"}},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "shop"}},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "shop", Image: image}}},
			},
		},
		Status: appsv1.DeploymentStatus{ReadyReplicas: replicas, AvailableReplicas: replicas, Replicas: replicas, ObservedGeneration: 3},
	}
}

func said(status corev1.ConditionStatus, reason, message string) edit {
	return func(d *appsv1.Deployment) {
		d.Status.Conditions = []appsv1.DeploymentCondition{{
			Type: annotations.ConditionPromoted, Status: status, Reason: reason, Message: message,
			LastTransitionTime: metav1.NewTime(now.Add(-3 * time.Minute)), LastUpdateTime: metav1.NewTime(now.Add(-90 * time.Second)),
		}}
	}
}

func remember(memo rollout.Memo) edit {
	return annotate(annotations.Rollout, annotations.WriteMemo(memo))
}

func annotate(key, value string) edit {
	return func(d *appsv1.Deployment) { d.Annotations[key] = value }
}

func without(key string) edit {
	return func(d *appsv1.Deployment) { delete(d.Annotations, key) }
}

// wanting wants another image, and is held.
func wanting(image string) edit {
	return func(d *appsv1.Deployment) {
		d.Spec.Paused = true
		d.Spec.Template.Spec.Containers[0].Image = image
	}
}

func held(d *appsv1.Deployment) { wanting("shop:v2")(d) }

// under is a memo of a rollout under way.
func under(weight rollout.Weight) rollout.Memo {
	return rollout.Memo{Stable: "one", Started: now.Add(-3 * time.Minute), Mode: rollout.Istio, Service: "shop", Weight: weight, Since: now.Add(-90 * time.Second)}
}

// rolling is in its second step.
func rolling(d *appsv1.Deployment) {
	held(d)
	said(corev1.ConditionUnknown, "Holding", "at 25% until 12:08:35 UTC; proxies are taken to follow within 5s")(d)
	remember(under(250))(d)
}

// atThePause waits for a person at its third step.
func atThePause(d *appsv1.Deployment) {
	held(d)
	said(corev1.ConditionUnknown, "StepPaused", "the step waits for a person")(d)
	remember(under(500))(d)
}

// baking has passed every step, and bakes since a minute and a half.
func baking(d *appsv1.Deployment) {
	held(d)
	annotate("serin.dev/bake", "10m")(d)
	said(corev1.ConditionUnknown, "Baking", "baking until 12:08:30 UTC: everybody is on the canary; stable's 4 pods stay at weight 0 for a return by one write of the routes")(d)
	memo := under(1000)
	memo.Bake = now.Add(-90 * time.Second)
	remember(memo)(d)
}

func promoting(d *appsv1.Deployment) {
	held(d)
	d.Spec.Paused = false
	said(corev1.ConditionUnknown, "AllStepsPassed", "the canary carried all the traffic: the Deployment is let go onto the same template")(d)
	memo := under(1000)
	memo.Promoting = true
	remember(memo)(d)
}

func rollingBack(d *appsv1.Deployment) {
	held(d)
	said(corev1.ConditionUnknown, "RollingBack", "all traffic goes to stable: pod shop-canary-x: container shop: exit code 1")(d)
	memo := under(250)
	memo.Ending, memo.Reason, memo.Message = rollout.Reject, rollout.CrashLoop, "pod shop-canary-x: container shop: exit code 1"
	remember(memo)(d)
}

func rolledBack(d *appsv1.Deployment) {
	held(d)
	said(corev1.ConditionFalse, "CrashLoop", "pod shop-canary-x: container shop: exit code 1")(d)
	remember(rollout.Memo{Stable: "one", Ending: rollout.Reject, Reason: rollout.CrashLoop, Generation: 3})(d)
}

const calm = "errors: 1 of 30 requests (3.33 %) to the canary failed, 5 of 570 requests (0.877 %) to stable; evidence 1.3 of the 300 that fail it, 1.5 times stable's odds allowed; " +
	"latency-p99: 0 of 30 requests to the canary were slower than stable's p99, 6 of 570 requests (1.05 %) to stable; evidence 0.97 of the 300 that fail it, 1.5 times stable's odds allowed; " +
	"queue: 12 (at most 100 is allowed)"

const worse = "errors: 31 of 300 requests (10.3 %) to the canary failed, 27 of 2700 requests (1 %) to stable; evidence 88 of the 300 that fail it, 1.5 times stable's odds allowed, " +
	"weakened for bursts (stable's pods differ 1.4 times as much as chance); reported only: tail: 612 (at most 400 is allowed) over 30 requests, 2 bad in a row"

const convicted = "errors: 61 of 500 requests (12.2 %) to the canary failed, 45 of 4500 requests (1 %) to stable; evidence 1.02e+03 of the 300 that fail it, 1.5 times stable's odds allowed"

// journal is that of the rollout under way.
func journal(entries ...record.Entry) edit {
	return func(d *appsv1.Deployment) {
		r := record.Rollout{Began: under(250).Started, Mode: rollout.Istio}
		for i, e := range entries {
			e.At = r.Began.Add(time.Duration(i*40) * time.Second)
			r.Entries = append(r.Entries, e)
		}
		annotate(annotations.Journal, record.EncodeJournal(r))(d)
	}
}

// judged is in its second step, with evidence that grows.
func judged(d *appsv1.Deployment) {
	rolling(d)
	journal(record.Entry{Reason: "NewTemplate"}, record.Entry{Reason: "Holding", Evidence: calm}, record.Entry{Reason: "StepPassed", Evidence: strings.Replace(calm, "1.3 of", "9.5 of", 1)},
		record.Entry{Reason: "Holding", Evidence: worse})(d)
}

// failing is rolled back by a check just now.
func failing(d *appsv1.Deployment) {
	rollingBack(d)
	journal(record.Entry{Reason: "Holding", Evidence: worse}, record.Entry{Reason: "AnalysisFailed", Message: convicted, Warning: true})(d)
}

// byPods is in its second step, by the ratio of pods.
func byPods(d *appsv1.Deployment) {
	rolling(d)
	memo := under(250)
	memo.Mode = rollout.Replicas
	remember(memo)(d)
	said(corev1.ConditionUnknown, "CanaryNotAvailable", "pod shop-canary-y cannot be scheduled: 0/3 nodes are available")(d)
}

// undecided waits for a person, while nobody can tell what its checks will say.
func undecided(d *appsv1.Deployment) {
	atThePause(d)
	journal(record.Entry{Reason: "StepPassed", Weight: 500, Evidence: calm}, record.Entry{Reason: "AnalysisInconclusive", Weight: 500, Message: "errors: NoTraffic (no requests reached the canary)"})(d)
}

// unchecked is judged by its pods alone.
func unchecked(d *appsv1.Deployment) {
	byPods(d)
	journal(record.Entry{Reason: "NewTemplate", Phase: rollout.Progressing}, record.Entry{Reason: "StepPassed", Phase: rollout.Progressing, Weight: 250})(d)
}

func unseen(d *appsv1.Deployment) {
	d.Status.Conditions = nil
	delete(d.Annotations, annotations.Rollout)
}

// owned makes the target the object's controller.
func owned(target *appsv1.Deployment) []metav1.OwnerReference {
	return []metav1.OwnerReference{*metav1.NewControllerRef(target, appsv1.SchemeGroupVersion.WithKind("Deployment"))}
}

func canaryOf(target *appsv1.Deployment, image string, replicas int32) *appsv1.Deployment {
	canary := deployment(target.Name+"-canary", image, replicas)
	canary.Labels = map[string]string{annotations.CanaryOf: target.Name}
	canary.Spec.Template.Labels[annotations.CanaryOf], canary.Spec.Template.Labels[annotations.Track] = target.Name, annotations.TrackCanary
	canary.OwnerReferences = owned(target)
	return canary
}

// stable is the ReplicaSet that the memo names.
func stable(target *appsv1.Deployment) *appsv1.ReplicaSet {
	return replicaSet(target, "one", "shop:v1")
}

func replicaSet(target *appsv1.Deployment, hash, image string) *appsv1.ReplicaSet {
	labels := map[string]string{"app": "shop", appsv1.DefaultDeploymentUniqueLabelKey: hash}
	set := &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{
		Namespace: "demo", Name: target.Name + "-" + hash, OwnerReferences: owned(target), Labels: labels,
	}}
	set.Spec.Template = *target.Spec.Template.DeepCopy()
	set.Spec.Template.Labels = labels
	set.Spec.Template.Spec.Containers[0].Image = image
	return set
}

func pod(name string, canary bool, restarts int32, waiting string) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "demo", Name: name, Labels: map[string]string{"app": "shop"}}}
	if canary {
		p.Labels[annotations.CanaryOf] = "shop"
	}
	ready := corev1.ConditionTrue
	status := corev1.ContainerStatus{Name: "shop", RestartCount: restarts, Ready: waiting == ""}
	if waiting != "" {
		ready = corev1.ConditionFalse
		status.State.Waiting = &corev1.ContainerStateWaiting{Reason: waiting}
	}
	p.Status = corev1.PodStatus{Phase: corev1.PodRunning, ContainerStatuses: []corev1.ContainerStatus{status},
		Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: ready}}}
	return p
}

func event(about *appsv1.Deployment, name string, ago time.Duration, kind, reason, message string) *corev1.Event {
	return &corev1.Event{
		ObjectMeta:     metav1.ObjectMeta{Namespace: "demo", Name: name},
		InvolvedObject: corev1.ObjectReference{Kind: "Deployment", Namespace: "demo", Name: about.Name, UID: about.UID},
		EventTime:      metav1.NewMicroTime(now.Add(-ago)), Type: kind, Reason: reason, Message: message,
	}
}

// routes is a VirtualService that is split by so many percent.
func routes(percent int64) *unstructured.Unstructured {
	vs := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": map[string]any{"namespace": "demo", "name": "shop"},
		"spec": map[string]any{"hosts": []any{"shop"}, "http": []any{map[string]any{"route": []any{
			map[string]any{"destination": map[string]any{"host": "shop", "subset": "serin-stable"}, "weight": 100 - percent},
			map[string]any{"destination": map[string]any{"host": "shop", "subset": "serin-canary"}, "weight": percent},
		}}}},
	}}
	vs.SetName("shop")
	return vs
}

func podName(i int) string { return fmt.Sprintf("shop-one-%c", 'a'+rune(i)) }
