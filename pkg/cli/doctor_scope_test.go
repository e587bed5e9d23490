// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"strings"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
)

func TestDoctorSaysWhichDeploymentsNobodyLooksAfter(t *testing.T) {
	const note = "namespace demo is not among"
	for name, test := range map[string]struct {
		flag    string
		outside bool
	}{
		"everywhere":              {"--workers=8", false},
		"this namespace":          {"--namespaces=web,demo", false},
		"others":                  {"--namespaces=web,api", true},
		"labels that it has not":  {"--namespace-selector=team=web", true},
		"labels that others have": {"--namespace-selector=team!=web", false},
	} {
		t.Run(name, func(t *testing.T) {
			said := clinic(t, shop(), stable(shop()), service("shop"), controllerWith(test.flag)).run(t, "doctor")
			if strings.Contains(strings.Join(strings.Fields(said), " "), note) != test.outside {
				t.Errorf("it says\n%s", said)
			}
		})
	}
}

func TestDoctorAsksForWhatSecureMetricsTake(t *testing.T) {
	for flag, asked := range map[string]bool{"--workers=8": false, "--metrics-secure": true, "--metrics-secure=true": true, "--metrics-secure=false": false} {
		t.Run(flag, func(t *testing.T) {
			w := clinic(t, controllerWith(flag))
			w.review(func(access *authorizationv1.ResourceAttributes) bool { return access.Resource != "tokenreviews" })
			if said := w.run(t, "doctor"); strings.Contains(strings.Join(strings.Fields(said), " "), "may not create tokenreviews.authentication.k8s.io") != asked {
				t.Errorf("it says\n%s", said)
			} else if asked && !strings.Contains(said, "deploy/metrics/rbac.yaml") {
				t.Errorf("it does not say what grants that:\n%s", said)
			}
		})
	}
}
