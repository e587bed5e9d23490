// SPDX-License-Identifier: Apache-2.0

package journeys_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/serin-dev/serin/e2e/internal/journal"
)

const (
	synced     = 5 * time.Second  // how often a robot applies what it was given
	firstRetry = 10 * time.Second // the wait before the first write that was undone is repeated; it doubles
)

// guarded is a plan whose holds are longer than a robot's rest, so that no step passes between two of its visits.
var guarded = with(plan, "serin.dev/steps", "50,100", "serin.dev/hold", "8s", "serin.dev/settle", "1s")

// robot applies the same again and again, whatever it finds, until it is told to stop.
func (p *shop) robot(apply func(context.Context) error) (visits *atomic.Int64, stop func()) {
	ctx, cancel := context.WithCancel(p.Context())
	visits, ended := &atomic.Int64{}, make(chan struct{})
	go func() {
		defer close(ended)
		for tick := time.NewTicker(synced); ; visits.Add(1) {
			if err := apply(ctx); err != nil && ctx.Err() == nil && !apierrors.IsConflict(err) {
				p.Errorf("the robot: %v", err)
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	}()
	return visits, func() {
		cancel()
		<-ended
	}
}

// A GitOps tool puts the user's routes back again and again, by server-side apply, and is then given the ignore rule.
func TestARobotForcesRoutes(t *testing.T) {
	t.Parallel()
	p := calm(t, mesh, 2, guarded)
	var ignores atomic.Bool
	apply := func(ctx context.Context) error { return p.force(ctx, ignores.Load()) }
	p.must(apply(t.Context()))
	p.keepRoutes()
	visits, stop := p.robot(apply)
	defer stop()
	p.deploy("v2")
	p.undone(2, "robot")
	ignores.Store(true)
	p.promoted("v2")
	p.row.promise = fmt.Sprintf("A robot that puts the VirtualService back every 5 s by server-side apply (%d times, and with the ignore rule that the "+
		"condition names in the end) is not fought: %s; no step passes on weights that were not there.", visits.Load(), p.rests())
	p.outlived()
}

// The same as kubectl apply does it, by a patch against what it applied last; this one is stopped.
func TestARobotPatchesRoutes(t *testing.T) {
	t.Parallel()
	p := calm(t, mesh, 2, guarded)
	file := p.file(p.manifest())
	apply := func(ctx context.Context) error { return p.kubectl(ctx, "apply", "--filename="+file) }
	p.must(apply(t.Context()))
	p.keepRoutes()
	visits, stop := p.robot(apply)
	p.deploy("v2")
	p.undone(2, "kubectl-client-side-apply")
	stop()
	p.promoted("v2")
	p.row.promise = fmt.Sprintf("A robot that puts the VirtualService back every 5 s as kubectl apply does (%d times, and then stops) "+
		"is not fought: %s; no step passes on weights that were not there.", visits.Load(), p.rests())
	p.outlived()
}

func (p *shop) outlived() {
	p.Helper()
	p.onlyAnswers("v2")
	p.noneFailed()
	p.climbs()
	p.earned()
}

// manifest is the user's VirtualService as it is in Git.
func (p *shop) manifest() *unstructured.Unstructured {
	p.Helper()
	vs := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "networking.istio.io/v1", "kind": "VirtualService",
		"metadata": map[string]any{"name": app, "namespace": p.namespace, "labels": map[string]any{"team": "shop"}},
	}}
	var spec map[string]any
	p.must(yaml.Unmarshal([]byte(everybody), &spec))
	vs.Object["spec"] = spec
	return vs
}

// force applies the manifest, with the routes as they are if the tool was told to ignore them: what Argo CD does with
// RespectIgnoreDifferences. The version that it read keeps it from undoing what came meanwhile.
func (p *shop) force(ctx context.Context, ignore bool) error {
	vs, routes := p.manifest(), p.any.Resource(journal.VirtualServices).Namespace(p.namespace)
	if ignore {
		live, err := routes.Get(ctx, app, metav1.GetOptions{})
		if err != nil {
			return err
		}
		vs.SetResourceVersion(live.GetResourceVersion())
		rules, _, _ := unstructured.NestedSlice(vs.Object, "spec", "http")
		there, _, _ := unstructured.NestedSlice(live.Object, "spec", "http")
		for i := range rules {
			rules[i].(map[string]any)["route"] = there[i].(map[string]any)["route"]
		}
		if err := unstructured.SetNestedSlice(vs.Object, rules, "spec", "http"); err != nil {
			return err
		}
	}
	_, err := routes.Apply(ctx, app, vs, metav1.ApplyOptions{FieldManager: "robot", Force: true})
	return err
}

// file writes an object down for kubectl.
func (p *shop) file(object any) string {
	p.Helper()
	text, err := json.Marshal(object)
	p.must(err)
	name := filepath.Join(p.TempDir(), "manifest.json")
	p.must(os.WriteFile(name, text, 0o600))
	return name
}

