// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/manifest"
	"github.com/serin-dev/serin/pkg/model"
	"github.com/serin-dev/serin/pkg/plan"
	"github.com/serin-dev/serin/pkg/traffic"
)

var shop = traffic.Service{Name: "shop", Namespace: "web"}

// input is a case of package traffic's corpus, with a Deployment behind the Service.
func input(t *testing.T, file string) plan.Input {
	t.Helper()
	set, err := manifest.ReadAll([]string{file, "../traffic/testdata/services.yaml"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	in := plan.Input{}
	labels := map[string]string{}
	for _, known := range set.Known("web") {
		in.Others = append(in.Others, known.Value)
		if svc, ok := known.Value.(*corev1.Service); ok && svc.Name == shop.Name && svc.Namespace == shop.Namespace {
			svc.Spec.Selector = map[string]string{"app": "shop"}
			labels = svc.Spec.Selector
		}
	}
	for _, problem := range set.Problems {
		if problem.Rule != manifest.Repeated { // a case may have Services of its own
			t.Fatal(problem)
		}
	}
	target := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "web", Name: "shop", Annotations: map[string]string{
		annotations.Canary: "true", annotations.Steps: "5, 33.3, 100", annotations.Traffic: "istio", annotations.Service: "shop",
	}}}
	target.Spec = appsv1.DeploymentSpec{Replicas: new(int32(4)), Selector: &metav1.LabelSelector{MatchLabels: labels}}
	target.Spec.Template.Labels = labels
	target.Spec.Template.Spec.Containers = []corev1.Container{{Name: "shop", Image: "shop:v1"}}
	in.Target = target
	return in
}

// TestCorpus: each VirtualService of a plan is what package traffic makes of
// the user's at the weight of the step, and in the end it is the user's again.
func TestCorpus(t *testing.T) {
	files, err := filepath.Glob("../traffic/testdata/*/before.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	weights := map[string]int{"prepare": 0, "5%": 50, "33.3%": 333, "100%": 1000, "promote": -1, "clear up": -1}
	planned := 0
	for _, file := range files {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			in := input(t, file)
			p, err := plan.Make(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			if empty := filepath.Base(filepath.Dir(file)) == "empty-http"; empty && (len(p.Problems) != 1 || !strings.Contains(p.Problems[0].Message, "nothing can be divided")) {
				t.Errorf("its problems are %v", p.Problems)
			}
			if len(p.Problems) > 0 {
				return
			}
			planned++
			if p.StoppedBy != "" {
				t.Fatalf("it stops: %s: %s", p.StoppedBy, p.Why)
			}
			for _, step := range p.Steps {
				for _, change := range step.Changes {
					if user := find(in.Others, change); user != nil {
						compare(t, step.Name, change, user, weights[step.Name])
					}
				}
			}
		})
	}
	if planned < len(files)/2 {
		t.Errorf("only %d of %d cases could be planned", planned, len(files))
	}
}

func find(objects []client.Object, change plan.Change) *unstructured.Unstructured {
	for _, object := range objects {
		if u, ok := object.(*unstructured.Unstructured); ok && u.GetKind() == change.Kind && client.ObjectKeyFromObject(u).String() == change.Name {
			return u
		}
	}
	return nil
}

func compare(t *testing.T, step string, change plan.Change, user *unstructured.Unstructured, permille int) {
	t.Helper()
	if change.Verb != model.Update || user.GetKind() != "VirtualService" {
		t.Errorf("%s: somebody's %s %s: %s", step, change.Kind, change.Name, change.Verb)
		return
	}
	want := user
	if permille >= 0 {
		want, _ = traffic.Split(user, shop, permille)
	}
	if diff := cmp.Diff(want.Object["spec"], change.Object["spec"]); diff != "" {
		t.Errorf("%s: %s (-want +got):\n%s", step, change.Name, diff)
	}
}

// TestDiffsBalance: what a plan writes into others' objects it takes away again.
func TestDiffsBalance(t *testing.T) {
	text, err := os.ReadFile("../traffic/testdata/third-destination/before.yaml")
	if err != nil || len(text) == 0 {
		t.Fatal(err)
	}
	p, err := plan.Make(t.Context(), input(t, "../traffic/testdata/third-destination/before.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string]int{}
	for _, step := range p.Steps {
		for _, change := range step.Changes {
			if change.Kind == "ConfigMap" { // the record stays
				continue
			}
			for line := range strings.Lines(change.Diff) {
				switch {
				case strings.HasPrefix(line, "+++"), strings.HasPrefix(line, "---"):
				case strings.HasPrefix(line, "+"):
					lines[change.Name+line[1:]]++
				case strings.HasPrefix(line, "-"):
					lines[change.Name+line[1:]]--
				}
			}
		}
	}
	for line, n := range lines {
		if n != 0 && !strings.Contains(line, "paused") {
			t.Errorf("%q is written %d times more than taken away", line, n)
		}
	}
}
