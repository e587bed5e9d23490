// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// app is the name of the Deployment, its container, its Service and its VirtualService.
const app = "shop"

const canaryName = app + "-canary"

var (
	virtualServices  = schema.GroupVersionResource{Group: "networking.istio.io", Version: "v1", Resource: "virtualservices"}
	destinationRules = schema.GroupVersionResource{Group: "networking.istio.io", Version: "v1", Resource: "destinationrules"}
)

// look is what the cluster says at one instant.
type look struct {
	target   *appsv1.Deployment
	canary   *appsv1.Deployment // nil: there is none
	promoted appsv1.DeploymentCondition
	meshed   bool
	split    split // of the VirtualService
	subsets  bool  // a DestinationRule of Serin's is there
}

// take reads the cluster itself and not the watches, which know of one object sooner than of another.
func (c *cluster) take(ctx context.Context, namespace string) (look, error) {
	var l look
	var err error
	deployments := c.AppsV1().Deployments(namespace)
	if l.target, err = deployments.Get(ctx, app, metav1.GetOptions{}); err != nil {
		return l, fmt.Errorf("reading the Deployment: %w", err)
	}
	l.canary, err = deployments.Get(ctx, canaryName, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		l.canary = nil
	} else if err != nil {
		return l, fmt.Errorf("reading the canary: %w", err)
	}
	for _, condition := range l.target.Status.Conditions {
		if condition.Type == "serin.dev/Promoted" {
			l.promoted = condition
		}
	}
	return l, c.takeRoutes(ctx, namespace, &l)
}

func (c *cluster) takeRoutes(ctx context.Context, namespace string, l *look) error {
	vs, err := c.objects.Resource(virtualServices).Namespace(namespace).Get(ctx, app, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the VirtualService: %w", err)
	}
	l.meshed, l.split = true, splitOf(vs)
	_, err = c.objects.Resource(destinationRules).Namespace(namespace).Get(ctx, app+"-serin", metav1.GetOptions{})
	l.subsets = err == nil
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("reading the DestinationRule: %w", err)
	}
	return nil
}

// split is how the routes of a VirtualService are split into stable and canary.
type split struct {
	whole, pairs int   // destinations in one piece, and split ones
	tenths       []int // the canary's share in each pair, tenths of a percent, each value once, ascending
}

// splitOf reads the weights as Istio does: relative to each other. It knows Serin's halves by their subsets, and that the two
// of a pair are neighbours.
func splitOf(vs *unstructured.Unstructured) split {
	var s split
	routes, _, _ := unstructured.NestedSlice(vs.Object, "spec", "http") // what is no list is none
	for _, route := range routes {
		fields, _ := route.(map[string]any)
		destinations, _, _ := unstructured.NestedSlice(fields, "route")
		var stable, canary int64 = -1, -1
		for _, destination := range destinations {
			entry, _ := destination.(map[string]any)
			subset, _, _ := unstructured.NestedString(entry, "destination", "subset")
			weight, _, _ := unstructured.NestedInt64(entry, "weight")
			switch subset {
			case "serin-stable":
				stable = weight
			case "serin-canary":
				canary = weight
			default:
				s.whole++
			}
			if stable >= 0 && canary >= 0 {
				s.pairs++
				s.tenths = append(s.tenths, int(1000*canary/max(1, stable+canary)))
				stable, canary = -1, -1
			}
		}
	}
	slices.Sort(s.tenths)
	s.tenths = slices.Compact(s.tenths)
	return s
}

func (s split) String() string {
	if s.pairs == 0 {
		return "-"
	}
	var words []string
	for _, tenths := range s.tenths {
		words = append(words, percent(tenths))
	}
	return strings.Join(words, "/")
}

func percent(tenths int) string {
	if tenths%10 == 0 {
		return fmt.Sprintf("%d%%", tenths/10)
	}
	return fmt.Sprintf("%.1f%%", float64(tenths)/10)
}

// pods are those that are ready, of those that are wanted.
func pods(d *appsv1.Deployment) string {
	if d == nil {
		return "-"
	}
	return fmt.Sprintf("%d/%d", d.Status.ReadyReplicas, *d.Spec.Replicas)
}

// level reports whether the Deployment has the pods that it wants, and the Deployment controller has nothing left to do.
func level(d *appsv1.Deployment) bool {
	return d == nil || (d.Status.ObservedGeneration >= d.Generation && d.Status.ReadyReplicas == *d.Spec.Replicas &&
		d.Status.Replicas == *d.Spec.Replicas)
}

// serving are the images of the pods that are ready, each once.
func (c *cluster) serving(ctx context.Context, namespace string) (stable, canary string, err error) {
	list, err := c.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: "app=" + app})
	if err != nil {
		return "", "", fmt.Errorf("listing the pods: %w", err)
	}
	images := map[bool][]string{}
	for _, pod := range list.Items {
		isReady := slices.ContainsFunc(pod.Status.Conditions, func(condition corev1.PodCondition) bool {
			return condition.Type == corev1.PodReady && condition.Status == corev1.ConditionTrue
		})
		if isReady && pod.DeletionTimestamp == nil {
			isCanary := pod.Labels["serin.dev/track"] == "canary"
			images[isCanary] = append(images[isCanary], pod.Spec.Containers[0].Image)
		}
	}
	words := func(all []string) string {
		slices.Sort(all)
		if all = slices.Compact(all); len(all) == 0 {
			return "-"
		}
		return strings.Join(all, ", ")
	}
	return words(images[false]), words(images[true]), nil
}
