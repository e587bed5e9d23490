// SPDX-License-Identifier: Apache-2.0

package journeys_test

import (
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/serin-dev/serin/e2e/internal/journal"
)

// await waits until nothing is missing any more.
func (p *shop) await(what string, missing func(journal.View) string) journal.View {
	p.Helper()
	v, err := p.Await(p.Context(), p.patience, what, missing)
	if err != nil {
		p.Fatal(err)
	}
	return v
}

// adopted waits until the application runs and the controller says that it looks after it.
func (p *shop) adopted() {
	p.Helper()
	p.await("the application to run and the controller to take note", func(v journal.View) string {
		d := v.Deployment(app)
		if d == nil || d.Status.ObservedGeneration < d.Generation || d.Status.AvailableReplicas != *d.Spec.Replicas {
			return "the application does not run"
		}
		return condition(v, "True")
	})
}

// condition tells what keeps the condition from having a status, and one of the reasons if any are given.
func condition(v journal.View, status string, reasons ...string) string {
	c := v.Condition(app)
	switch {
	case c == nil:
		return "there is no condition"
	case string(c.Status) != status || (len(reasons) > 0 && !slices.Contains(reasons, c.Reason)):
		return fmt.Sprintf("the condition is %s %s: %s", c.Status, c.Reason, c.Message)
	}
	return ""
}

// saying waits for the condition to have a reason, and returns its words.
func (p *shop) saying(status string, reasons ...string) string {
	p.Helper()
	v := p.await(strings.Join(reasons, " or "), func(v journal.View) string { return condition(v, status, reasons...) })
	return v.Condition(app).Message
}

// weighing waits until the rollout is at a weight, in tenths of a percent, and the mesh has it.
func (p *shop) weighing(weight int) {
	p.Helper()
	p.await(fmt.Sprintf("a weight of %d", weight), func(v journal.View) string {
		if memo := v.Memo(app); memo.Weight != weight {
			return fmt.Sprintf("the step is %d", memo.Weight)
		}
		if p.mode == ratio {
			return ""
		}
		if got, err := journal.WeightIn(v.Routes(app)); err != nil || got != weight {
			return fmt.Sprintf("the routes give %d, %v", got, err)
		}
		return ""
	})
}

// promoted waits until the version serves everybody and nothing is left of the rollout.
func (p *shop) promoted(version string) {
	p.Helper()
	p.await(version+" to be promoted", func(v journal.View) string {
		d := v.Deployment(app)
		switch images := v.Images(app, registry); {
		case condition(v, "True") != "":
			return condition(v, "True")
		case len(images) != 1 || images["sample:"+version] != int(*d.Spec.Replicas):
			return fmt.Sprintf("the pods are %v", images)
		case d.Spec.Paused || d.Status.AvailableReplicas != *d.Spec.Replicas || d.Status.UpdatedReplicas != *d.Spec.Replicas:
			return "the Deployment is not complete"
		case v.Deployment(app+"-canary") != nil:
			return "the canary Deployment is there"
		}
		return p.touched(v)
	})
	p.emptied()
}

// rolledBack waits until the wanted version is rejected for one of the reasons, and all users are on another.
func (p *shop) rolledBack(stable string, reasons ...string) {
	p.Helper()
	p.await("the rollout to be rolled back", func(v journal.View) string {
		canary := v.Deployment(app + "-canary")
		switch images := v.Images(app, registry); {
		case condition(v, "False", reasons...) != "":
			return condition(v, "False", reasons...)
		case len(images) != 1 || images["sample:"+stable] != int(*v.Deployment(app).Spec.Replicas):
			return fmt.Sprintf("the pods are %v", images)
		case canary == nil || *canary.Spec.Replicas != 0:
			return "the canary Deployment is not kept at zero"
		}
		return p.touched(v)
	})
	p.emptied()
}

// touched tells what of the mesh is not as the user left it.
func (p *shop) touched(v journal.View) string {
	switch {
	case v.Rule(app+"-serin") != nil:
		return "our DestinationRule is there"
	case v.Routes(app+"-serin") != nil:
		return "our VirtualService is there"
	case p.vs == "":
		return ""
	}
	if now := written(v.Routes(app)); now != p.vs {
		return fmt.Sprintf("the VirtualService is\n%s\nand was written as\n%s", now, p.vs)
	}
	return ""
}

// emptied waits until the pods that were told to go have gone, so that every request that they served has been counted.
func (p *shop) emptied() {
	p.Helper()
	p.await("the last pods to go", func(v journal.View) string {
		for _, pod := range journal.All[*corev1.Pod](v, "Pod") {
			if pod.DeletionTimestamp != nil {
				return pod.Name + " is still there"
			}
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
		fmt.Fprintf(&text, "%s\n  paused %t, replicas %d, available %d, updated %d, generation %d (seen %d)\n  annotations %v\n", d.Name, d.Spec.Paused,
			*d.Spec.Replicas, d.Status.AvailableReplicas, d.Status.UpdatedReplicas, d.Generation, d.Status.ObservedGeneration, d.Annotations)
		if c := v.Condition(d.Name); c != nil {
			fmt.Fprintf(&text, "  condition %s %s: %s\n", c.Status, c.Reason, c.Message)
		}
		for _, e := range v.Story(d.Name) {
			fmt.Fprintf(&text, "  %s %-7s %s: %s\n", clock(e.EventTime.Time), e.Type, e.Reason, e.Note)
		}
	}
	for _, pod := range journal.All[*corev1.Pod](v, "Pod") {
		fmt.Fprintf(&text, "Pod %s %s ready %t going %t\n", pod.Name, pod.Spec.Containers[0].Image, journal.IsReady(pod), pod.DeletionTimestamp != nil)
	}
	for _, kind := range []string{"VirtualService", "DestinationRule"} {
		for _, object := range journal.All[*unstructured.Unstructured](v, kind) {
			fmt.Fprintf(&text, "%s %s %v\n", kind, object.GetName(), object.Object["spec"])
		}
	}
	p.Replay(func(e journal.Entry, v journal.View) {
		switch e.Kind {
		case "VirtualService":
			weight, err := journal.WeightIn(v.Routes(e.Name))
			fmt.Fprintf(&text, "%s %s/%s weight %d %v\n", clock(e.At), e.Kind, e.Name, weight, err)
		case "EndpointSlice":
			canary, own := v.Endpoints(app)
			fmt.Fprintf(&text, "%s endpoints: canary %d, stable %d\n", clock(e.At), canary, own)
		}
	})
	return text.String()
}
