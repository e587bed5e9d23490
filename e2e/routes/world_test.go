// SPDX-License-Identifier: Apache-2.0

package routes_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// The pods behind the Service of each case. Those of the canary have what its Deployment adds to the new template.
var pods = []struct {
	name   string
	labels map[string]string
}{
	{"stable-1", map[string]string{"app": "shop", "version": "v1", "tier": "front", "pod-template-hash": "stable"}},
	{"stable-2", map[string]string{"app": "shop", "version": "v1", "tier": "front", "pod-template-hash": "stable"}},
	{"canary", map[string]string{"app": "shop", "version": "v2", "tier": "front", "pod-template-hash": "next", "serin.dev/track": "canary"}},
	{"other", map[string]string{"app": "shop", "version": "v9", "pod-template-hash": "other"}},
}

func (c *cluster) resource(object *unstructured.Unstructured) schema.GroupVersionResource {
	kind := object.GroupVersionKind()
	return kind.GroupVersion().WithResource(strings.ToLower(kind.Kind) + "s")
}

// put makes the objects, or makes them what they shall be.
func (c *cluster) put(ctx context.Context, objects ...*unstructured.Unstructured) error {
	for _, object := range objects {
		resource := c.any.Resource(c.resource(object)).Namespace(object.GetNamespace())
		wanted := object.DeepCopy()
		old, err := resource.Get(ctx, object.GetName(), metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			_, err = resource.Create(ctx, wanted, metav1.CreateOptions{})
		} else if err == nil {
			wanted.SetResourceVersion(old.GetResourceVersion())
			_, err = resource.Update(ctx, wanted, metav1.UpdateOptions{})
		}
		if err != nil {
			return fmt.Errorf("writing %s: %w", keyOf(object), err)
		}
	}
	return nil
}

// remove deletes those of the objects that Serin made.
func (c *cluster) removeOurs(ctx context.Context, objects ...*unstructured.Unstructured) error {
	for _, object := range objects {
		if object.GetLabels()["app.kubernetes.io/managed-by"] != "serin" {
			continue
		}
		resource := c.any.Resource(c.resource(object)).Namespace(object.GetNamespace())
		if err := resource.Delete(ctx, object.GetName(), metav1.DeleteOptions{}); err != nil {
			return fmt.Errorf("deleting %s: %w", keyOf(object), err)
		}
	}
	return nil
}

// build makes the world of a case before the rollout, its pods beginning at 10.(20+n).0.1.
func (c *cluster) build(ctx context.Context, n int, tc *testCase) error {
	spaces := map[string]bool{}
	for _, object := range tc.objects {
		spaces[object.GetNamespace()] = true
	}
	for space := range maps.Keys(spaces) {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: space}}
		if _, err := c.api.CoreV1().Namespaces().Create(ctx, namespace, metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "shop"}}
	if _, err := c.api.CoreV1().ServiceAccounts("web-"+tc.name).Create(ctx, account, metav1.CreateOptions{}); err != nil {
		return err
	}
	for i, pod := range pods {
		if err := c.runPod(ctx, "web-"+tc.name, pod.name, address(n, i), pod.labels); err != nil {
			return err
		}
	}
	if err := c.put(ctx, tc.objects...); err != nil {
		return err
	}
	return c.connect(ctx, n, tc)
}

// connect makes the pods endpoints of the Service. A controller would do so only for pods on nodes, and there are none.
func (c *cluster) connect(ctx context.Context, n int, tc *testCase) error {
	space := "web-" + tc.name
	service, err := c.api.CoreV1().Services(space).Get(ctx, "shop", metav1.GetOptions{})
	if err != nil {
		return err
	}
	slice := &discovery.EndpointSlice{
		ObjectMeta:  metav1.ObjectMeta{Name: "shop", Labels: map[string]string{discovery.LabelServiceName: "shop"}},
		AddressType: discovery.AddressTypeIPv4,
	}
	for _, port := range service.Spec.Ports {
		slice.Ports = append(slice.Ports, discovery.EndpointPort{Name: &port.Name, Port: new(int32(8080)), Protocol: &port.Protocol})
	}
	for i, pod := range pods {
		slice.Endpoints = append(slice.Endpoints, discovery.Endpoint{
			Addresses: []string{address(n, i)}, Conditions: discovery.EndpointConditions{Ready: new(true)},
			TargetRef: &corev1.ObjectReference{Kind: "Pod", Namespace: space, Name: pod.name},
		})
	}
	_, err = c.api.DiscoveryV1().EndpointSlices(space).Create(ctx, slice, metav1.CreateOptions{})
	return err
}

func address(n, pod int) string { return fmt.Sprintf("10.%d.0.%d", 20+n, 1+pod) }

// runPod makes a pod and says, in place of a kubelet, that it runs.
func (c *cluster) runPod(ctx context.Context, namespace, name, ip string, labels map[string]string) error {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels},
		Spec:       corev1.PodSpec{ServiceAccountName: "shop", Containers: []corev1.Container{{Name: "app", Image: "shop:v1"}}},
	}
	pod, err := c.api.CoreV1().Pods(namespace).Create(ctx, pod, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	pod.Status = corev1.PodStatus{
		Phase: corev1.PodRunning, PodIP: ip, PodIPs: []corev1.PodIP{{IP: ip}},
		Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}},
	}
	_, err = c.api.CoreV1().Pods(namespace).UpdateStatus(ctx, pod, metav1.UpdateOptions{})
	return err
}

// all does something for each case, a few at a time.
func all(t *testing.T, cases []*testCase, do func(ctx context.Context, n int, c *testCase) error) {
	t.Helper()
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(8)
	for n, c := range cases {
		group.Go(func() error {
			if err := do(ctx, n, c); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
}
