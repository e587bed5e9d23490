// SPDX-License-Identifier: Apache-2.0

package presets_test

import (
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/serin-dev/serin/pkg/measure/presets"
	"github.com/serin-dev/serin/pkg/measure/tally"
)

var subject = presets.Subject{Namespace: "web", Target: "shop", Canary: "shop-canary", Service: "shop", StableHash: "5d9f7c"}

func TestPodsAreToldApart(t *testing.T) {
	t.Parallel()
	anyStable := presets.Subject{Target: "shop", Canary: "shop-canary", AnyStable: true}
	long := strings.Repeat("x", 45)
	longSubject := presets.Subject{Target: long, Canary: long + "-canary", StableHash: "5d9f7c8b9d"}
	longer := strings.Repeat("x", 50)
	longerSubject := presets.Subject{Target: longer, Canary: longer + "-canary", StableHash: "5d9f7c8b9d"}
	for name, test := range map[string]struct {
		subject        presets.Subject
		pod            string
		stable, canary bool
	}{
		"a dot is only a dot":                   {presets.Subject{Target: "a.b", Canary: "a.b-canary", StableHash: "cdfg"}, "axb-cdfg-abcde", false, false},
		"a name with a dot":                     {presets.Subject{Target: "a.b", Canary: "a.b-canary", StableHash: "cdfg"}, "a.b-canary-cdfg-abcde", false, true},
		"stable's":                              {subject, "shop-5d9f7c-abcde", true, false},
		"the canary's":                          {subject, "shop-canary-77b4-abcde", false, true},
		"another ReplicaSet's of the target":    {subject, "shop-66c8-abcde", false, false},
		"another Deployment's":                  {subject, "shop-admin-5d9f7c-abcde", false, false},
		"a Deployment's that is like a canary":  {subject, "shop-canary-admin-77b4-abcde", false, false},
		"one with something before":             {subject, "my-shop-5d9f7c-abcde", false, false},
		"stable's, with a name that is cut":     {longerSubject, (longer + "-5d9f7c8b9d-")[:58] + "abcde", true, false},
		"stable's, with a name that fits":       {longSubject, long + "-5d9f7c8b9d-abcde", true, false},
		"the canary's, with a name that is cut": {longSubject, (long + "-canary-77b4c5d6f-")[:58] + "abcde", false, true},
		"any ReplicaSet's of the target":        {anyStable, "shop-66c8-abcde", true, false},
		"the canary's beside them":              {anyStable, "shop-canary-77b4-abcde", false, true},
		"another Deployment's beside them":      {anyStable, "shop-admin-77b4-abcde", false, false},
		"the canary's, of a short hash":         {longSubject, long + "-canary-77b4-abcde", false, true},
	} {
		stable := regexp.MustCompile("^(?:" + test.subject.StablePods() + ")$").MatchString(test.pod)
		canary := regexp.MustCompile("^(?:" + test.subject.CanaryPods() + ")$").MatchString(test.pod)
		if stable != test.stable || canary != test.canary {
			t.Errorf("%s: stable %t, canary %t", name, stable, canary)
		}
		if err := test.subject.Pods(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNamesThatAreTooLong(t *testing.T) {
	t.Parallel()
	for length := 40; length < 80; length++ {
		name := strings.Repeat("x", length)
		s := presets.Subject{Target: name, Canary: name + "-canary", StableHash: "cdfg"}
		if err := s.Pods(); (err == nil) != (length <= 55) {
			t.Errorf("a name of %d letters: %v", length, err)
		}
		s.StableHash, s.AnyStable = "", true
		if err := s.Pods(); (err == nil) != (length <= 55) {
			t.Errorf("a name of %d letters, whatever its ReplicaSet: %v", length, err)
		}
	}
	if err := (presets.Subject{Target: "shop", Canary: "shop-canary"}).Pods(); err == nil {
		t.Error("a stable that is not known was taken")
	}
}

func TestWhatFails(t *testing.T) {
	t.Parallel()
	all := presets.All(presets.UsualLabels, presets.UsualHTTP)
	istio, grpc, http := all[0], all[1], all[2]
	for name, test := range map[string]struct {
		preset presets.Preset
		labels map[string]string
		bad    bool
	}{
		"a 200":                           {istio, map[string]string{"response_code": "200"}, false},
		"a 404":                           {istio, map[string]string{"response_code": "404"}, false},
		"a 503":                           {istio, map[string]string{"response_code": "503"}, true},
		"a client that hung up":           {istio, map[string]string{"response_code": "0"}, false},
		"a gRPC call":                     {istio, map[string]string{"response_code": "200", "grpc_response_status": "0"}, false},
		"a gRPC call that is not found":   {istio, map[string]string{"response_code": "200", "grpc_response_status": "5"}, false},
		"a gRPC call that is unavailable": {istio, map[string]string{"response_code": "200", "grpc_response_status": "14"}, true},
		"a gRPC status of the future":     {istio, map[string]string{"response_code": "200", "grpc_response_status": "17"}, true},
		"gRPC's own OK":                   {grpc, map[string]string{"grpc_status": "OK"}, false},
		"gRPC's own CANCELLED":            {grpc, map[string]string{"grpc_status": "CANCELLED"}, false},
		"gRPC's own UNIMPLEMENTED":        {grpc, map[string]string{"grpc_status": "UNIMPLEMENTED"}, true},
		"a 500 that the process counts":   {http, map[string]string{"code": "500"}, true},
		"a 499 that the process counts":   {http, map[string]string{"code": "499"}, false},
		"a status without a known number": {http, map[string]string{"code": "unknown"}, false},
		"a class of statuses":             {http, map[string]string{"code": "5xx"}, true},
	} {
		labels := map[string]string{"reporter": "source", "destination_workload": "shop", "pod": "shop-5d9f7c-abcde"}
		maps.Copy(labels, test.labels)
		if m := test.preset.Request(subject)(labels); (m.Bad == 1) != test.bad || m.Total != 1 || m.Arm != tally.Stable {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	for bound, want := range map[float64]string{10: "+Inf 10 10.0", 0.25: "+Inf 0.25", 1e6: "+Inf 1000000 1000000.0 1e+06"} {
		if got := strings.Join(presets.Bounds(bound), " "); got != want {
			t.Errorf("%g is written %s", bound, got)
		}
	}
}
