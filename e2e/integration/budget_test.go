// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/serin-dev/serin/e2e/internal/apiproxy"
	"github.com/serin-dev/serin/e2e/internal/journal"
)

// mostWrites is the budget of one rollout of five steps, Events included.
const mostWrites = 30

func TestWritesOfARollout(t *testing.T) {
	t.Parallel()
	short := map[string]string{"serin.dev/canary": "true", "serin.dev/hold": "300ms", "serin.dev/settle": "100ms"}
	for name, test := range map[string]struct {
		mesh    bool
		version string
	}{
		"promoted in the mesh":     {true, "v2"},
		"promoted by pod ratio":    {false, "v2"},
		"rolled back in the mesh":  {true, "v2-crash-later-2s"},
		"rolled back by pod ratio": {false, "v2-crash-later-2s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newShop(t, shared, everyones.take(t))
			annotations := short
			if test.mesh {
				p.mesh()
			}
			if test.version != "v2" { // something has to be there to be taken back
				annotations = with(short, "serin.dev/steps", "25,50:1h,100")
			}
			p.open(4, annotations)
			p.told("UpToDate")
			from := p.serin.Count()
			p.deploy(test.version)
			if test.version == "v2" {
				p.promoted("v2")
			} else {
				p.rolledBack("v1")
			}
			p.toldTheEnd()
			writes := p.serin.Since(from, func(c apiproxy.Call) bool { return c.Write() && c.Namespace == p.namespace })
			t.Logf("writes of a rollout, %s:\n%s", name, apiproxy.Table(writes))
			landed := slices.DeleteFunc(writes, func(c apiproxy.Call) bool { return c.Status >= http.StatusBadRequest })
			if len(landed) > mostWrites {
				t.Errorf("%d writes, and the budget is %d: %v", len(landed), mostWrites, landed)
			}
		})
	}
}

// toldTheEnd waits until the last Event says what the condition says.
func (p *shop) toldTheEnd() {
	p.Helper()
	p.await("the last Event", func(v journal.View) string {
		if reasons := v.Reasons(p.name); reasons[len(reasons)-1] != v.Condition(p.name).Reason {
			return fmt.Sprint(reasons)
		}
		return ""
	})
}

// Deployments at rest cost nothing, however busy others are, and whatever happens to them that is no new template.
func TestRestIsFree(t *testing.T) {
	t.Parallel()
	const number, length = 50, 60 * time.Second
	p := newShop(t, shared, everyones.take(t)).mesh()
	for i := range number {
		p.name = fmt.Sprintf("shop-%d", i)
		p.create(deploymentOf(p.name, 1, quick))
		p.serve(serviceOf(p.name))
	}
	for i := range number {
		p.name = fmt.Sprintf("shop-%d", i)
		p.adopted()
		p.await("its Event", func(v journal.View) string {
			if reasons := v.Reasons(p.name); len(reasons) == 0 || reasons[len(reasons)-1] != "UpToDate" {
				return fmt.Sprint(reasons)
			}
			return ""
		})
	}
	from := p.serin.Count()
	over, touch := time.After(length), time.NewTicker(length/number)
	defer touch.Stop()
	for i := 0; ; {
		select {
		case <-over:
			if calls := p.serin.Since(from, p.unrest); len(calls) > 0 {
				t.Errorf("requests in %s at rest:\n%s\n%v", length, apiproxy.Table(calls), calls)
			}
			return
		case <-touch.C:
			i++
			p.name = fmt.Sprintf("shop-%d", i%number)
			p.disturb(i)
		}
	}
}

// unrest is a request that was made for this namespace, or for all.
func (p *shop) unrest(c apiproxy.Call) bool {
	return (c.Namespace == p.namespace || c.Namespace == "") && !c.Rests()
}

// disturb does something to a Deployment that is none of the controller's business.
func (p *shop) disturb(i int) {
	p.Helper()
	switch i % 3 {
	case 0:
		p.patch(types.MergePatchType, fmt.Sprintf(`{"metadata":{"annotations":{"example.test/note":"%d"}}}`, i))
	case 1:
		p.scale(1 + i%2)
	case 2:
		p.patch(types.StrategicMergePatchType, string(imagePatch(p.name+":v1"))) // as it is
	}
}
