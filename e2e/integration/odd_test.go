// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/serin-dev/serin/e2e/internal/apiproxy"
	"github.com/serin-dev/serin/e2e/internal/journal"
)

func TestStepsEditedDuringARollout(t *testing.T) {
	t.Parallel()
	p := newShop(t, shared, everyones.take(t)).mesh().open(4, slow())
	p.deploy("v2")
	p.at(250)
	p.annotate("steps", "5,10,40,100") // 25% is no step any more; its hold is the plan's
	p.promoted("v2")
	if weights, err := p.Weights(p.name); err != nil || !slices.Equal(weights, []int{journal.Untouched, 0, 250, 400, 1000, journal.Untouched}) {
		t.Errorf("the weights were %v (%v)", weights, err)
	}
	p.neverBeyondCapacity()
}

func TestOptOutDuringARollout(t *testing.T) {
	t.Parallel()
	for name, weight := range map[string]int{"before any weight": 0, "at 25%": 250, "at 100%": 1000} {
		for mode, meshed := range map[string]bool{"in the mesh": true, "by pod ratio": false} {
			t.Run(name+" "+mode, func(t *testing.T) {
				t.Parallel()
				p := newShop(t, shared, everyones.take(t))
				if meshed {
					p.mesh()
				}
				p.open(4, with(quick, "serin.dev/steps", "25:pause,50:pause,100:pause"))
				if weight == 0 { // one that ends some time, as an ordinary rollout has to
					p.deploy("v2-slow-2s")
					p.pods(1)
				} else {
					p.climb(weight)
				}
				p.annotate("canary", "")
				p.await("the Deployment to be an ordinary one, which rolls by itself", func(v journal.View) string {
					d := v.Deployment(p.name)
					switch {
					case d.Annotations["serin.dev/rollout"] != "" || v.Condition(p.name) != nil:
						return "the memo or the condition is there"
					case d.Spec.Paused || d.Status.UpdatedReplicas != 4 || d.Status.AvailableReplicas != 4 || d.Status.Replicas != 4:
						return "it has not rolled"
					case v.Deployment(p.name+"-canary") != nil:
						return "the canary Deployment is there"
					}
					return p.touched(v)
				})
				if meshed {
					p.neverBeyondCapacity()
				}
			})
		}
	}
}

func TestADeploymentDeletedDuringARollout(t *testing.T) {
	t.Parallel()
	for name, weight := range map[string]int{"before any weight": 0, "at 25%": 250, "at 100%": 1000} {
		for _, policy := range []metav1.DeletionPropagation{metav1.DeletePropagationBackground, metav1.DeletePropagationForeground} {
			t.Run(fmt.Sprintf("%s, in the %s", name, policy), func(t *testing.T) {
				t.Parallel()
				p := newShop(t, shared, everyones.take(t)).mesh().open(4, with(quick, "serin.dev/steps", "25:pause,50:pause,100:pause"))
				p.climb(weight)
				p.mustDo(p.api.AppsV1().Deployments(p.namespace).Delete(t.Context(), p.name, metav1.DeleteOptions{PropagationPolicy: &policy}))
				p.await("everything of the rollout to go", func(v journal.View) string {
					if v.Deployment(p.name) != nil || v.Deployment(p.name+"-canary") != nil || len(v.Images(p.name, registry)) > 0 {
						return "there are Deployments or pods"
					}
					return p.touched(v)
				})
			})
		}
	}
}

// rewrite changes the user's VirtualService as somebody else would.
func (p *shop) rewrite(change func(vs *unstructured.Unstructured)) {
	p.Helper()
	resource := p.any.Resource(journal.VirtualServices).Namespace(p.namespace)
	for {
		vs, err := resource.Get(p.Context(), p.name, metav1.GetOptions{})
		p.mustDo(err)
		change(vs)
		_, err = resource.Update(p.Context(), vs, metav1.UpdateOptions{FieldManager: "gitops"})
		if apierrors.IsConflict(err) {
			continue
		}
		p.mustDo(err)
		return
	}
}

