// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/serin-dev/serin/pkg/rollout"
)

// phases are all the places where a rollout can be, with what belongs to it.
func phases() map[string][]runtime.Object {
	with := func(target *appsv1.Deployment, more ...runtime.Object) []runtime.Object {
		return append([]runtime.Object{target, stable(target)}, more...)
	}
	step, back, pods := shop(rolling), shop(rolledBack), shop(byPods)
	foreign := deployment("shop-canary", "other:v9", 1)
	return map[string][]runtime.Object{
		"at rest":                    with(shop()),
		"not seen":                   {shop(unseen)},
		"not there":                  {deployment("cart", "cart:v1", 1)},
		"not opted in":               {shop(unseen, without("serin.dev/canary"))},
		"opted in with another word": {shop(unseen, annotate("serin.dev/canary", "yes"))},
		"opted out on the way":       with(shop(rolling, without("serin.dev/canary"))),
		"held":                       with(shop(held)),
		"in a step": with(step, canaryOf(step, "shop:v2", 2), replicaSet(step, "zero", "shop:v0"), routes(25),
			pod(podName(0), false, 0, ""), pod(podName(1), false, 3, ""), pod("shop-canary-x", true, 0, ""), pod("shop-canary-y", true, 1, "CrashLoopBackOff"),
			event(step, "c", 90*time.Second, "Normal", "StepPassed", "Progressing at 25%: from 5% to 25%,\ncarried by 2 canary pods, held until 12:08:35 UTC"),
			event(step, "a", 3*time.Minute, "Normal", "NewTemplate", "Progressing: a new template goes out as a canary: 5% → 25% → 50% → 100%, by Istio weights"),
			event(foreign, "b", 2*time.Minute, "Normal", "Foreign", "about something else")),
		"in a step that is judged":      with(shop(judged)),
		"in a step that failed a check": with(shop(failing)),
		"beside the journal of another rollout": with(shop(judged, func(d *appsv1.Deployment) {
			memo := under(250)
			memo.Started = memo.Started.Add(time.Second)
			remember(memo)(d)
		})),
		"in a step by the ratio of pods": with(pods, canaryOf(pods, "shop:v2", 1)),
		"in a step that was edited away": with(shop(rolling, annotate("serin.dev/steps", "10, 60"))),
		"waiting for a person":           with(shop(atThePause)),
		"asked to pause and to promote":  with(shop(rolling, annotate("serin.dev/pause", "true"), annotate("serin.dev/promote", "step"))),
		"baking":                         with(shop(baking), canaryOf(shop(baking), "shop:v2", 4), routes(100)),
		"baking by the ratio of pods": with(shop(baking, func(d *appsv1.Deployment) {
			memo := under(1000)
			memo.Bake, memo.Mode = memo.Since, rollout.Replicas
			remember(memo)(d)
			said(corev1.ConditionUnknown, "Baking", "baking until 12:08:30 UTC: 4 canary pods beside 1 pod of stable, as the ratio of pods allows; a return brings stable's 4 back first")(d)
		})),
		"before a bake":          with(shop(rolling, annotate("serin.dev/bake", "10m"))),
		"promoting":              with(shop(promoting)),
		"promoting after a bake": with(shop(promoting, annotate("serin.dev/bake", "10m"))),
		"rolling back":           with(shop(rollingBack)),
		"rolled back": with(back, canaryOf(back, "shop:v2", 0),
			event(back, "a", time.Minute, "Warning", "CrashLoop", "RollingBack: pod shop-canary-x: container shop: exit code 1")),
		"rolled back and wanting another": with(shop(rolledBack, wanting("shop:v3")), canaryOf(back, "shop:v2", 0)),
		"with mistakes":                   with(shop(annotate("serin.dev/step", "5"), annotate("serin.dev/hold", "soon"), annotate("serin.dev/rollout", "{"))),
		"beside a Deployment of the same name": with(shop(rolling, func(d *appsv1.Deployment) {
			memo := under(50)
			memo.Mode = rollout.Surge
			remember(memo)(d)
		}), foreign),
	}
}

