// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// buckets are those of Envoy, in milliseconds.
var buckets = []float64{0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000, 300000, 600000, 1800000, 3600000}

// Reporter is the side that measured a request.
type Reporter string

// The two sides of a request.
const (
	Source      Reporter = "source"
	Destination Reporter = "destination"
)

// Protocol is how a request was made.
type Protocol string

// The two protocols of the sample.
const (
	HTTP Protocol = "http"
	GRPC Protocol = "grpc"
)

// Peer is one end of a request. The zero value is one that is not known.
type Peer struct {
	Workload  string
	Namespace string
	App       string
	Version   string
}

// Request is what the labels of one request are made from.
type Request struct {
	Reporter            Reporter
	Source, Destination Peer
	Service             string // shop
	ServiceNamespace    string
	Protocol            Protocol
	Code                int    // HTTP status; gRPC has 200 for its errors, too
	GRPCStatus          string // number; empty for HTTP
	Flags               string // Envoy's response flags, such as UF; empty is none
}

const (
	unknown = "unknown"
	cluster = "Kubernetes"
)

var labelNames = slices.Sorted(maps.Keys(Request{}.labels()))

func (r Request) labels() prometheus.Labels {
	security := "none" // what the destination sees of a plaintext connection
	if r.Reporter == Source {
		security = unknown
	}
	labels := prometheus.Labels{
		"reporter":                      string(r.Reporter),
		"request_protocol":              string(r.Protocol),
		"response_code":                 strconv.Itoa(r.Code),
		"grpc_response_status":          r.GRPCStatus,
		"response_flags":                cmp.Or(r.Flags, "-"),
		"connection_security_policy":    security,
		"destination_service":           r.host(),
		"destination_service_name":      cmp.Or(r.Service, unknown),
		"destination_service_namespace": cmp.Or(r.ServiceNamespace, unknown),
	}
	maps.Copy(labels, r.Source.labels("source"))
	maps.Copy(labels, r.Destination.labels("destination"))
	return labels
}

func (r Request) host() string {
	if r.Service == "" || r.ServiceNamespace == "" {
		return unknown
	}
	return r.Service + "." + r.ServiceNamespace + ".svc.cluster.local"
}

func (p Peer) labels(side string) prometheus.Labels {
	where := unknown
	if p != (Peer{}) {
		where = cluster
	}
	return prometheus.Labels{
		side + "_workload":           cmp.Or(p.Workload, unknown),
		side + "_workload_namespace": cmp.Or(p.Namespace, unknown),
		side + "_app":                cmp.Or(p.App, unknown),
		side + "_version":            cmp.Or(p.Version, unknown),
		side + "_canonical_service":  cmp.Or(p.App, unknown),
		side + "_canonical_revision": cmp.Or(p.Version, "latest"),
		side + "_principal":          unknown,
		side + "_cluster":            where,
	}
}
