// SPDX-License-Identifier: Apache-2.0

package traffic_test

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	istio "istio.io/client-go/pkg/apis/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/serin-dev/serin/pkg/traffic"
)

var shop = traffic.Service{Name: "shop", Namespace: "web"}

// parse reads YAML as the API server's JSON is read: whole numbers become int64.
func parse(t testing.TB, text string) *unstructured.Unstructured {
	t.Helper()
	raw, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatalf("parsing YAML: %v", err)
	}
	object := &unstructured.Unstructured{}
	if err := object.UnmarshalJSON(raw); err != nil {
		t.Fatalf("parsing object: %v", err)
	}
	return object
}

func jsonOf(t testing.TB, object *unstructured.Unstructured) string {
	t.Helper()
	raw, err := json.Marshal(object.Object)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// roundTrip checks the promises that hold for every VirtualService, and returns its split form.
func roundTrip(t *testing.T, user *unstructured.Unstructured, permille int) *unstructured.Unstructured {
	t.Helper()
	before := user.DeepCopy()
	split, changed := traffic.Split(user, shop, permille)
	same(t, "Split modified its input", before, user)
	if !changed && split != user {
		t.Fatal("nothing changed, but the object is another one")
	}
	restored, changedBack := traffic.Restore(split, shop)
	same(t, fmt.Sprintf("restored from %d", permille), before, restored)
	if jsonOf(t, before) != jsonOf(t, restored) || changed != changedBack {
		t.Fatalf("at %d, restored differs from the original: changed %v, back %v", permille, changed, changedBack)
	}
	if again, changed := traffic.Split(split, shop, permille); changed {
		t.Fatalf("at %d, a second Split changed something:\n%s", permille, cmp.Diff(split.Object, again.Object))
	}
	want := traffic.Read(user, shop)
	got := traffic.Read(split, shop)
	if got.Destinations != want.Destinations || got.Split > 0 && (got.Permille != permille || !got.Uniform) {
		t.Fatalf("at %d, read %+v, unsplit %+v", permille, got, want)
	}
	return split
}

// same compares two objects; most of the time they are the same, and a diff is slow.
func same(t *testing.T, what string, want, got *unstructured.Unstructured) {
	t.Helper()
	if !reflect.DeepEqual(want.Object, got.Object) {
		t.Fatalf("%s (-want +got):\n%s", what, cmp.Diff(want.Object, got.Object))
	}
}

// checkIstioReads parses the object with Istio's own types, and checks what ValidateVirtualService asks of weights.
func checkIstioReads(t *testing.T, object *unstructured.Unstructured) {
	t.Helper()
	var vs istio.VirtualService
	if err := json.Unmarshal([]byte(jsonOf(t, object)), &vs); err != nil {
		t.Fatalf("Istio's types do not read it: %v", err)
	}
	for i, rule := range vs.Spec.Http {
		var total int64
		for _, entry := range rule.Route {
			total += int64(entry.Weight)
		}
		if len(rule.Route) > 1 && total == 0 || total > math.MaxInt32 {
			t.Errorf("http[%d] has weights that add up to %d", i, total)
		}
	}
}
