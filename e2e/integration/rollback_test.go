// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/serin-dev/serin/e2e/internal/journal"
)

// fault is a version that must not be promoted, and what is said of it.
type fault struct {
	version string
	slow    bool // holds the first step, so that the fault shows under traffic
	with    []string
	reasons []string
	words   string // of the pod itself
}

var faults = map[string]fault{
	"pods that crash at once":          {"v2-crash", false, nil, []string{"CrashLoop"}, "back-off"},
	"pods that run out of memory":      {"v2-oom", false, nil, []string{"CrashLoop"}, "OOMKilled"},
	"an image that cannot be pulled":   {"v2-pull", false, nil, []string{"ImagePullFailed"}, "ImagePullBackOff"},
	"a configuration that is missing":  {"v2-config", false, nil, []string{"ContainerConfigFailed"}, `secret "app-config" not found`},
	"one restart too many":             {"v2-crash-once", false, nil, []string{"RestartsExceeded"}, "1 restart"},
	"pods that never become ready":     {"v2-never-ready", false, []string{"serin.dev/deadline", "4s"}, []string{"DeadlineExceeded", "ProgressDeadlineExceeded"}, "readiness probe"},
	"pods that never start":            {"v2-pending", false, []string{"serin.dev/deadline", "4s"}, []string{"DeadlineExceeded", "ProgressDeadlineExceeded"}, "ContainerCreating"},
	"pods that crash under traffic":    {"v2-crash-later-3s", true, nil, []string{"CrashLoop", "RestartsExceeded"}, "app"},
	"a restart under traffic":          {"v2-restart-later-3s", true, nil, []string{"RestartsExceeded"}, "1 restart"},
	"pods that stop to be ready later": {"v2-unready-later-3s", true, []string{"serin.dev/deadline", "4s"}, []string{"DeadlineExceeded", "ProgressDeadlineExceeded"}, "readiness probe"},
}

func TestAFaultRollsBack(t *testing.T) {
	t.Parallel()
	for name, f := range faults {
		for mode, meshed := range map[string]bool{"in the mesh": true, "by pod ratio": false} {
			t.Run(name+" "+mode, func(t *testing.T) {
				t.Parallel()
				annotations := with(quick, f.with...)
				if f.slow {
					annotations = with(slow(), f.with...)
				}
				p := newShop(t, shared, everyones.take(t))
				if meshed {
					p.mesh()
				}
				p.open(4, annotations)
				p.deploy(f.version)
				v := p.rolledBack("v1", f.reasons...)
				if c := v.Condition(p.name); !strings.Contains(c.Message, f.words) {
					t.Errorf("the condition does not say %q: %s", f.words, c.Message)
				}
				if meshed {
					weights, err := p.Weights(p.name)
					if rose := slices.Contains(weights, 250); err != nil || (rose && !f.slow) {
						t.Errorf("the weights were %v (%v)", weights, err)
					}
				}
				p.warned(f.reasons...)
				p.annotate("steps", "50,100")
				p.annotate("deadline", "1m")
				p.deploy("v3")
				p.promoted("v3")
				p.templateIsTheUsers("v1", f.version, "v3")
			})
		}
	}
}

// warned waits for a Warning Event with one of the reasons.
func (p *shop) warned(reasons ...string) {
	p.Helper()
	p.await("a Warning Event "+strings.Join(reasons, " or "), func(v journal.View) string {
		for _, e := range v.Story(p.name) {
			if e.Type == "Warning" && slices.Contains(reasons, e.Reason) {
				return ""
			}
		}
		return "the Events tell " + strings.Join(v.Reasons(p.name), " ")
	})
}

func TestARejectedTemplateIsPutBack(t *testing.T) {
	t.Parallel()
	p := newShop(t, shared, everyones.take(t)).mesh().open(2, quick)
	p.deploy("v2-crash")
	p.rolledBack("v1", "CrashLoop")
	p.deploy("v1")
	p.promoted("v1")
	p.told("UpToDate", "NewTemplate", "CrashLoop", "CrashLoop", "TemplateReverted", "Cancelled", "UpToDate")
}

func TestAbortAtEachStep(t *testing.T) {
	t.Parallel()
	for name, weight := range map[string]int{"before any": 0, "at 25%": 250, "at 50%": 500, "at 100%": 1000} {
		for mode, meshed := range map[string]bool{"in the mesh": true, "by pod ratio": false} {
			t.Run(name+" "+mode, func(t *testing.T) {
				t.Parallel()
				p := newShop(t, shared, everyones.take(t))
				if meshed {
					p.mesh()
				}
				p.open(4, with(quick, "serin.dev/steps", "25:pause,50:pause,100:pause"))
				p.climb(weight)
				p.annotate("abort", "true")
				p.rolledBack("v1", "AbortRequested")
				p.obeyed("abort")
				p.annotate("steps", "50,100")
				p.annotate("retry", "true")
				if weight == 0 { // it still cannot be promoted
					p.saying("Unknown", "NewTemplate", "RetryRequested", "CanaryNotAvailable")
					p.deploy("v1")
					p.promoted("v1")
					return
				}
				p.promoted("v2")
				p.obeyed("retry")
			})
		}
	}
}

// climb begins a rollout whose steps wait for a person, and passes them up to the weight.
func (p *shop) climb(weight int) {
	p.Helper()
	if weight == 0 {
		p.deploy("v2-never-ready")
		p.pods(1)
		return
	}
	p.deploy("v2")
	for _, step := range []int{250, 500, 1000} {
		p.paused(step)
		if step == weight {
			return
		}
		p.annotate("promote", "step")
	}
}

// obeyed waits until a command is gone.
func (p *shop) obeyed(command string) {
	p.Helper()
	p.await(command+" to be carried out", func(v journal.View) string {
		if value, found := v.Deployment(p.name).Annotations["serin.dev/"+command]; found {
			return "the annotation is still " + value
		}
		return ""
	})
}
