// SPDX-License-Identifier: Apache-2.0

// Package pkg_test guards what the packages may depend on, at every depth.
package pkg_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/serin-dev/serin/pkg/"

// dependencies lists everything outside the standard library.
func dependencies(t *testing.T, pkg string) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", module+pkg).Output()
	if err != nil || len(out) == 0 {
		t.Fatalf("listing the dependencies of %s: %v", pkg, err)
	}
	return strings.Fields(string(out))
}

func TestTheDecisionsNeedTheStandardLibraryOnly(t *testing.T) {
	for _, pkg := range []string{"rollout", "analysis", "analysis/eprocess", "analysis/reach", "record", "trace"} {
		for _, dependency := range dependencies(t, pkg) {
			if !slices.Contains([]string{module + "rollout", module + "analysis", module + "analysis/eprocess", module + "record", module + pkg}, dependency) {
				t.Errorf("%s depends on %s", pkg, dependency)
			}
		}
	}
}

// What counts, and what guesses, is as pure as what decides.
func TestTheArithmeticNeedsTheStandardLibraryOnly(t *testing.T) {
	for _, pkg := range []string{"share", "spelling", "measure/tally", "measure/presets"} {
		for _, dependency := range dependencies(t, pkg) {
			if !strings.HasPrefix(dependency, module) {
				t.Errorf("%s depends on %s", pkg, dependency)
			}
		}
	}
}

func TestTheShapesNeedNoClient(t *testing.T) {
	clients := []string{"k8s.io/client-go", "sigs.k8s.io/controller-runtime", "github.com/prometheus/", "istio.io/client-go/pkg/clientset", "istio.io/client-go/pkg/informers"}
	for _, pkg := range []string{"annotations", "workload", "traffic", "checks"} {
		for _, dependency := range dependencies(t, pkg) {
			if slices.ContainsFunc(clients, func(client string) bool { return strings.HasPrefix(dependency, client) }) {
				t.Errorf("%s depends on %s", pkg, dependency)
			}
		}
	}
}