// What others write into the VirtualService in mid-rollout stays, and so do the weights.
func TestAVirtualServiceThatOthersEdit(t *testing.T) {
	t.Parallel()
	p := newShop(t, shared, everyones.take(t)).mesh().open(4, with(quick, "serin.dev/steps", "25:pause,50,100"))
	p.deploy("v2")
	p.paused(250)
	edit := func(spec map[string]any) {
		rules, _ := spec["http"].([]any)
		rule, _ := rules[0].(map[string]any)
		rule["timeout"], rule["headers"] = "3s", map[string]any{"response": map[string]any{"set": map[string]any{"x-edited": "yes"}}}
		spec["http"] = append(rules, map[string]any{"name": "new", "match": []any{map[string]any{"port": int64(81)}},
			"route": []any{map[string]any{"destination": map[string]any{"host": "shop", "port": map[string]any{"number": int64(81)}}}}})
	}
	p.rewrite(func(vs *unstructured.Unstructured) {
		vs.SetAnnotations(map[string]string{"example.test/edited": "yes"})
		spec, _ := vs.Object["spec"].(map[string]any)
		edit(spec)
	})
	edit(p.vs)
	p.at(250) // the new rule is split, too
	p.annotate("promote", "step")
	v := p.promoted("v2")
	if vs := v.Routes(p.name); vs.GetAnnotations()["example.test/edited"] != "yes" || vs.GetLabels()["team"] != "shop" {
		t.Errorf("labels and annotations are %v and %v", vs.GetLabels(), vs.GetAnnotations())
	}
}

// A tool that puts the VirtualService back is not fought, and nothing is promoted on weights that are not there.
func TestAVirtualServiceThatIsPutBack(t *testing.T) {
	t.Parallel()
	for name, weight := range map[string]int{"at 25%": 250, "at 100%": 1000} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newShop(t, shared, everyones.take(t)).mesh().open(4, with(quick, "serin.dev/steps", "25:pause,50:pause,100:pause"))
			p.deploy("v2")
			p.climbOn(weight)
			from := p.serin.Count()
			p.rewrite(func(vs *unstructured.Unstructured) { vs.Object["spec"] = p.vs })
			v := p.saying("Unknown", "RoutesReverted")
			for _, words := range []string{"gitops", "ignoreDifferences", p.namespace + "/" + p.name} {
				if c := v.Condition(p.name); !strings.Contains(c.Message, words) {
					t.Errorf("the condition does not say %q: %s", words, c.Message)
				}
			}
			p.warned("RoutesReverted")
			p.annotate("steps", "25,50,100") // nobody holds it any more
			p.promoted("v2")
			p.waitedBeforeWriting(from)
			p.neverBeyondCapacity()
			p.judgedFirst("v2")
		})
	}
}

// climbOn passes the steps of a rollout that has begun, up to the weight.
func (p *shop) climbOn(weight int) {
	p.Helper()
	for _, step := range []int{250, 500, 1000} {
		p.paused(step)
		if step == weight {
			return
		}
		p.annotate("promote", "step")
	}
}

// waitedBeforeWriting asserts that routes were not written again at once after somebody had put them back.
func (p *shop) waitedBeforeWriting(from int) {
	p.Helper()
	calls := p.serin.Since(from, func(c apiproxy.Call) bool {
		return c.Namespace == p.namespace && c.Resource == "virtualservices" && c.Verb == "update"
	})
	const least = 8 * time.Second // of ten
	if len(calls) == 0 {
		p.Fatal("the routes were never written again")
	}
	before := p.serin.Since(from-1, func(apiproxy.Call) bool { return true })[0]
	if waited := calls[0].At.Sub(before.At); waited < least {
		p.Errorf("the routes were written again after %s", waited)
	}
}

func TestTwoTargetsAtOnce(t *testing.T) {
	t.Parallel()
	one := newShop(t, shared, everyones.take(t)).mesh().open(2, quick)
	other := *one
	other.name = "cart"
	other.mesh().open(2, quick)
	one.deploy("v2")
	other.deploy("v2-crash")
	one.promoted("v2")
	other.rolledBack("v1", "CrashLoop")
	one.neverBeyondCapacity()
	other.neverBeyondCapacity()
}

func TestScaledToZeroDuringARollout(t *testing.T) {
	t.Parallel()
	for name, weight := range map[string]int{"before any weight": 0, "at 25%": 250, "at 100%": 1000} {
		for mode, meshed := range map[string]bool{"in the mesh": true, "by pod ratio": false} {
			t.Run(name+" "+mode, func(t *testing.T) {
				t.Parallel()
				p := newShop(t, shared, everyones.take(t))
				if meshed {
					p.mesh()
				}
				p.open(4, with(quick, "serin.dev/steps", "25:pause,50:pause,100:pause"))
				p.climb(weight)
				p.scale(0)
				p.saying("Unknown", "NoReplicas")
				p.annotate("steps", "50,100")
				p.patch(types.StrategicMergePatchType, string(imagePatch(p.name+":v3")))
				p.scale(3)
				p.promoted("v3")
				p.neverStable("v2", "v2-never-ready")
				p.judgedFirst("v3")
			})
		}
	}
}
