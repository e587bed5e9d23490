// SPDX-License-Identifier: Apache-2.0

package journeys_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/e2e/internal/helm"
)

// chart is a release that looks after a shop's namespace alone, by Roles in it.
type chart struct {
	*shop
	release helm.Release
}

// installed is a shop that a release of its own looks after. The guard is that of everyone's installation: a cluster has one.
func installed(t *testing.T, m mode, promise string) *chart {
	t.Helper()
	// It asks no istiod, which would have to know its namespace: it gives the clients time to follow.
	p := ground(t, m, with(hasty("50:1h,100"), "serin.dev/settle", "5s"), promise, ownerLabel, "own")
	home := p.namespace + "-serin"
	path, err := filepath.Abs(filepath.Join("..", "..", "charts", "serin"))
	p.must(err)
	c := &chart{p, helm.Release{Name: "serin-" + p.namespace[strings.LastIndex(p.namespace, "-")+1:], Namespace: home,
		Kubeconfig: p.Kubeconfig, Dir: t.TempDir(), Chart: path, Command: p.Command}}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		_, _ = c.release.Run(ctx, "uninstall", "--no-hooks") // where the journey has not come to it
		_ = p.api.CoreV1().Namespaces().Delete(ctx, home, metav1.DeleteOptions{})
	})
	c.helm("install", "--create-namespace", "--wait", "--timeout=5m", "--set", "image.repository="+registry+"serin,image.tag=e2e,image.pullPolicy=Never,"+
		"guard.install=never,namespaces={"+p.namespace+"}")
	p.build(3)
	return c
}

func (c *chart) helm(verb string, args ...string) string {
	c.Helper()
	said, err := c.release.Run(c.Context(), verb, args...)
	c.must(err)
	return said
}

// controllers are the pods of the release that are there.
func (c *chart) controllers() (names []string) {
	c.Helper()
	pods, err := c.api.CoreV1().Pods(c.release.Namespace).List(c.Context(), metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=serin"})
	c.must(err)
	for _, pod := range pods.Items {
		if pod.Status.Phase == corev1.PodRunning && pod.DeletionTimestamp == nil {
			names = append(names, pod.Name)
		}
	}
	return names
}

// The chart is upgraded, and rolled back, in the middle of a step: other pods of the controller go on where the first ones were.
func TestTheChartIsUpgraded(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, m mode) {
		t.Helper()
		c := installed(t, m, "Helm upgrades the chart in the middle of a step, and takes the upgrade back: nothing of the rollout changes, and no request fails.")
		if said := c.helm("test", "--logs", "--timeout=5m"); !hasAll(said, "Controller: ", "has all") {
			t.Errorf("helm test says\n%s", said)
		}
		c.midStep()
		before := c.controllers()
		c.helm("upgrade", "--reset-then-reuse-values", "--set", "verbosity=1", "--wait", "--timeout=5m")
		c.helm("rollback", "1", "--wait", "--timeout=5m")
		for _, pod := range c.controllers() {
			if hasAll(strings.Join(before, " "), pod) {
				t.Errorf("pod %s was not replaced", pod)
			}
		}
		c.weighing(500)
		c.annotate("promote", "full")
		c.promoted("v2")
		c.emptied()
		c.onlyAnswers("v2")
		c.noneFailed()
		c.answered("v1", "v2")
		c.climbs()
		c.stepsClimb()
	})
}

// The chart is uninstalled in the middle of a step: the rollout is taken back first.
func TestTheChartIsUninstalled(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, m mode) {
		t.Helper()
		c := installed(t, m, "Helm uninstalls the chart in the middle of a step: the rollout is taken back before the controller goes, the routes are the user's, and no request fails.")
		c.midStep()
		c.helm("uninstall", "--wait", "--timeout=6m")
		v, _ := c.Now()
		if problem := c.touched(v); problem != "" {
			t.Error(problem)
		}
		c.rolledBack("v1", "AbortRequested")
		c.must(until(t.Context(), c.patience, func(context.Context) error {
			if left := c.controllers(); len(left) > 0 {
				return fmt.Errorf("controllers are still there: %v", left)
			}
			return nil
		}))
		c.onlyAnswers("v1")
		c.noneFailed()
		c.answered("v1", "v2")
		c.neverStable("v2")
		c.fell(500)
		c.climbs()
	})
}
