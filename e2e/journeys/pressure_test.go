// SPDX-License-Identifier: Apache-2.0

package journeys_test

import (
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/e2e/internal/journal"
)

// misfit is a version that the node cannot run, and what is said of it.
type misfit struct {
	// deadline is short only where nothing but the deadline ends the wait: elsewhere a slow node would run into it first.
	deadline string
	change   func(*corev1.Container)
	reasons  []string
	words    []string // the scheduler's or the kubelet's own
}

var misfits = map[string]misfit{
	"cannot be scheduled": {
		"5s",
		func(c *corev1.Container) {
			c.Resources = cpu("64")
		},
		[]string{"DeadlineExceeded", "ProgressDeadlineExceeded"},
		[]string{"0/1 nodes are available", "Insufficient cpu"},
	},
	"cannot be pulled": {
		"5m",
		func(c *corev1.Container) {
			c.Image, c.ImagePullPolicy = registry+"missing:v2", corev1.PullIfNotPresent
		},
		[]string{"ImagePullFailed"},
		[]string{"ImagePullBackOff", "Back-off pulling image", "serin.lab/missing:v2", "ErrImagePull", "failed to resolve"},
	},
	"cannot be created": {
		"5m",
		func(c *corev1.Container) {
			c.Env = append(c.Env, corev1.EnvVar{Name: "PRICES", ValueFrom: &corev1.EnvVarSource{ConfigMapKeyRef: &corev1.ConfigMapKeySelector{
				LocalObjectReference: corev1.LocalObjectReference{Name: "settings"}, Key: "prices",
			}}})
		},
		[]string{"ContainerConfigFailed"},
		[]string{"CreateContainerConfigError", "couldn't find key prices in ConfigMap"},
	},
}

// A canary that never runs: the node has no room for it, no image or no container.
func TestMisfit(t *testing.T) {
	t.Parallel()
	for name, f := range misfits {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			both(t, func(t *testing.T, m mode) {
				t.Helper()
				p := open(t, m, 3, with(brief, "serin.dev/deadline", f.deadline), "A canary that "+name+" is rejected in the words of whoever refused it, before it has any traffic.")
				p.configure("settings", map[string]string{"names": "are not prices"})
				c := container("v2", "")
				c.Env = c.Env[:2]
				f.change(&c)
				p.template(corev1.PodSpec{Containers: []corev1.Container{{
					Name: c.Name, Image: c.Image, ImagePullPolicy: c.ImagePullPolicy, Env: c.Env, Resources: c.Resources,
				}}})
				p.rolledBack("v1", f.reasons...)
				p.quotes(p.saying("False", f.reasons...), f.words)
				p.quotes(p.warned(f.reasons...), f.words)
				p.noneFailed()
				p.answered("v1")
				p.neverStable("v2")
				p.weighted(journal.Untouched, 0, journal.Untouched)
			})
		})
	}
}

// quotes asserts that a message has all of the words.
func (p *shop) quotes(message string, words []string) {
	p.Helper()
	if missing := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return strings.Contains(message, w) }); len(missing) > 0 {
		p.Errorf("%q does not say %q", message, missing)
	}
}

func (p *shop) configure(name string, data map[string]string) {
	p.Helper()
	_, err := p.api.CoreV1().ConfigMaps(p.namespace).Create(p.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}, Data: data}, metav1.CreateOptions{})
	p.must(err)
}
