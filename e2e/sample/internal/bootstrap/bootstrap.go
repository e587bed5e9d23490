// SPDX-License-Identifier: Apache-2.0

// Package bootstrap makes gRPC's xDS client a data plane of Istio.
package bootstrap

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"

	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/xds" // also knows the xds scheme and Istio's load balancing

	"github.com/serin-dev/serin/e2e/sample/internal/identity"
)

// cluster is what istiod calls the cluster that it runs in, unless told otherwise.
const cluster = "Kubernetes"

type file struct {
	Servers []server `json:"xds_servers"`
	Node    node     `json:"node"`
}

type server struct {
	URI         string       `json:"server_uri"`
	Credentials []credential `json:"channel_creds"`
	Features    []string     `json:"server_features"`
}

type credential struct {
	Type string `json:"type"`
}

type node struct {
	ID       string            `json:"id"`
	Metadata map[string]string `json:"metadata"`
}

// JSON is the bootstrap configuration of a pod whose istiod listens at the address, in plain text.
func JSON(istiod string, id identity.Identity) ([]byte, error) {
	if _, _, err := net.SplitHostPort(istiod); err != nil {
		return nil, fmt.Errorf("istiod's address is HOST:PORT: %w", err)
	}
	if net.ParseIP(id.IP) == nil {
		return nil, fmt.Errorf("POD_IP is %q: istiod knows a client by its address; give it by the downward API, from status.podIP", id.IP)
	}
	return json.MarshalIndent(file{
		Servers: []server{{URI: istiod, Credentials: []credential{{"insecure"}}, Features: []string{"xds_v3"}}},
		Node: node{
			ID:       fmt.Sprintf("sidecar~%s~%s.%s~%s.svc.cluster.local", id.IP, id.Pod, id.Namespace, id.Namespace),
			Metadata: map[string]string{"GENERATOR": "grpc", "NAMESPACE": id.Namespace, "CLUSTER_ID": cluster},
		},
	}, "", "  ")
}

// Resolver resolves xds:///… with this bootstrap configuration. gRPC would otherwise read its own from the environment when it
// is linked in, before flags are known.
func Resolver(istiod string, id identity.Identity) (resolver.Builder, error) {
	if istiod == "" {
		return nil, errors.New("a target that begins with xds: needs --xds-server, istiod's plaintext address HOST:PORT")
	}
	config, err := JSON(istiod, id)
	if err != nil {
		return nil, err
	}
	builder, err := xds.NewXDSResolverWithConfigForTesting(config)
	if err != nil {
		return nil, fmt.Errorf("setting up gRPC's xDS client: %w", err)
	}
	return builder, nil
}
