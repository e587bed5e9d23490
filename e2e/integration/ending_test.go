// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/e2e/internal/apiproxy"
	"github.com/serin-dev/serin/e2e/internal/journal"
)

// A namespace that is deleted in the middle of a rollout leaves nothing of it behind elsewhere, and nothing is created in it.
func TestANamespaceThatIsDeleted(t *testing.T) {
	t.Parallel()
	s := everyones.take(t)
	p := newShop(t, shared, s).mesh().open(2, slow())
	gateway := newShop(t, shared, s)
	gateway.name = "door"
	gateway.route(map[string]any{"hosts": []any{"shop.example.test"}, "gateways": []any{"door"}, "http": []any{map[string]any{
		"route": []any{map[string]any{"destination": map[string]any{"host": fmt.Sprintf("shop.%s.svc.cluster.local", p.namespace)}}},
	}}})
	p.deploy("v2")
	p.at(250)
	gateway.weighing(250)
	from := s.Count()
	p.mustDo(p.api.CoreV1().Namespaces().Delete(p.Context(), p.namespace, metav1.DeleteOptions{}))
	p.await("all to be gone", func(v journal.View) string {
		if v.Deployment(p.name) != nil || v.Deployment(p.name+"-canary") != nil || v.Routes(p.name) != nil || v.Rule(p.name+"-serin") != nil {
			return "something is there"
		}
		return ""
	})
	gateway.await("the gateway's routes to be restored", gateway.touched)
	if created := s.Since(from, func(c apiproxy.Call) bool {
		return c.Namespace == p.namespace && c.Verb == "create" && c.Resource != "events"
	}); len(created) > 0 {
		t.Errorf("in a namespace that is being deleted it tried to create\n%s", apiproxy.Table(created))
	}
}
