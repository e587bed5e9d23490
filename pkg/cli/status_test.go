// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/serin-dev/serin/pkg/rollout"
)

// world is the target with what belongs to it.
func world(target runtime.Object, more ...runtime.Object) *fake.Clientset {
	return fake.NewClientset(append([]runtime.Object{target}, more...)...)
}

func TestStatus(t *testing.T) {
	atStep, back := shop(rolling), shop(rolledBack)
	foreign := deployment("shop-canary", "other:v9", 1)
	for name, client := range map[string]*fake.Clientset{
		"at rest":                    world(shop()),
		"not seen":                   world(shop(unseen)),
		"not there":                  world(deployment("cart", "cart:v1", 1)),
		"not opted in":               world(shop(unseen, without("serin.dev/canary"))),
		"opted in with another word": world(shop(unseen, annotate("serin.dev/canary", "yes"))),
		"opted out on the way":       world(shop(rolling, without("serin.dev/canary"))),
		"in a step": world(
			atStep, canaryOf(atStep, "shop:v2", 2), replicaSet(atStep, "one", "shop:v1"), replicaSet(atStep, "zero", "shop:v0"),
			event(atStep, "c", 90*time.Second, "Normal", "StepPassed", "5% passed;\nnow 25%"),
			event(atStep, "a", 3*time.Minute, "Normal", "NewTemplate", "a new template goes out as a canary"),
			event(foreign, "b", 2*time.Minute, "Normal", "Foreign", "about something else"),
		),
		"in a step that was edited away": world(shop(rolling, annotate("serin.dev/steps", "10, 60"))),
		"asked to pause and to promote":  world(shop(rolling, annotate("serin.dev/pause", "true"), annotate("serin.dev/promote", "step"))),
		"rolled back": world(
			back, canaryOf(back, "shop:v2", 0), replicaSet(back, "one", "shop:v1"),
			event(back, "a", time.Minute, "Warning", "CrashLoop", "pod shop-canary-x: container shop: exit code 1"),
		),
		"with mistakes": world(shop(annotate("serin.dev/step", "5"), annotate("serin.dev/hold", "soon"), annotate("serin.dev/rollout", "{"))),
		"beside a Deployment of the same name": world(
			shop(rolling, remember(rollout.Memo{Stable: "one", Started: now, Mode: rollout.Replicas, Weight: 50})), foreign),
		"of the canary": world(atStep, canaryOf(atStep, "shop:v2", 2)),
	} {
		t.Run(name, func(t *testing.T) {
			about := "shop"
			if name == "of the canary" {
				about = "shop-canary"
			}
			golden(t, "status "+name, run(t, client, "status", about))
		})
	}
}

func TestStatusShowsWhatItMay(t *testing.T) {
	target := shop(rolling)
	client := world(target, canaryOf(target, "shop:v2", 2))
	for _, resource := range []string{"events", "replicasets"} {
		client.PrependReactor("list", resource, forbid)
	}
	golden(t, "status without permissions", run(t, client, "status", "shop"))
	client.PrependReactor("get", "deployments", forbid)
	golden(t, "status without any permission", run(t, client, "status", "shop"))
}

func forbid(action clienttesting.Action) (bool, runtime.Object, error) {
	resource := schema.GroupResource{Group: action.GetResource().Group, Resource: action.GetResource().Resource}
	return true, nil, apierrors.NewForbidden(resource, "", nil)
}
