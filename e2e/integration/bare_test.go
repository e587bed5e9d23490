// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/serin-dev/serin/e2e/internal/journal"
	"github.com/serin-dev/serin/e2e/internal/serin"
	"github.com/serin-dev/serin/e2e/lab"
)

// What holds for a whole cluster changes while the controller runs. It begins with neither guard nor mesh.
func TestABareCluster(t *testing.T) {
	t.Parallel()
	c, err := newCluster(t.Context(), lab.Options{KWOKNodes: 1, NoGuard: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	s := startSerin(t, newProxy(t, c, c.token), serin.Alone...)
	t.Run("the guard comes and goes", func(t *testing.T) { theGuardComesAndGoes(t, c, s) })
	t.Run("the mesh comes and goes", func(t *testing.T) { theMeshComesAndGoes(t, c, s) })
}

// resting waits until a version serves everybody, nothing is left of its rollout, and the target is paused or not.
func (p *shop) resting(version string, paused bool) {
	p.Helper()
	p.await(fmt.Sprintf("%s to serve, paused %t", version, paused), func(v journal.View) string {
		d := v.Deployment(p.name)
		size := int(*d.Spec.Replicas)
		switch images := v.Images(p.name, registry); {
		case p.isPromoted(v) != "":
			return p.isPromoted(v)
		case len(images) != 1 || images[p.name+":"+version] != size || int(d.Status.AvailableReplicas) != size:
			return fmt.Sprintf("the pods are %v, and %d are available", images, d.Status.AvailableReplicas)
		case v.Deployment(p.name+"-canary") != nil:
			return "the canary Deployment is there"
		case d.Spec.Paused != paused:
			return fmt.Sprintf("paused is %t", d.Spec.Paused)
		}
		return p.touched(v)
	})
}

// poll asks until the answer is yes.
func (p *shop) poll(what string, done func() bool) {
	p.Helper()
	deadline, look := time.After(p.patience), time.NewTicker(50*time.Millisecond)
	defer look.Stop()
	for !done() {
		select {
		case <-look.C:
		case <-deadline:
			p.Fatalf("waited %s for %s", p.patience, what)
		}
	}
}
