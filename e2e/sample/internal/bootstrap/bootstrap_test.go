// SPDX-License-Identifier: Apache-2.0

package bootstrap_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/e2e/sample/internal/bootstrap"
	"github.com/serin-dev/serin/e2e/sample/internal/identity"
)

var load = identity.Identity{Pod: "load", Namespace: "demo", IP: "10.1.0.9"}

func TestTheNodeIsAnIstioProxy(t *testing.T) {
	text, err := bootstrap.JSON("10.96.0.20:15010", load)
	if err != nil {
		t.Fatal(err)
	}
	var got, want any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(`{
		"xds_servers": [{"server_uri": "10.96.0.20:15010", "channel_creds": [{"type": "insecure"}], "server_features": ["xds_v3"]}],
		"node": {
			"id": "sidecar~10.1.0.9~load.demo~demo.svc.cluster.local",
			"metadata": {"GENERATOR": "grpc", "NAMESPACE": "demo", "CLUSTER_ID": "Kubernetes"}
		}
	}`), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestGRPCTakesTheBootstrap(t *testing.T) {
	if _, err := bootstrap.Resolver("10.96.0.20:15010", load); err != nil {
		t.Error(err)
	}
	for _, wrong := range []string{"", "10.96.0.20"} {
		if _, err := bootstrap.Resolver(wrong, load); err == nil {
			t.Errorf("%q is taken for istiod's address", wrong)
		}
	}
	if _, err := bootstrap.Resolver("10.96.0.20:15010", identity.Identity{Pod: "load"}); err == nil {
		t.Error("no address is taken for the pod's")
	}
}
