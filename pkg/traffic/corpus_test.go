// SPDX-License-Identifier: Apache-2.0

package traffic_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/golden"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/serin-dev/serin/pkg/traffic"
)

// The pods of the corpus: the new template changes version and keeps tier.
var (
	stableLabels = map[string]string{"app": "shop", "version": "v1", "tier": "front", "pod-template-hash": "stable"}
	canaryLabels = map[string]string{"app": "shop", "version": "v2", "tier": "front"}
)

// world is a case of the corpus: all that a user has around the Service shop in namespace web.
type world struct {
	svc      *corev1.Service
	vss, drs []*unstructured.Unstructured
}

// TestCorpus writes down what becomes of each case: testdata/<case>/before.yaml is the user's, and the golden files beside it
// say how it is at each weight, how it is restored, and what the user is told. e2e/routes hands the same files to istiod.
func TestCorpus(t *testing.T) {
	files, err := filepath.Glob("testdata/*/before.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	for _, file := range files {
		name := filepath.Base(filepath.Dir(file))
		t.Run(name, func(t *testing.T) {
			w := readWorld(t, file)
			for _, permille := range []int{0, 50, 333, 1000} {
				golden.Assert(t, textOf(t, w.at(t, permille)), fmt.Sprintf("%s/at-%d.yaml", name, permille))
			}
			for permille := 0; permille <= 1000; permille += 8 {
				w.at(t, permille)
			}
			golden.Assert(t, textOf(t, w.restored(t)), name+"/restored.yaml")
			golden.Assert(t, w.problems(), name+"/problems.txt")
		})
	}
}

func readWorld(t *testing.T, file string) *world {
	t.Helper()
	w := &world{}
	for _, object := range append(documents(t, "testdata/services.yaml"), documents(t, file)...) {
		switch object.GetKind() {
		case "VirtualService":
			w.vss = append(w.vss, object)
		case "DestinationRule":
			w.drs = append(w.drs, object)
		case "Service":
			if object.GetName() == shop.Name && object.GetNamespace() == shop.Namespace {
				w.svc = &corev1.Service{} // a case's own comes after the common one
				if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, w.svc); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return w
}

func documents(t *testing.T, file string) []*unstructured.Unstructured {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var list []*unstructured.Unstructured
	for document := range strings.SplitSeq(string(text), "\n---\n") {
		list = append(list, parse(t, document))
	}
	return list
}

// at is what Serin writes at a weight: the user's VirtualServices, ours where none governs, and our DestinationRule.
func (w *world) at(t *testing.T, permille int) []*unstructured.Unstructured {
	t.Helper()
	var written []*unstructured.Unstructured
	for _, vs := range w.vss {
		split := roundTrip(t, vs, permille)
		checkIstioReads(t, split)
		written = append(written, split)
	}
	if !slices.ContainsFunc(w.vss, func(vs *unstructured.Unstructured) bool { return traffic.Governs(vs, shop) }) {
		written = append(written, traffic.Own(w.svc, shop, permille))
	}
	subsets := traffic.Subsets(w.vss, shop)
	if atWeight := traffic.Subsets(written[:len(w.vss)], shop); !slices.Equal(subsets, atWeight) {
		t.Errorf("the subsets are %q, and %q when split", subsets, atWeight)
	}
	return append(written, traffic.DestinationRule(shop, stableLabels, canaryLabels, subsets, w.drs))
}

// restored is what is left at the end: the user's VirtualServices.
func (w *world) restored(t *testing.T) []*unstructured.Unstructured {
	t.Helper()
	var restored []*unstructured.Unstructured
	for _, vs := range w.vss {
		split, _ := traffic.Split(vs, shop, 333)
		object, _ := traffic.Restore(split, shop)
		same(t, "restored", vs, object)
		restored = append(restored, object)
	}
	return restored
}

func (w *world) problems() string {
	var text strings.Builder
	for _, p := range traffic.Problems(w.svc, w.vss, w.drs, shop) {
		effect := ""
		if p.Blocking {
			effect = " (nothing moves until then)"
		}
		fmt.Fprintf(&text, "%s, %s%s: %s\n", p.Rule, p.Object, effect, p.Message)
	}
	return text.String()
}

func textOf(t *testing.T, objects []*unstructured.Unstructured) string {
	t.Helper()
	texts := make([]string, 0, len(objects))
	for _, object := range objects {
		text, err := yaml.Marshal(object.Object)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	return strings.Join(texts, "---\n")
}
