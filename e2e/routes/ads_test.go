// SPDX-License-Identifier: Apache-2.0

package routes_test

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	_ "github.com/cncf/xds/go/udpa/type/v1" // istiod still sends its TypedStruct
	cluster3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpoint "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"
	_ "istio.io/istio/pkg/config/xds" // the types of all that istiod sends
)

const (
	clusterType  = "type.googleapis.com/envoy.config.cluster.v3.Cluster"
	endpointType = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"
	listenerType = "type.googleapis.com/envoy.config.listener.v3.Listener"
	routeType    = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration"
)

// client is a proxy as istiod knows it.
type client struct {
	kind      string // sidecar or router
	namespace string
	labels    map[string]string
}

func (c client) String() string {
	if c.kind == "router" {
		return "gateway in " + c.namespace
	}
	return c.kind + " in " + c.namespace
}

// config is all that a proxy gets: names, and the resources as JSON trees.
type config struct {
	clusters, listeners, routes map[string]any
	endpoints                   map[string][]string // addresses by cluster
}

// ask connects to istiod anew, so what comes was made of all that istiod knows at this time.
func (c client) ask(ctx context.Context, address string, wanted func(cluster string) bool) (*config, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	connection, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(256<<20)))
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	ads, err := discovery.NewAggregatedDiscoveryServiceClient(connection).StreamAggregatedResources(ctx)
	if err != nil {
		return nil, err
	}
	s := &stream{ads: ads, node: c.node()}
	got := &config{endpoints: map[string][]string{}}
	var byEDS []string
	if got.clusters, byEDS, err = s.clusters(wanted); err != nil {
		return nil, err
	}
	if err := s.endpoints(byEDS, got.endpoints); err != nil {
		return nil, err
	}
	if got.listeners, err = s.trees(listenerType, nil); err != nil {
		return nil, err
	}
	got.routes, err = s.trees(routeType, routeNames(got.listeners))
	return got, err
}

func (c client) node() *core.Node {
	sum := fnv.New32a()
	sum.Write([]byte(c.String()))
	n := sum.Sum32()
	labels := map[string]any{}
	for key, value := range c.labels {
		labels[key] = value
	}
	metadata, err := structpb.NewStruct(map[string]any{
		"NAMESPACE": c.namespace, "CLUSTER_ID": "Kubernetes", "ISTIO_VERSION": "1.31.1", "LABELS": labels,
	})
	if err != nil {
		panic(err)
	}
	id := fmt.Sprintf("%s~10.77.%d.%d~client.%s~%s.svc.cluster.local", c.kind, n>>8&255, n&255, c.namespace, c.namespace)
	return &core.Node{Id: id, Metadata: metadata}
}

type stream struct {
	ads  discovery.AggregatedDiscoveryService_StreamAggregatedResourcesClient
	node *core.Node
}

// fetch subscribes to a type, waits for the first answer, and passes over pushes of others.
func (s *stream) fetch(kind string, names []string) (*discovery.DiscoveryResponse, error) {
	if err := s.ads.Send(&discovery.DiscoveryRequest{Node: s.node, TypeUrl: kind, ResourceNames: names}); err != nil {
		return nil, fmt.Errorf("asking for %s: %w", kind, err)
	}
	for {
		response, err := s.ads.Recv()
		if err != nil {
			return nil, fmt.Errorf("receiving %s: %w", kind, err)
		}
		if response.TypeUrl == kind {
			return response, nil
		}
	}
}

// clusters also returns those whose endpoints are to be asked for.
func (s *stream) clusters(wanted func(string) bool) (found map[string]any, byEDS []string, err error) {
	response, err := s.fetch(clusterType, nil)
	if err != nil {
		return nil, nil, err
	}
	found = map[string]any{}
	for _, resource := range response.Resources {
		c := &cluster3.Cluster{}
		if err := resource.UnmarshalTo(c); err != nil {
			return nil, nil, err
		}
		if !wanted(c.Name) {
			continue
		}
		if c.GetType() == cluster3.Cluster_EDS {
			byEDS = append(byEDS, c.Name)
		}
		text, err := protojson.Marshal(c)
		if err != nil {
			return nil, nil, err
		}
		if found[c.Name], err = tree(text); err != nil {
			return nil, nil, err
		}
	}
	return found, byEDS, nil
}

func (s *stream) endpoints(names []string, into map[string][]string) error {
	if len(names) == 0 {
		return nil
	}
	response, err := s.fetch(endpointType, names)
	if err != nil {
		return err
	}
	for _, resource := range response.Resources {
		assignment := &endpoint.ClusterLoadAssignment{}
		if err := resource.UnmarshalTo(assignment); err != nil {
			return err
		}
		addresses := []string{}
		for _, locality := range assignment.Endpoints {
			for _, e := range locality.LbEndpoints {
				addresses = append(addresses, e.GetEndpoint().GetAddress().GetSocketAddress().GetAddress())
			}
		}
		slices.Sort(addresses)
		into[assignment.ClusterName] = addresses
	}
	return nil
}

// trees are the resources of a type, by name.
func (s *stream) trees(kind string, names []string) (map[string]any, error) {
	if kind == routeType && len(names) == 0 {
		return map[string]any{}, nil
	}
	response, err := s.fetch(kind, names)
	if err != nil {
		return nil, err
	}
	found := map[string]any{}
	for _, resource := range response.Resources {
		message, err := resource.UnmarshalNew()
		if err != nil {
			return nil, err
		}
		text, err := protojson.Marshal(message)
		if err != nil {
			return nil, err
		}
		value, err := tree(text)
		if err != nil {
			return nil, err
		}
		name, _ := value["name"].(string)
		found[name] = value
	}
	return found, nil
}

func tree(text []byte) (value map[string]any, err error) {
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	return value, decoder.Decode(&value)
}

// routeNames are the route configurations that listeners refer to.
func routeNames(listeners map[string]any) []string {
	var found []string
	each(listeners, func(fields map[string]any) {
		if rds, ok := fields["rds"].(map[string]any); ok {
			name, _ := rds["routeConfigName"].(string)
			found = append(found, name)
		}
	})
	slices.Sort(found)
	return slices.Compact(found)
}

// each visits all maps below a value, outer ones first.
func each(value any, visit func(fields map[string]any)) {
	switch value := value.(type) {
	case map[string]any:
		visit(value)
		for _, field := range value {
			each(field, visit)
		}
	case []any:
		for _, item := range value {
			each(item, visit)
		}
	}
}
