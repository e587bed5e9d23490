// SPDX-License-Identifier: Apache-2.0

package traffic_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/serin-dev/serin/pkg/traffic"
)

// TestRestoreKeepsWhatWasEditedElsewhere edits all but destinations and weights in mid-rollout: the end is the user's object
// with the same edits, at any weight.
func TestRestoreKeepsWhatWasEditedElsewhere(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range *rounds {
		user := (&source{randomBytes(random)}).virtualService()
		edits, p := randomBytes(random), random.IntN(1001)
		split, _ := traffic.Split(user, shop, p)
		want, edited := user.DeepCopy(), split.DeepCopy()
		(&source{edits}).editElsewhere(want)
		(&source{edits}).editElsewhere(edited)
		moved, _ := traffic.Split(edited, shop, random.IntN(1001)) // the next step
		for when, vs := range map[string]*unstructured.Unstructured{"at once": edited, "a step later": moved} {
			got, _ := traffic.Restore(vs, shop)
			same(t, fmt.Sprintf("restored %s from %d", when, p), want, got)
		}
	}
}

// editElsewhere makes the same edits in the split and the unsplit form.
func (s *source) editElsewhere(vs *unstructured.Unstructured) {
	vs.SetLabels(map[string]string{"edited": choose(s, "yes", "twice")})
	vs.SetAnnotations(map[string]string{"kubectl.kubernetes.io/last-applied-configuration": "{}"})
	vs.SetResourceVersion("7")
	spec := vs.Object["spec"].(map[string]any)
	spec["hosts"] = []any{"shop", "shop.example.com"}
	spec["exportTo"] = []any{"."}
	for _, kind := range []string{"http", "tls", "tcp"} {
		rules, _ := spec[kind].([]any)
		for _, raw := range rules {
			fields := raw.(map[string]any)
			fields["retries"] = map[string]any{"attempts": int64(s.pick(5))}
			delete(fields, "future")
		}
		switch s.pick(4) {
		case 0:
			rules = append([]any{map[string]any{"redirect": map[string]any{"uri": "/"}}}, rules...)
		case 1:
			rules = append(rules, map[string]any{"route": []any{map[string]any{"destination": map[string]any{"host": "new"}}}})
		case 2:
			if len(rules) > 0 {
				rules = rules[1:]
			}
		case 3:
			for i, j := 0, len(rules)-1; i < j; i, j = i+1, j-1 {
				rules[i], rules[j] = rules[j], rules[i]
			}
		}
		spec[kind] = rules
	}
}
