// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"encoding/json"
	"testing"
)

// What a real controller recorded is told while it happens, and afterwards.
func TestCLIExplains(t *testing.T) {
	t.Parallel()
	p := newShop(t, shared, everyones.take(t)).mesh().open(2, slow())
	p.command("explain", "shop").ends(1, "no rollout of Deployment shop is recorded yet")
	p.deploy("v2-restart-later-3s")
	p.at(250)
	p.command("explain", "shop").ends(0, "rollout 1 of 1: under way", "NewTemplate", "StepPassed", "25%", "Istio weights")
	p.command("history", "shop").ends(0, "UnderWay", "shop:v2-restart-later-3s")
	p.rolledBack("v1", "RestartsExceeded")
	p.command("explain", "shop").ends(0, "rollout 1 of 1: rolled back", "RestartsExceeded", "wrote: ", "Last words of the canary:", "pod shop-canary-")

	p.annotate("steps", "50,100")
	p.annotate("hold", "1s")
	p.deploy("v3")
	p.promoted("v3")
	p.command("explain", "shop").ends(0, "rollout 1 of 2: promoted", "AllStepsPassed")
	p.command("explain", "shop", "--rollout", "2").ends(0, "rollout 2 of 2: rolled back", "RestartsExceeded")
	p.command("explain", "shop", "--rollout", "3").ends(1, "there is no rollout 3 of shop; its record has 2")
	p.command("history", "shop").ends(0, "Promoted", "RolledBack", "shop:v3", "shop:v2-restart-later-3s")
	var all struct{ Rollouts []struct{ Outcome string } }
	if err := json.Unmarshal([]byte(p.command("history", "shop", "-o", "json").ends(0)), &all); err != nil || len(all.Rollouts) != 2 || all.Rollouts[1].Outcome != "Promoted" {
		t.Errorf("as JSON it tells of %+v, %v", all, err)
	}
}
