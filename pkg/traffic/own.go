// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const (
	apiVersion     = "networking.istio.io/v1"
	managedByLabel = "app.kubernetes.io/managed-by"
	manager        = "serin"
)

// Own returns the VirtualService `<service>-serin`, for a Service that no user's VirtualService governs: an http rule for
// every port at once, and a tcp rule for each port that may carry something else. It is in split form, so that [Split] and
// [Read] work on it as on any other. permille is the canary's share in thousandths.
//
// Ports whose protocol is https or tls are left out: Istio routes them by TLS server name only, and a rule for some
// names cuts off clients that use another or none. [Problems] says so. Own returns nil when no port is left.
func Own(svc *corev1.Service, s Service, permille int) *unstructured.Unstructured {
	var tcp []any
	http := false
	for _, port := range svc.Spec.Ports {
		p := protocolOf(port)
		http = http || p == protocolHTTP || p == protocolSniffed
		if p == protocolTCP || p == protocolSniffed {
			tcp = append(tcp, tcpRule(s, int64(port.Port)))
		}
	}
	spec := map[string]any{"hosts": []any{s.Host()}}
	if http {
		spec["http"] = []any{map[string]any{"route": []any{
			map[string]any{"destination": map[string]any{"host": s.Host()}},
		}}}
	}
	if len(tcp) > 0 {
		spec["tcp"] = tcp
	}
	if len(spec) == 1 {
		return nil
	}
	vs, _ := Split(object("VirtualService", s, spec), s, permille)
	return vs
}

// tcpRule names the port twice: to match, and because a destination of a Service with several ports needs one.
func tcpRule(s Service, port int64) map[string]any {
	return map[string]any{
		"match": []any{map[string]any{"port": port}},
		"route": []any{map[string]any{
			"destination": map[string]any{"host": s.Host(), "port": map[string]any{"number": port}},
		}},
	}
}

// object is an Istio object of ours for a Service, in the Service's namespace.
func object(kind string, s Service, spec map[string]any) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": apiVersion,
		"kind":       kind,
		"metadata": map[string]any{
			"name":      s.Name + "-serin",
			"namespace": s.Namespace,
			"labels":    map[string]any{managedByLabel: manager},
		},
		"spec": spec,
	}}
}

// protocol is how Istio routes a port.
type protocol int

const (
	protocolNone    protocol = iota // udp: not routed at all
	protocolHTTP                    // by http rules
	protocolTCP                     // by tcp rules
	protocolTLS                     // by tls rules
	protocolSniffed                 // by http or tcp rules, as each connection's first bytes tell
)

// protocols are Istio's names (pkg/config/protocol); any other means that the proxy has to find out.
var protocols = map[string]protocol{
	"http": protocolHTTP, "http2": protocolHTTP, "http_proxy": protocolHTTP, "grpc": protocolHTTP, "grpc-web": protocolHTTP,
	"tcp": protocolTCP, "mongo": protocolTCP, "redis": protocolTCP, "mysql": protocolTCP,
	"tls": protocolTLS, "https": protocolTLS,
	"udp": protocolNone,
}

// appProtocols are Kubernetes' own names, which only appProtocol can have.
var appProtocols = map[string]protocol{
	"kubernetes.io/h2c": protocolHTTP, "kubernetes.io/ws": protocolHTTP, "kubernetes.io/wss": protocolTLS,
}

// neverSniffed are ports on which the server speaks first (SMTP, DNS, MySQL, MongoDB), so that waiting for the client's
// first bytes would hang.
var neverSniffed = map[int32]bool{25: true, 53: true, 3306: true, 27017: true}

// protocolOf follows Istio's ConvertProtocol: appProtocol, or else the port's name, up to the first dash ("tcp-metrics").
func protocolOf(port corev1.ServicePort) protocol {
	if port.Protocol == corev1.ProtocolUDP || port.Protocol == corev1.ProtocolSCTP {
		return protocolNone
	}
	name := port.Name
	if port.AppProtocol != nil {
		name = *port.AppProtocol
		if p, ok := appProtocols[name]; ok {
			return p
		}
	}
	name = strings.ToLower(name)
	if strings.HasPrefix(name, "grpc-web") {
		return protocolHTTP
	}
	name, _, _ = strings.Cut(name, "-")
	if p, ok := protocols[name]; ok {
		return p
	}
	if neverSniffed[port.Port] {
		return protocolTCP
	}
	return protocolSniffed
}
