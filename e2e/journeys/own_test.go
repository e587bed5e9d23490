// SPDX-License-Identifier: Apache-2.0

package journeys_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/serin-dev/serin/e2e/internal/apiproxy"
	"github.com/serin-dev/serin/e2e/internal/journal"
	"github.com/serin-dev/serin/e2e/internal/serin"
)

// controller is one that a journey has for itself, with its only door to the API server. It may be killed and started again.
type controller struct {
	*apiproxy.Proxy
	*serin.Process
}

// modest is how many requests a second the clients make where nothing is told from their shares: other journeys go on beside.
const modest = 50

// calm is open with modest clients.
func calm(t *testing.T, m mode, replicas int, annotations map[string]string) *shop {
	t.Helper()
	p := ground(t, m, annotations, "")
	p.pace = modest
	p.build(replicas)
	return p
}

// own starts a controller that looks after this namespace alone and asks istiod, as everyone's does.
func (p *shop) own(token string, flags ...string) *controller {
	p.Helper()
	dir := p.TempDir()
	door, err := apiproxy.Open(dir, apiproxy.Upstream{Server: p.APIServer, CAFile: p.CAFile, Token: token})
	p.must(err)
	p.Cleanup(door.Shut)
	pass, err := p.tokenOf(p.Context(), "serin", "istio-ca")
	p.must(err)
	file := filepath.Join(dir, "istiod-token")
	p.must(os.WriteFile(file, []byte(pass), 0o600))
	flags = append([]string{
		"--namespace-selector=kubernetes.io/metadata.name=" + p.namespace, "--istiod=http://" + p.IstiodHTTP, "--istiod-token-file=" + file,
	}, flags...)
	process, err := serin.Start(door.Kubeconfig, flags...)
	p.must(err)
	s := &controller{door, process}
	p.Cleanup(func() {
		s.Kill()
		if problem := s.Problem(); problem != "" {
			p.Error(problem)
		}
		if p.Failed() {
			p.Logf("a controller of %s says\n%s", p.namespace, s.About(p.namespace))
		}
	})
	return s
}

// alone is an own controller that needs no lease, with the account that deploy/ gives it.
func (p *shop) alone() *controller {
	p.Helper()
	return p.own(p.account(), serin.Alone...)
}

// account is a token of the account that deploy/ makes.
func (p *shop) account() string {
	p.Helper()
	token, err := p.tokenOf(p.Context(), "serin")
	p.must(err)
	return token
}

// landed is a write about this namespace that the API server accepted.
func (p *shop) landed(c apiproxy.Call) bool {
	return c.Namespace == p.namespace && c.Write() && c.Status >= http.StatusOK && c.Status < http.StatusMultipleChoices
}

// moves are the writes that change something: an Event only tells of it.
func (p *shop) moves(c apiproxy.Call) bool { return p.landed(c) && c.Resource != "events" }

// stepsClimb asserts of the steps what climbs asserts of weights, which there are none of by the ratio of pods.
func (p *shop) stepsClimb() {
	p.Helper()
	plan, steps := append([]int{0}, p.wants()...), []int{0}
	p.Replay(func(e journal.Entry, v journal.View) {
		if memo := v.Memo(app); e.Kind == "Deployment" && e.Name == app && memo.Weight != steps[len(steps)-1] {
			steps = append(steps, memo.Weight)
		}
	})
	for i := 1; i < len(steps); i++ {
		if at := slices.Index(plan, steps[i]); at < 0 || at > 0 && plan[at-1] != steps[i-1] {
			p.Errorf("the steps jumped from %s to %s: %v", percent(steps[i-1]), percent(steps[i]), steps)
		}
	}
}

// neverBelow asserts that from when the clients came at least so many pods took requests.
func (p *shop) neverBelow(pods int) {
	p.Helper()
	p.Kept(app, func(e journal.Entry, canary, own int) {
		if e.At.After(p.began) && canary+own < pods {
			p.Errorf("at %s only %d pods took requests, %d of them the canary's", clock(e.At), canary+own, canary)
		}
	})
}
