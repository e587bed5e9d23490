// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"testing"

	"github.com/serin-dev/serin/e2e/sample/internal/identity"
)

func TestWorkloadOfAPod(t *testing.T) {
	for name, test := range map[string]struct{ pod, want string }{
		"a Deployment's":        {"shop-6d4cf56db6-x2x7p", "shop"},
		"a canary's":            {"shop-canary-6d4cf56db6-x2x7p", "shop-canary"},
		"a bare pod's":          {"load", "load"},
		"a name with dashes":    {"load-of-shop", "load-of-shop"},
		"a machine's name":      {"ip-10-0-0-1", "ip-10-0-0-1"},
		"a word instead of one": {"shop-orange-x2x7p", "shop-orange-x2x7p"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := identity.WorkloadOf(test.pod); got != test.want {
				t.Errorf("WorkloadOf(%q) = %q, want %q", test.pod, got, test.want)
			}
		})
	}
}

func TestACopiedTemplateStillKnowsItsWorkload(t *testing.T) {
	env := map[string]string{"VERSION": "v2", "POD_NAME": "shop-canary-6d4cf56db6-x2x7p", "APP": "shop", "NAMESPACE": "demo"}
	got := identity.Read(func(key string) string { return env[key] }, "host")
	want := identity.Identity{
		Version: "v2", Pod: "shop-canary-6d4cf56db6-x2x7p", IP: "127.0.0.1", Namespace: "demo", Workload: "shop-canary", App: "shop",
	}
	if got != want {
		t.Errorf("Read() = %+v, want %+v", got, want)
	}
}
