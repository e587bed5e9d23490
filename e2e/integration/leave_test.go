// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/serin-dev/serin/e2e/internal/serin"
)

// leave does what the chart does before it is uninstalled.
func (p *shop) leave(timeout string) (said string, err error) {
	p.Helper()
	binary, err := serin.Binary()
	if err != nil {
		p.Fatal(err)
	}
	output, err := exec.CommandContext(p.Context(), binary, "leave", "--kubeconfig", p.serin.Kubeconfig, "--timeout", timeout, "--namespace", p.namespace,
		"--namespace-selector", "kubernetes.io/metadata.name="+p.namespace).CombinedOutput()
	return string(output), err
}

func TestLeavingRollsBackAndWaits(t *testing.T) {
	t.Parallel()
	p := newShop(t, shared, everyones.take(t)).mesh().open(2, slow())
	p.electorate() // where leave looks for the lease of a controller
	p.deploy("v2")
	p.at(250)
	said, err := p.leave("1m")
	if err != nil || !containsAll(said, []string{"Rolling back", "Stays paused", "No rollout is under way"}) {
		t.Fatalf("it ended with %v:\n%s", err, said)
	}
	if target := p.Deployment(); !target.Spec.Paused {
		t.Error("the template that was rolled back goes out to everybody")
	}
	p.rolledBack("v1", "AbortRequested")
	if said, err := p.leave("1m"); err != nil || strings.Contains(said, "Rolling back") {
		t.Errorf("again, it ended with %v:\n%s", err, said)
	}
}

func TestLeavingADeadControllerFails(t *testing.T) {
	onItsOwn(t)
	own := startSerin(t, newProxy(t, shared, shared.token), serin.Alone...)
	p := newShop(t, shared, own).mesh().open(2, slow())
	p.deploy("v2")
	p.at(250)
	own.Kill()
	if said, err := p.leave("3s"); err == nil || !containsAll(said, []string{"the time was up", p.namespace + "/" + p.name, "does a controller run"}) {
		t.Errorf("it ended with %v:\n%s", err, said)
	}
	p.at(250)
}
