// SPDX-License-Identifier: Apache-2.0

package workload_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/golden"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/yaml"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/workload"
)

func read(t *testing.T, file string) *appsv1.Deployment {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	var deployment appsv1.Deployment
	if err := yaml.UnmarshalStrict(text, &deployment); err != nil {
		t.Fatal(err)
	}
	return &deployment
}

func TestCanaryGolden(t *testing.T) {
	for name, test := range map[string]struct {
		file     string
		replicas int
		deadline time.Duration
	}{
		"a target with everything on it": {"shop", 3, 90500 * time.Millisecond},
		"a target with a long name":      {"long", 0, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			target := read(t, test.file+".yaml")
			before := target.DeepCopy()
			canary := workload.Canary(target, test.replicas, test.deadline)
			got, err := yaml.Marshal(canary)
			if err != nil {
				t.Fatal(err)
			}
			golden.Assert(t, string(got), test.file+"-canary.golden.yaml")
			scribble(canary)
			if !equality.Semantic.DeepEqual(target, before) {
				t.Error("the target was changed, or shares memory with its canary")
			}
		})
	}
}

// scribble writes to everything that could be shared.
func scribble(d *appsv1.Deployment) {
	for _, values := range []map[string]string{d.Labels, d.Annotations, d.Spec.Selector.MatchLabels, d.Spec.Template.Labels, d.Spec.Template.Annotations} {
		for key := range values {
			values[key] = "scribble"
		}
	}
	d.Spec.Template.Spec.Containers[0].Image = "scribble"
	*d.Spec.Replicas = 99
	if rolling := d.Spec.Strategy.RollingUpdate; rolling != nil {
		rolling.MaxSurge.IntVal = 99
	}
}

func TestTargetAndCanaryNeverClaimEachOthersPods(t *testing.T) {
	target := read(t, "shop.yaml")
	canary := workload.Canary(target, 1, time.Minute)
	selector, err := metav1.LabelSelectorAsSelector(canary.Spec.Selector)
	if err != nil {
		t.Fatal(err)
	}
	if selector.Matches(labels.Set(target.Spec.Template.Labels)) {
		t.Error("the canary claims the target's pods")
	}
	if !selector.Matches(labels.Set(canary.Spec.Template.Labels)) {
		t.Error("the canary does not claim its own pods")
	}
	if !metav1.IsControlledBy(canary, target) {
		t.Error("the canary is not the target's")
	}
	if annotations.OptedIn(canary.Annotations) {
		t.Error("the canary asks for a canary")
	}
}

func TestCanaryDeadlineIsWholeSecondsAndAboveMinReadySeconds(t *testing.T) {
	for name, test := range map[string]struct {
		deadline        time.Duration
		minReadySeconds int32
		want            int32
	}{
		"ten minutes":                     {10 * time.Minute, 0, 600},
		"a fraction is rounded up":        {90*time.Second + time.Millisecond, 0, 91},
		"minReadySeconds is longer":       {5 * time.Second, 10, 11},
		"minReadySeconds is as long":      {10 * time.Second, 10, 11},
		"no deadline is still above zero": {0, 0, 1},
		"numbers without end":             {10 * time.Minute, 1<<31 - 1, 1<<31 - 1},
	} {
		t.Run(name, func(t *testing.T) {
			target := read(t, "shop.yaml")
			target.Spec.MinReadySeconds = test.minReadySeconds
			if got := *workload.Canary(target, 1, test.deadline).Spec.ProgressDeadlineSeconds; got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

func TestNamesFitAndDiffer(t *testing.T) {
	for name, target := range map[string]string{
		"a short name":                 "shop",
		"as long as a label":           strings.Repeat("a", 63),
		"longer than a label":          strings.Repeat("a", 64),
		"cut at a dot":                 strings.Repeat("a", 51) + "." + strings.Repeat("b", 100),
		"as long as a name can be":     strings.Repeat("a", 253),
		"another as long, but its end": strings.Repeat("a", 252) + "b",
	} {
		t.Run(name, func(t *testing.T) {
			if problems := validation.IsValidLabelValue(workload.CanaryOf(target)); len(problems) > 0 {
				t.Errorf("%s: %v", workload.CanaryOf(target), problems)
			}
			canary := workload.CanaryName(target)
			if problems := validation.IsDNS1123Subdomain(canary + "-0123456789"); len(problems) > 0 || !strings.HasSuffix(canary, "-canary") {
				t.Errorf("%s: %v", canary, problems)
			}
		})
	}
	a, b := strings.Repeat("a", 253), strings.Repeat("a", 252)+"b"
	if workload.CanaryName(a) == workload.CanaryName(b) || workload.CanaryOf(a) == workload.CanaryOf(b) {
		t.Error("two targets share a canary")
	}
	if workload.CanaryName("shop") != "shop-canary" || workload.CanaryOf("shop") != "shop" {
		t.Error("a short name is kept")
	}
}