func TestStatus(t *testing.T) {
	for name, objects := range phases() {
		t.Run(name, func(t *testing.T) {
			compare(t, "status "+name, newWorld(objects...).everywhere(t, "status", "shop"))
		})
	}
	t.Run("of the canary", func(t *testing.T) {
		target := shop(rolling)
		compare(t, "status of the canary", newWorld(target, canaryOf(target, "shop:v2", 2)).run(t, "status", "shop-canary"))
	})
}

func TestNoLineIsWiderThanTheTerminal(t *testing.T) {
	for name, objects := range phases() {
		for _, width := range []uint16{40, 80, 200} {
			for line := range strings.Lines(newWorld(objects...).onATerminal(t, width, "status", "shop")) {
				if strings.HasPrefix(line, "Error: ") {
					continue // errors are prose, which a terminal wraps
				}
				if got := ansi.StringWidth(strings.TrimRight(line, "\n")); got > int(width) {
					t.Errorf("%s: %d columns on a terminal of %d: %s", name, got, width, line)
				}
			}
		}
	}
}

func TestColoursSayNothingThatWordsDoNot(t *testing.T) {
	for name, objects := range phases() {
		w := newWorld(objects...)
		coloured := ansi.Strip(w.onATerminal(t, 120, "status", "shop"))
		w.env["NO_COLOR"] = "1"
		if plain := w.onATerminal(t, 120, "status", "shop"); plain != coloured {
			t.Errorf("%s: without colours it prints\n%s\nand with them\n%s", name, plain, coloured)
		}
	}
}

func TestStatusAsData(t *testing.T) {
	w := newWorld(phases()["in a step"]...)
	for _, format := range []string{"json", "yaml", "name", "jsonpath={.phase} {.weight}%"} {
		kind, _, _ := strings.Cut(format, "=")
		compare(t, "status as "+kind, w.run(t, "status", "shop", "-o", format))
	}
}

func TestStatusShowsWhatItMay(t *testing.T) {
	target := shop(rolling)
	w := newWorld(target, stable(target), canaryOf(target, "shop:v2", 2), routes(25))
	for _, resource := range []string{"events", "replicasets", "pods"} {
		w.PrependReactor("list", resource, forbid)
	}
	w.mesh.PrependReactor("list", "virtualservices", forbid)
	compare(t, "status without permissions", w.run(t, "status", "shop"))
	w.PrependReactor("get", "deployments", forbid)
	compare(t, "status without any permission", w.run(t, "status", "shop"))
}

// What --wait says at once. What is not over is waited for, until the time is up.
func TestWait(t *testing.T) {
	finished := func(d *appsv1.Deployment) { d.Status.UpdatedReplicas = 4 }
	back := shop(rolledBack)
	for name, c := range map[string]struct {
		objects []runtime.Object
		code    int
	}{
		"the wanted template serves everybody":            {[]runtime.Object{shop(), stable(shop())}, 0},
		"it serves everybody, as far as it may be known":  {[]runtime.Object{shop(finished)}, 0},
		"an older word about the version before":          {[]runtime.Object{shop(held), stable(shop())}, 2},
		"an older word, and nothing of stable to be read": {[]runtime.Object{shop(held)}, 2},
		"it was rejected":                             {[]runtime.Object{back, stable(back), canaryOf(back, "shop:v2", 0)}, 1},
		"it was rejected, and the canary is gone":     {[]runtime.Object{back, stable(back)}, 1},
		"another template was rejected":               {[]runtime.Object{shop(rolledBack, wanting("shop:v3")), stable(back), canaryOf(back, "shop:v2", 0)}, 2},
		"it was rejected, and is to be tried again":   {[]runtime.Object{shop(rolledBack, annotate("serin.dev/retry", "true")), stable(back), canaryOf(back, "shop:v2", 0)}, 2},
		"a memo of a rollout that the condition lags": {[]runtime.Object{shop(rolling, said(corev1.ConditionTrue, "UpToDate", "")), stable(back)}, 2},
		"nobody has said anything":                    {[]runtime.Object{shop(unseen)}, 2},
		"it has not opted in":                         {[]runtime.Object{shop(without("serin.dev/canary"))}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			if code := newWorld(c.objects...).execute(t.Context(), nil, &out, "status", "shop", "--wait", "--timeout", "300ms"); code != c.code {
				t.Errorf("ended with %d and not %d, and said %s", code, c.code, out.String())
			}
		})
	}
}