// keepRoutes takes the VirtualService as it is for what the user wrote.
func (p *shop) keepRoutes() {
	p.Helper()
	live, err := p.any.Resource(journal.VirtualServices).Namespace(p.namespace).Get(p.Context(), app, metav1.GetOptions{})
	p.must(err)
	p.vs = written(live)
}

// undone waits until the weights were put back so often, and the condition says by whom, and what to do.
func (p *shop) undone(times int, who string) {
	p.Helper()
	p.await("the routes to be put back", func(journal.View) string {
		if reverts, _ := p.reverts(); reverts < times {
			return fmt.Sprintf("they were %d times", reverts)
		}
		return ""
	})
	words := p.saying("Unknown", "RoutesReverted")
	for _, word := range []string{
		who, p.namespace + "/" + app, "group: networking.istio.io", "kind: VirtualService", "jqPathExpressions",
		"'.spec.http[]?.route', '.spec.tcp[]?.route', '.spec.tls[]?.route'", "RespectIgnoreDifferences=true",
	} {
		if !hasAll(words, word) {
			p.Errorf("the condition does not say %q: %s", word, words)
		}
	}
}

// reverts counts how often weights were taken away, and how long it took each time until they were there again.
func (p *shop) reverts() (times int, rests []time.Duration) {
	var last int
	var since time.Time
	p.Replay(func(e journal.Entry, v journal.View) {
		if e.Kind != "VirtualService" || e.Name != app {
			return
		}
		weight, err := journal.WeightIn(v.Routes(app))
		switch {
		case err != nil || weight == last:
			return
		case weight == journal.Untouched && last != journal.Untouched && e.At.After(p.began):
			times++
			since = e.At
		case last == journal.Untouched && !since.IsZero():
			rests = append(rests, e.At.Sub(since))
		}
		last = weight
	})
	return times, rests
}

// rests asserts that weights that were taken away are written ever more rarely, and tells how often they were.
func (p *shop) rests() string {
	p.Helper()
	_, rests := p.reverts()
	var all time.Duration
	wait := firstRetry
	for _, rest := range rests {
		if rest < wait-time.Second { // the journal and the controller need not hear of it at once
			p.Errorf("weights were written %s after they had been put back, and not after %s: %v", rest, wait, rests)
		}
		all, wait = all+rest, 2*wait
	}
	if len(rests) == 0 {
		p.Error("weights were never written again")
	}
	return fmt.Sprintf("the weights are written again %d times in %s", len(rests), all.Round(time.Second))
}

// earned asserts that each step began when the routes had the weight of the one before, and the promotion when they had all.
func (p *shop) earned() {
	p.Helper()
	var last journal.Memo
	p.Replay(func(e journal.Entry, v journal.View) {
		memo := v.Memo(app)
		if e.Kind != "Deployment" || e.Name != app || memo == last {
			return
		}
		had, err := journal.WeightIn(v.Routes(app))
		if memo.Weight > last.Weight && (err != nil || had != last.Weight) || memo.Promoting && !last.Promoting && had != 1000 {
			p.Errorf("at %s the rollout went from %+v to %+v with a weight of %d (%v)", clock(e.At), last, memo, had, err)
		}
		last = memo
	})
}

// A GitOps tool applies the Deployment again and again, as kubectl apply does: with the new image, and without the field paused.
func TestARobotAppliesTheDeployment(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		mode  mode
		sized bool // the manifest names the size
	}{"mesh": {mesh, true}, "ratio": {ratio, true}, "unsized": {ratio, false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			annotations := with(brief, "serin.dev/hold", "6s") // so that it comes at each step
			p := calm(t, test.mode, 4, annotations)
			apply := func(version string) func(context.Context) error {
				file := p.file(p.inGit(version, test.sized))
				return func(ctx context.Context) error { return p.kubectl(ctx, "apply", "--filename="+file) }
			}
			p.must(apply("v1")(t.Context()))
			visits, stop := p.robot(apply("v2"))
			defer stop()
			p.promoted("v2")
			p.onlyAnswers("v2")
			p.noneFailed()
			p.climbs()
			p.stepsClimb()
			p.neverBelow(4)
			p.weighted(journal.Untouched, 0, 250, 500, 1000, journal.Untouched)
			p.row.promise = fmt.Sprintf("A robot that applies the Deployment every 5 s (%d times) as kubectl apply does, without the field paused, disturbs nothing.", visits.Load())
		})
	}
}

// inGit is the Deployment as its manifest has it.
func (p *shop) inGit(version string, sized bool) *appsv1.Deployment {
	d := deployment(4, p.annotated)
	d.TypeMeta = metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"}
	d.Namespace = p.namespace
	d.Spec.Template.Spec.Containers[0] = container(version, "")
	if !sized {
		d.Spec.Replicas = nil
	}
	return d
}
