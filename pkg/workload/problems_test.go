// SPDX-License-Identifier: Apache-2.0

package workload_test

import (
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/pkg/rollout"
	"github.com/serin-dev/serin/pkg/workload"
)

func mounts(claims ...string) func(*appsv1.Deployment) {
	return func(d *appsv1.Deployment) {
		for _, claim := range claims {
			d.Spec.Template.Spec.Volumes = append(d.Spec.Template.Spec.Volumes, corev1.Volume{
				Name:         "volume-" + claim,
				VolumeSource: corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claim}},
			})
		}
	}
}

func claim(wish corev1.PersistentVolumeAccessMode, granted ...corev1.PersistentVolumeAccessMode) *corev1.PersistentVolumeClaim {
	return &corev1.PersistentVolumeClaim{
		Spec:   corev1.PersistentVolumeClaimSpec{AccessModes: []corev1.PersistentVolumeAccessMode{wish}},
		Status: corev1.PersistentVolumeClaimStatus{AccessModes: granted},
	}
}

var claims = map[string]*corev1.PersistentVolumeClaim{
	"once":    claim(corev1.ReadWriteOnce, corev1.ReadWriteOnce),
	"pod":     claim(corev1.ReadWriteOncePod),
	"many":    claim(corev1.ReadWriteMany, corev1.ReadWriteMany),
	"read":    claim(corev1.ReadOnlyMany),
	"granted": claim(corev1.ReadWriteOnce, corev1.ReadWriteOnce, corev1.ReadWriteMany),
}

func TestProblems(t *testing.T) {
	type found struct {
		reason rollout.Reason
		words  string
	}
	for name, test := range map[string]struct {
		change func(*appsv1.Deployment)
		want   []found
	}{
		"a plain Deployment": {func(*appsv1.Deployment) {}, nil},
		"strategy Recreate": {
			func(d *appsv1.Deployment) {
				d.Spec.Strategy = appsv1.DeploymentStrategy{Type: appsv1.RecreateDeploymentStrategyType}
			},
			[]found{{rollout.UnsupportedStrategy, "set it to RollingUpdate"}},
		},
		"a claim for one node":              {mounts("once"), []found{{rollout.ExclusiveVolume, "PersistentVolumeClaim once, which the pod template mounts, has the access mode ReadWriteOnce"}}},
		"a claim for one pod":               {mounts("pod"), []found{{rollout.ExclusiveVolume, "has the access mode ReadWriteOncePod"}}},
		"a claim that is not there":         {mounts("lost"), []found{{rollout.ExclusiveVolume, "PersistentVolumeClaim lost, which the pod template mounts, does not exist; create it"}}},
		"claims that can be shared":         {mounts("many", "read"), nil},
		"a claim granted more than it asks": {mounts("granted"), nil},
		"several claims, each once":         {mounts("pod", "once", "once", "many"), []found{{rollout.ExclusiveVolume, "Claim once,"}, {rollout.ExclusiveVolume, "Claim pod,"}}},
		"an ephemeral volume is each pod's own": {func(d *appsv1.Deployment) {
			d.Spec.Template.Spec.Volumes = []corev1.Volume{{Name: "own", VolumeSource: corev1.VolumeSource{Ephemeral: &corev1.EphemeralVolumeSource{}}}}
		}, nil},
		"a selector by our label": {
			func(d *appsv1.Deployment) {
				d.Spec.Selector.MatchExpressions = []metav1.LabelSelectorRequirement{{Key: "serin.dev/track", Operator: metav1.LabelSelectorOpDoesNotExist}}
			},
			[]found{{rollout.UnsupportedSelector, "spec.selector uses the label serin.dev/track"}},
		},
		"a template with our label": {func(d *appsv1.Deployment) { d.Spec.Template.Labels["serin.dev/track"] = "stable" }, []found{{rollout.UnsupportedSelector, "the pod template has the label serin.dev/track"}}},
		"a canary of its own":       {func(d *appsv1.Deployment) { d.Labels["serin.dev/canary-of"] = "cart" }, []found{{rollout.UnsupportedSelector, "is itself the canary of cart"}}},
		"a selector of other pods":  {func(d *appsv1.Deployment) { d.Spec.Selector.MatchLabels["app"] = "cart" }, []found{{rollout.UnsupportedSelector, "does not select the pods"}}},
		"a selector of everything":  {func(d *appsv1.Deployment) { d.Spec.Selector = &metav1.LabelSelector{} }, []found{{rollout.UnsupportedSelector, "and only them"}}},
		"no selector":               {func(d *appsv1.Deployment) { d.Spec.Selector = nil }, []found{{rollout.UnsupportedSelector, "does not select"}}},
		"everything at once": {
			func(d *appsv1.Deployment) {
				d.Spec.Strategy.Type = appsv1.RecreateDeploymentStrategyType
				d.Spec.Template.Labels["serin.dev/track"] = "stable"
				mounts("once")(d)
			},
			[]found{{rollout.UnsupportedStrategy, "Recreate"}, {rollout.UnsupportedSelector, "track"}, {rollout.ExclusiveVolume, "once"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			target := read(t, "shop.yaml")
			test.change(target)
			problems := workload.Problems(target, claims)
			if len(problems) != len(test.want) {
				t.Fatalf("got %v, want %v", problems, test.want)
			}
			for i, want := range test.want {
				if problems[i].Reason != want.reason || !strings.Contains(problems[i].Message, want.words) {
					t.Errorf("got %v, want %v", problems[i], want)
				}
			}
		})
	}
}

func TestClaimsAreSortedAndNamedOnce(t *testing.T) {
	target := read(t, "shop.yaml")
	mounts("b", "a", "b")(target)
	if got := workload.Claims(target.Spec.Template); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("got %v", got)
	}
}
