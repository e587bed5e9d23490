// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/serin-dev/serin/pkg/rollout"
)

// promoted is what the controller says at the end. Stable is what is wanted.
func promoted(d *appsv1.Deployment) {
	said(corev1.ConditionTrue, "Promoted", "the wanted template serves everybody")(d)
	remember(rollout.Memo{Stable: "two"})(d)
}

func TestRun(t *testing.T) {
	back := shop(rolledBack)
	two := replicaSet(shop(), "two", "shop:v2")
	failed := pod("shop-canary-x", true, 2, "CrashLoopBackOff")
	var story strings.Builder
	for _, c := range []struct {
		name    string
		args    string
		objects []runtime.Object
		answers func(*appsv1.Deployment)
	}{
		{"it is promoted", "--image shop=shop:v2", []runtime.Object{shop(), stable(shop()), two}, promoted},
		{"it is rolled back", "--image shop=shop:v2", []runtime.Object{shop(), stable(shop()), canaryOf(back, "shop:v2", 0), failed}, func(d *appsv1.Deployment) {
			rolledBack(d)
		}},
		{"it is there already", "--image shop=shop:v1", []runtime.Object{shop(), stable(shop())}, nil},
		{"it was rejected before", "--image shop=shop:v2", []runtime.Object{back, stable(back), canaryOf(back, "shop:v2", 0)}, nil},
		{"it is on its way already", "--image shop=shop:v2 --timeout 200ms", []runtime.Object{shop(rolling), stable(back)}, nil},
		{"nobody answers in time", "--image shop=shop:v2 --timeout 200ms", []runtime.Object{shop(), stable(shop())}, nil},
		{"nobody answers in time, and it is aborted", "--image shop=shop:v2 --timeout 200ms --abort-on-exit", []runtime.Object{shop(), stable(shop())}, nil},
		{"somebody else is faster", "--image shop=shop:v2", []runtime.Object{shop(), stable(shop())}, nil},
		{"it opts out meanwhile", "--image shop=shop:v2", []runtime.Object{shop(), stable(shop())}, without("serin.dev/canary")},
		{"another container", "--image web=shop:v2", []runtime.Object{shop()}, nil},
		{"no container", "--image shop:v2", []runtime.Object{shop()}, nil},
		{"nothing to change", "", []runtime.Object{shop()}, nil},
		{"two changes at once", "--restart --image shop=shop:v2", []runtime.Object{shop()}, nil},
		{"it has not opted in", "--restart", []runtime.Object{shop(without("serin.dev/canary"))}, nil},
		{"it is not there", "--restart", []runtime.Object{deployment("cart", "cart:v1", 1)}, nil},
	} {
		w := newWorld(copies(c.objects)...)
		w.obey(c.answers)
		if c.name == "somebody else is faster" {
			w.obey(func(*appsv1.Deployment) { go w.overtake(t) })
		}
		fmt.Fprintf(&story, "# %s\n$ kubectl serin run shop %s\n%s", c.name, c.args, w.run(t, append([]string{"run", "shop"}, strings.Fields(c.args)...)...))
		if strings.Contains(c.name, "aborted") {
			fmt.Fprintf(&story, "-> serin.dev/abort=%s\n", w.shop(t).Annotations["serin.dev/abort"])
		}
		story.WriteByte('\n')
	}
	compare(t, "run", story.String())
}

func copies(objects []runtime.Object) []runtime.Object {
	var all []runtime.Object
	for _, o := range objects {
		all = append(all, o.DeepCopyObject())
	}
	return all
}

// overtake wants something else, a moment later.
func (w *world) overtake(t *testing.T) {
	time.Sleep(100 * time.Millisecond)
	d := shop(wanting("shop:v3"))
	d.ResourceVersion = "300"
	if err := w.Tracker().Update(appsv1.SchemeGroupVersion.WithResource("deployments"), d, "demo"); err != nil {
		t.Error(err)
	}
}

func TestRunFromAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "shop.yaml")
	manifest := "apiVersion: v1\nkind: Service\nmetadata: {name: shop}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop}\n" +
		"spec:\n  replicas: 99\n  template:\n    metadata: {labels: {app: shop}}\n    spec:\n      containers:\n      - {name: shop, image: 'shop:v2'}\n"
	if err := os.WriteFile(file, []byte(manifest), 0o600); err != nil {
		t.Fatal(err)
	}
	w := newWorld(shop(), stable(shop()), replicaSet(shop(), "two", "shop:v2"))
	w.obey(promoted)
	var out strings.Builder
	if code := w.execute(t.Context(), nil, &out, "run", "shop", "-f", file); code != 0 {
		t.Fatalf("ended with %d and said %s", code, out.String())
	}
	if d := w.shop(t); d.Spec.Template.Spec.Containers[0].Image != "shop:v2" || *d.Spec.Replicas != 4 {
		t.Errorf("it wants %d of %s", *d.Spec.Replicas, d.Spec.Template.Spec.Containers[0].Image)
	}
}

// In a pipeline that knows how, lines are folded and the error is marked.
func TestRunInPipelines(t *testing.T) {
	for name, env := range map[string]string{"github": "GITHUB_ACTIONS", "gitlab": "GITLAB_CI"} {
		back := shop(rolledBack)
		w := newWorld(shop(), stable(shop()), canaryOf(back, "shop:v2", 0))
		w.env[env] = "true"
		w.obey(func(d *appsv1.Deployment) { rolledBack(d) })
		compare(t, "run in "+name, w.run(t, "run", "shop", "--image", "shop=shop:v2"))
	}
}

// An interrupted run says what it leaves behind.
func TestRunInterrupted(t *testing.T) {
	var story strings.Builder
	for _, flag := range []string{"", "--abort-on-exit"} {
		w := newWorld(shop(), stable(shop()))
		ctx, interrupt := context.WithCancel(t.Context())
		w.obey(func(*appsv1.Deployment) { time.AfterFunc(100*time.Millisecond, interrupt) })
		fmt.Fprintf(&story, "# %s\n", flag)
		w.execute(ctx, nil, &story, append([]string{"run", "shop", "--image", "shop=shop:v2"}, strings.Fields(flag)...)...)
		fmt.Fprintf(&story, "-> serin.dev/abort=%s\n", w.shop(t).Annotations["serin.dev/abort"])
	}
	compare(t, "run interrupted", story.String())
}
