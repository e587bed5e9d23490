// SPDX-License-Identifier: Apache-2.0

package routes_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// The sentinel's two objects are written after all others of their kinds, and istiod reads the changes of a kind in their order:
// a configuration that knows them knows all that was written before.
const sentinelSpace = "sentinel"

var sentinelProxy = client{kind: "sidecar", namespace: sentinelSpace}

func (c *cluster) raiseSentinel(ctx context.Context) error {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: sentinelSpace}}
	if _, err := c.api.CoreV1().Namespaces().Create(ctx, namespace, metav1.CreateOptions{}); err != nil {
		return err
	}
	service := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "sentinel"}, Spec: corev1.ServiceSpec{
		Ports: []corev1.ServicePort{{Name: "http", Port: 80}},
	}}
	_, err := c.api.CoreV1().Services(sentinelSpace).Create(ctx, service, metav1.CreateOptions{})
	return err
}

// settle waits until istiod's configuration is of everything that has been written.
func (c *cluster) settle(t *testing.T, number int) {
	t.Helper()
	for kind, spec := range map[string]map[string]any{
		"VirtualService": {"hosts": []any{"sentinel"}, "http": []any{map[string]any{
			"timeout": fmt.Sprintf("%ds", number),
			"route":   []any{map[string]any{"destination": map[string]any{"host": "sentinel"}}},
		}}},
		"DestinationRule": {"host": "sentinel", "trafficPolicy": map[string]any{
			"connectionPool": map[string]any{"tcp": map[string]any{"maxConnections": int64(number)}},
		}},
	} {
		object := &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "networking.istio.io/v1", "kind": kind,
			"metadata": map[string]any{"name": "sentinel", "namespace": sentinelSpace}, "spec": spec,
		}}
		if err := c.put(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
	err := until(t.Context(), func() error {
		got, err := sentinelProxy.ask(t.Context(), c.IstiodGRPC, func(name string) bool { return strings.Contains(name, "sentinel.sentinel.") })
		if err != nil {
			return err
		}
		rule, _ := json.Marshal(got.clusters)
		routes, _ := json.Marshal(got.routes["80"])
		if !strings.Contains(string(rule), fmt.Sprintf(`"maxConnections":%d,`, number)) ||
			!strings.Contains(string(routes), fmt.Sprintf(`"timeout":"%ds"`, number)) {
			return fmt.Errorf("istiod does not know the sentinel as of number %d: %s", number, rule)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

const patience = 20 * time.Second

// until tries until there is no more problem, and returns the last one if that takes too long.
func until(ctx context.Context, problem func() error) error {
	deadline, ticks := time.After(patience), time.Tick(50*time.Millisecond)
	for {
		err := problem()
		if err == nil {
			return nil
		}
		select {
		case <-ticks:
		case <-deadline:
			return fmt.Errorf("still after %s: %w", patience, err)
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		}
	}
}
