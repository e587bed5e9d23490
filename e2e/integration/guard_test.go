// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/serin-dev/serin/e2e/internal/journal"
)

// theGuardComesAndGoes: without the policy an opted-in Deployment is kept paused at rest.
func theGuardComesAndGoes(t *testing.T, c *cluster, s *controller) {
	p := newShop(t, c, s).open(4, quick)
	p.resting("v1", true)
	p.paces("v2", true)
	p.neverBelow(4)
	p.templateIsTheUsers("v1", "v2")
	p.scale(3) // goes on while it is paused
	p.resting("v2", true)

	p.mustDo(c.apply(t.Context(), guardFile))
	p.resting("v2", false)
	p.poll("the policy to hold", func() bool { return p.holds("v3") })
	p.paces("v3", false)

	p.mustDo(c.remove(t.Context(), guardFile))
	p.resting("v3", true)
	p.paces("v4", true)
	if !strings.Contains(s.Log(), `"guard":"armed"`) || !strings.Contains(s.Log(), `"guard":"policy"`) {
		t.Error("the log does not tell which guard is active")
	}
}

// paces sends a version out: held first, by the ratio of pods then, promoted at the end.
func (p *shop) paces(version string, paused bool) {
	p.Helper()
	from := p.lastSeen()
	p.deploy(version)
	p.resting(version, paused)
	seen, unheld := false, false
	p.Replay(func(e journal.Entry, v journal.View) {
		if e.Version <= from {
			return
		}
		canary, own := v.Ready(p.name)
		seen = seen || (canary > 0 && own > 0)
		if images := v.Images(p.name, registry); !seen && images[p.name+":"+version] > 0 && v.Deployment(p.name+"-canary") == nil {
			unheld = true
		}
	})
	if !seen || unheld {
		p.Errorf("%s went out: as a canary beside stable %t, without one %t", version, seen, unheld)
	}
	for _, problem := range []string{"NotHeld", "NativeRollout", "StraysRemoved"} {
		v, _ := p.Now()
		for _, reason := range v.Reasons(p.name) {
			if reason == problem {
				p.Errorf("an Event says %s", reason)
			}
		}
	}
}

// holds tries whether the API server would hold a version.
func (p *shop) holds(version string) bool {
	p.Helper()
	tried, err := p.api.AppsV1().Deployments(p.namespace).Patch(p.Context(), p.name, types.StrategicMergePatchType,
		imagePatch(p.name+":"+version), metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}})
	return err == nil && tried.Spec.Paused
}
