// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/serin-dev/serin/e2e/internal/journal"
)

// await waits until nothing is missing any more.
func (p *shop) await(what string, missing func(journal.View) string) journal.View {
	p.Helper()
	return p.within(p.patience, what, missing)
}

func (p *shop) within(limit time.Duration, what string, missing func(journal.View) string) journal.View {
	p.Helper()
	v, err := p.Await(p.Context(), limit, what, missing)
	if err != nil {
		p.Fatal(err)
	}
	return v
}

// isPromoted tells what kubectl wait --for=condition=serin.dev/Promoted would wait for.
func (p *shop) isPromoted(v journal.View) string { return p.hasCondition(v, "True") }

func (p *shop) hasCondition(v journal.View, status string, reasons ...string) string {
	c := v.Condition(p.name)
	switch {
	case c == nil:
		return "there is no condition"
	case string(c.Status) != status || (len(reasons) > 0 && !slices.Contains(reasons, c.Reason)):
		return fmt.Sprintf("the condition is %s %s: %s", c.Status, c.Reason, c.Message)
	}
	return ""
}

// promoted waits until the version serves everybody and nothing is left of the rollout.
func (p *shop) promoted(version string) journal.View {
	p.Helper()
	return p.await(version+" to be promoted", func(v journal.View) string {
		d := v.Deployment(p.name)
		size := int(*d.Spec.Replicas)
		switch images := v.Images(p.name, registry); {
		case p.isPromoted(v) != "":
			return p.isPromoted(v)
		case len(images) != 1 || images[p.name+":"+version] != size:
			return fmt.Sprintf("the pods are %v", images)
		case d.Spec.Paused || d.Status.AvailableReplicas != *d.Spec.Replicas || d.Status.UpdatedReplicas != *d.Spec.Replicas:
			return "the Deployment is not complete"
		case v.Deployment(p.name+"-canary") != nil:
			return "the canary Deployment is there"
		}
		return p.touched(v)
	})
}

// rolledBack waits until a version is rejected for one of the reasons, and all users are on another.
func (p *shop) rolledBack(stable string, reasons ...string) journal.View {
	p.Helper()
	return p.await("the rollout to be rolled back", func(v journal.View) string {
		canary := v.Deployment(p.name + "-canary")
		switch images := v.Images(p.name, registry); {
		case p.hasCondition(v, "False", reasons...) != "":
			return p.hasCondition(v, "False", reasons...)
		case len(images) != 1 || images[p.name+":"+stable] != int(*v.Deployment(p.name).Spec.Replicas):
			return fmt.Sprintf("the pods are %v", images)
		case canary == nil || *canary.Spec.Replicas != 0:
			return "the canary Deployment is not kept at zero"
		}
		return p.touched(v)
	})
}

// touched tells what of the mesh is not as the user left it.
func (p *shop) touched(v journal.View) string {
	switch {
	case v.Rule(p.name+"-serin") != nil:
		return "our DestinationRule is there"
	case v.Routes(p.name+"-serin") != nil:
		return "our VirtualService is there"
	case p.vs == nil:
		return ""
	}
	spec, _, _ := unstructured.NestedMap(v.Routes(p.name).Object, "spec")
	if !reflect.DeepEqual(spec, p.vs) {
		return fmt.Sprintf("the VirtualService is\n%v\nand was written as\n%v", spec, p.vs)
	}
	return ""
}

// saying waits for the condition to have a reason.
func (p *shop) saying(status string, reasons ...string) journal.View {
	p.Helper()
	return p.await(strings.Join(reasons, " or "), func(v journal.View) string { return p.hasCondition(v, status, reasons...) })
}

// weighing waits for the routes to give the canary so many tenths of a percent.
func (p *shop) weighing(weight int) journal.View {
	p.Helper()
	return p.await(fmt.Sprintf("a weight of %d", weight), func(v journal.View) string {
		vs := v.Routes(p.name)
		if p.vs == nil {
			vs = v.Routes(p.name + "-serin")
		}
		if got, err := journal.WeightIn(vs); err != nil || got != weight {
			return fmt.Sprintf("it is %d, %v", got, err)
		}
		return ""
	})
}

// dump is all that helps to understand a failure.
func (p *shop) dump() string {
	v, _ := p.Now()
	var text strings.Builder
	fmt.Fprintf(&text, "namespace %s\n", p.namespace)
	for _, d := range journal.All[*appsv1.Deployment](v, "Deployment") {
		fmt.Fprintf(&text, "%s\n  paused %t, replicas %d, available %d, updated %d, generation %d (seen %d), image %s\n  annotations %v\n",
			d.Name, d.Spec.Paused, *d.Spec.Replicas, d.Status.AvailableReplicas, d.Status.UpdatedReplicas, d.Generation,
			d.Status.ObservedGeneration, d.Spec.Template.Spec.Containers[0].Image, d.Annotations)
		if c := v.Condition(d.Name); c != nil {
			fmt.Fprintf(&text, "  condition %s %s: %s\n", c.Status, c.Reason, c.Message)
		}
		for _, e := range v.Story(d.Name) {
			fmt.Fprintf(&text, "  %s %-7s %s: %s\n", e.EventTime.Format("15:04:05.000"), e.Type, e.Reason, e.Note)
		}
	}
	for _, set := range journal.All[*appsv1.ReplicaSet](v, "ReplicaSet") {
		fmt.Fprintf(&text, "ReplicaSet %s wants %d, has %d\n", set.Name, *set.Spec.Replicas, set.Status.AvailableReplicas)
	}
	for _, pod := range journal.All[*corev1.Pod](v, "Pod") {
		fmt.Fprintf(&text, "Pod %s %s ready %t going %t\n", pod.Name, pod.Spec.Containers[0].Image, journal.IsReady(pod), pod.DeletionTimestamp != nil)
	}
	for _, kind := range []string{"VirtualService", "DestinationRule"} {
		for _, object := range journal.All[*unstructured.Unstructured](v, kind) {
			fmt.Fprintf(&text, "%s %s %v\n", kind, object.GetName(), object.Object["spec"])
		}
	}
	weights, err := p.Weights(p.name)
	fmt.Fprintf(&text, "weights %v %v\n", weights, err)
	if p.serin != nil {
		fmt.Fprintf(&text, "the controller:\n%s", tail(p.serin.About(p.namespace), 12000))
		for _, c := range p.serin.Since(0, p.moves) {
			fmt.Fprintf(&text, "%s %s: %d %.300q\n", c.At.Format("15:04:05.000"), c, c.Status, c.Body)
		}
	}
	return text.String()
}

func tail(text string, length int) string { return text[max(0, len(text)-length):] }
