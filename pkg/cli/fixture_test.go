// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/cli"
	"github.com/serin-dev/serin/pkg/rollout"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var now = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// run runs the command and gives what it printed, and its error as main prints it.
func run(t *testing.T, client kubernetes.Interface, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	command := cli.NewTestCommand(client, now, &out)
	command.SetArgs(args)
	if err := command.ExecuteContext(t.Context()); err != nil {
		out.WriteString("Error: " + err.Error() + "\n")
	}
	return out.String()
}

// golden compares with a file that a person has read.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", strings.ReplaceAll(name, " ", "-")+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("printed\n%s\nwant, as in %s,\n%s", got, file, want)
	}
}

// edit changes a Deployment that a test begins with.
type edit func(*appsv1.Deployment)

// shop is a Deployment that opted in and that the controller has seen.
func shop(edits ...edit) *appsv1.Deployment {
	d := deployment("shop", "shop:v1", 4)
	d.Annotations = map[string]string{
		"serin.dev/canary": "true",
		"serin.dev/steps":  "5, 25:10m, 50:pause, 100",
	}
	said(corev1.ConditionTrue, "UpToDate", "The wanted template serves everybody.")(d)
	remember(rollout.Memo{Stable: "one"})(d)
	for _, edit := range edits {
		edit(d)
	}
	return d
}

func deployment(name, image string, replicas int32) *appsv1.Deployment {
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: "demo", Name: name, UID: types.UID("uid of " + name)},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "shop"}},
			Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "shop", Image: image}}}},
		},
		Status: appsv1.DeploymentStatus{ReadyReplicas: replicas},
	}
}

func said(status corev1.ConditionStatus, reason, message string) edit {
	return func(d *appsv1.Deployment) {
		d.Status.Conditions = []appsv1.DeploymentCondition{{
			Type: annotations.ConditionPromoted, Status: status, Reason: reason, Message: message,
			LastTransitionTime: metav1.NewTime(now.Add(-90 * time.Second)),
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

// rolling is in its second step.
func rolling(d *appsv1.Deployment) {
	d.Spec.Paused = true
	d.Spec.Template.Spec.Containers[0].Image = "shop:v2"
	said(corev1.ConditionUnknown, "Holding", "25% for 1m30s of 10m, 2 of 2 canary pods available")(d)
	remember(rollout.Memo{Stable: "one", Started: now.Add(-3 * time.Minute), Mode: rollout.Istio, Service: "shop", Weight: 250})(d)
}

func rolledBack(d *appsv1.Deployment) {
	rolling(d)
	said(corev1.ConditionFalse, "CrashLoop", "pod shop-canary-x: container shop: exit code 1")(d)
	remember(rollout.Memo{Stable: "one", Ending: rollout.Reject, Reason: rollout.CrashLoop})(d)
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
	canary.OwnerReferences = owned(target)
	return canary
}

func replicaSet(target *appsv1.Deployment, hash, image string) *appsv1.ReplicaSet {
	set := &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{
		Namespace: "demo", Name: target.Name + "-" + hash, OwnerReferences: owned(target),
		Labels: map[string]string{"app": "shop", appsv1.DefaultDeploymentUniqueLabelKey: hash},
	}}
	set.Spec.Template.Spec.Containers = []corev1.Container{{Name: "shop", Image: image}}
	return set
}

func event(about *appsv1.Deployment, name string, ago time.Duration, kind, reason, message string) *corev1.Event {
	return &corev1.Event{
		ObjectMeta:     metav1.ObjectMeta{Namespace: "demo", Name: name},
		InvolvedObject: corev1.ObjectReference{Kind: "Deployment", Namespace: "demo", Name: about.Name, UID: about.UID},
		EventTime:      metav1.NewMicroTime(now.Add(-ago)), Type: kind, Reason: reason, Message: message,
	}
}
