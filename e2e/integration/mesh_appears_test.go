// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"

	istio "istio.io/istio/manifests"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/serin-dev/serin/e2e/internal/journal"
)

// theMeshComesAndGoes: Istio's API appears, vanishes and appears again.
func theMeshComesAndGoes(t *testing.T, c *cluster, s *controller) {
	crds := meshDefinitions(t)
	p := newShop(t, c, s)
	p.injects()
	p.open(4, with(quick, "serin.dev/traffic", "istio"))
	p.saying("True", "TrafficUnavailable")
	p.deploy("v2")
	message := p.saying("Unknown", "TrafficUnavailable").Condition(p.name).Message
	if !containsAll(message, []string{"VirtualServices", "networking.istio.io/v1", "serin.dev/traffic: replicas"}) {
		t.Errorf("the condition says %s", message)
	}
	p.warned("TrafficUnavailable")
	p.stoodStill(p.lastSeen())

	p.meshComes(crds)
	p.resting("v2", true)
	p.weighed(1)

	p.meshGoes(crds)
	p.saying("True", "TrafficUnavailable")
	p.annotate("traffic", "")
	p.saying("True", "UpToDate")
	p.deploy("v3")
	p.resting("v3", true)
	p.neverBelow(4)
	p.weighed(1)

	p.meshComes(crds)
	p.poll("the controller to see the mesh", func() bool { return strings.Count(s.Log(), `"istio":true`) == 2 })
	p.deploy("v4")
	p.resting("v4", true)
	p.weighed(2)
}

// injects asks for sidecars in the namespace.
func (p *shop) injects() {
	p.Helper()
	_, err := p.api.CoreV1().Namespaces().Patch(p.Context(), p.namespace, types.MergePatchType,
		[]byte(`{"metadata":{"labels":{"istio-injection":"enabled"}}}`), metav1.PatchOptions{})
	p.mustDo(err)
}

// weighed asserts that so many rollouts went by weights until now, all of them alike.
func (p *shop) weighed(rollouts int) {
	p.Helper()
	weights, err := p.Weights(p.name + "-serin")
	want := slices.Repeat([]int{0, 250, 500, 1000, journal.Untouched}, rollouts)
	if err != nil || !slices.Equal(weights, want) {
		p.Errorf("the weights were %v (%v), want %v", weights, err, want)
	}
}

// meshDefinitions are the definitions of the two kinds that a rollout uses.
func meshDefinitions(t *testing.T) []*unstructured.Unstructured {
	t.Helper()
	text, err := fs.ReadFile(istio.FS, "charts/base/files/crd-all.gen.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var found []*unstructured.Unstructured
	decoder := yaml.NewYAMLToJSONDecoder(bytes.NewReader(text))
	for {
		object := &unstructured.Unstructured{}
		switch err := decoder.Decode(&object.Object); {
		case errors.Is(err, io.EOF):
			return found
		case err != nil:
			t.Fatal(err)
		case slices.Contains([]string{journal.VirtualServices.GroupResource().String(), journal.DestinationRules.GroupResource().String()}, object.GetName()):
			found = append(found, object)
		}
	}
}

// meshComes installs Istio's API, and has its objects recorded from now on.
func (p *shop) meshComes(crds []*unstructured.Unstructured) {
	p.Helper()
	for _, crd := range crds {
		_, err := p.resourceFor(crd).Create(p.Context(), crd, metav1.CreateOptions{})
		p.mustDo(err)
	}
	for kind, resource := range map[string]journal.Source{
		"VirtualService":  journal.From(p.any.Resource(journal.VirtualServices)),
		"DestinationRule": journal.From(p.any.Resource(journal.DestinationRules)),
	} {
		p.poll(kind+"s to be served", func() bool { return p.Record(p.Context(), kind, resource) == nil })
	}
}

// meshGoes takes Istio's API away, with whatever is left of its objects.
func (p *shop) meshGoes(crds []*unstructured.Unstructured) {
	p.Helper()
	for _, crd := range crds {
		p.mustDo(p.resourceFor(crd).Delete(p.Context(), crd.GetName(), metav1.DeleteOptions{}))
	}
	for _, crd := range crds {
		p.poll(crd.GetName()+" to be gone", func() bool {
			_, err := p.resourceFor(crd).Get(p.Context(), crd.GetName(), metav1.GetOptions{})
			return apierrors.IsNotFound(err)
		})
	}
}
