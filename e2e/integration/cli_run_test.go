// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/serin-dev/serin/e2e/internal/apiproxy"
	"github.com/serin-dev/serin/e2e/internal/serin"
)

func image(version string) string { return "app=" + registry + "shop:" + version }

func TestCLIRunPromotes(t *testing.T) {
	t.Parallel()
	for name, mesh := range map[string]bool{"in the mesh": true, "by pod ratio": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newShop(t, shared, everyones.take(t))
			if mesh {
				p.mesh()
			}
			p.open(4, quick)
			said := p.command("run", "shop", "--image", image("v2")).ends(0, "is changed, and held by the API server", "Promoted: the wanted template serves everybody")
			for _, weight := range []string{"25%", "50%", "100%"} {
				if !strings.Contains(said, "to "+weight) {
					t.Errorf("it does not tell of the step at %s", weight)
				}
			}
			p.promoted("v2")
			p.command("run", "shop", "--image", image("v2")).ends(0, "Already at that version")
			p.command("run", "shop", "--restart").ends(0, "Promoted: ")
		})
	}
}

func TestCLIRunRollsBack(t *testing.T) {
	t.Parallel()
	p := newShop(t, shared, everyones.take(t)).mesh().open(2, slow())
	p.command("run", "shop", "--image", image("v2-restart-later-1s")).ends(1, "Rolled back: RestartsExceeded", "stable serves everybody")
	p.rolledBack("v1", "RestartsExceeded")
	p.command("run", "shop", "--image", image("v2-restart-later-1s")).ends(1, "was rejected")
	p.command("status", "shop", "--wait", "--timeout", "1m").ends(1, "RolledBack")
	p.annotate("steps", "25,50,100")
	p.command("run", "shop", "--image", image("v3")).ends(0, "Promoted: ") // an older rejection is not its own
}

func TestCLIRunOutlivesTheController(t *testing.T) {
	onItsOwn(t)
	s := startSerin(t, newProxy(t, shared, shared.token), serin.Alone...)
	p := newShop(t, shared, s).mesh().open(2, with(quick, "serin.dev/hold", "2s"))
	run := p.command("run", "shop", "--image", image("v2"))
	run.says("Progressing at 25%")
	s.Kill()
	run.says("Nobody answers")
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	run.ends(0, "Promoted: ")
}

func TestCLIRunOutlivesTheAPIServer(t *testing.T) {
	t.Parallel()
	p := newShop(t, shared, everyones.take(t)).mesh().open(2, with(quick, "serin.dev/hold", "4s"))
	door := newProxy(t, shared, shared.config.BearerToken)
	run := p.commandThrough(door.Kubeconfig, "run", "shop", "--image", image("v2"))
	run.says("Progressing at 25%")
	var away atomic.Bool
	away.Store(true)
	gone := func(apiproxy.Call) apiproxy.Fate {
		if away.Load() {
			return apiproxy.Cut
		}
		return apiproxy.Passes
	}
	door.Decide("", gone)
	door.Decide(p.namespace, gone)
	door.HangUp()
	time.Sleep(10 * time.Second)
	run.has("The API server does not answer")
	away.Store(false)
	run.ends(0, "The API server answers again", "Promoted: ")
}

func TestCLIRunIsSuperseded(t *testing.T) {
	t.Parallel()
	p := newShop(t, shared, everyones.take(t)).mesh().open(2, slow())
	run := p.command("run", "shop", "--image", image("v2"), "--abort-on-exit")
	p.at(250)
	p.deploy("v3")
	run.ends(3, "Superseded", "shop:v3")
	p.at(250)
	if _, given := p.Deployment().Annotations["serin.dev/abort"]; given {
		t.Error("the other one's rollout was aborted")
	}
}

func TestCLIRunIsInterrupted(t *testing.T) {
	t.Parallel()
	p := newShop(t, shared, everyones.take(t)).mesh().open(2, slow())
	run := p.command("run", "shop", "--image", image("v2"))
	p.at(250)
	run.signal(syscall.SIGTERM)
	run.ends(130, "Interrupted", "left running")
	p.at(250)
	run = p.command("run", "shop", "--image", image("v2"), "--abort-on-exit")
	run.says("That template is wanted already")
	run.says("Progressing at 25%")
	run.signal(syscall.SIGTERM)
	run.ends(130, "asked to roll back")
	p.rolledBack("v1", "AbortRequested")
}
