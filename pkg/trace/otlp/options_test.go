// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"errors"
	"strings"
	"testing"
)

func TestOptions(t *testing.T) {
	for name, test := range map[string]struct {
		endpoint, protocol string
		env                map[string]string
		enabled            bool
		wants              string // protocol
		problem            string
	}{
		"nothing":                    {wants: HTTP},
		"a flag":                     {endpoint: "http://c:4318", enabled: true, wants: HTTP},
		"flags":                      {endpoint: "https://c:4317", protocol: "grpc", enabled: true, wants: GRPC},
		"the environment":            {env: map[string]string{"ENDPOINT": "http://c:4317", "PROTOCOL": "grpc"}, enabled: true, wants: GRPC},
		"the environment for traces": {env: map[string]string{"TRACES_ENDPOINT": "http://c:4317", "TRACES_PROTOCOL": "grpc", "PROTOCOL": "http/protobuf"}, enabled: true, wants: GRPC},
		"a flag before the rest":     {endpoint: "http://c:4318", protocol: HTTP, env: map[string]string{"PROTOCOL": "grpc"}, enabled: true, wants: HTTP},
		"switched off":               {endpoint: "http://c:4318", env: map[string]string{"OTEL_SDK_DISABLED": "True"}, wants: HTTP},
		"no traces":                  {env: map[string]string{"ENDPOINT": "http://c:4317", "OTEL_TRACES_EXPORTER": "none"}, wants: HTTP},
		"no address":                 {endpoint: "c:4318", enabled: true, wants: HTTP, problem: `--tracing-endpoint: "c:4318" is not an address`},
		"no address around":          {env: map[string]string{"ENDPOINT": "collector"}, enabled: true, wants: HTTP, problem: `OTEL_EXPORTER_OTLP_ENDPOINT: "collector" is not an address`},
		"another protocol":           {endpoint: "http://c:4318", protocol: "http/json", enabled: true, wants: "http/json", problem: `"http/json" is neither grpc nor http/protobuf`},
		"a protocol alone":           {protocol: GRPC, wants: GRPC, problem: "--tracing-endpoint: is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{Endpoint: test.endpoint, Protocol: test.protocol, Env: func(name string) string {
				return test.env[strings.TrimPrefix(name, "OTEL_EXPORTER_OTLP_")]
			}}
			if o.Enabled() != test.enabled || o.protocol() != test.wants {
				t.Errorf("enabled: %t, by %s", o.Enabled(), o.protocol())
			}
			problem := errors.Join(o.Validate()...)
			if (problem == nil) != (test.problem == "") || problem != nil && !strings.Contains(problem.Error(), test.problem) {
				t.Errorf("the problem is %v, want %q", problem, test.problem)
			}
		})
	}
}
