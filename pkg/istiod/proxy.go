// SPDX-License-Identifier: Apache-2.0

package istiod

import (
	"fmt"
	"strings"
	"time"
)

// Proxy is a proxy that is connected to istiod, as /debug/syncz tells it: the
// nonce of what it was sent last and of what it acknowledged last. A nonce is
// empty where nothing was sent.
type Proxy struct {
	ID            string              `json:"proxy"` // pod.namespace
	ClusterSent   string              `json:"cluster_sent"`
	ClusterAcked  string              `json:"cluster_acked"`
	EndpointSent  string              `json:"endpoint_sent"`
	EndpointAcked string              `json:"endpoint_acked"`
	ListenerSent  string              `json:"listener_sent"`
	ListenerAcked string              `json:"listener_acked"`
	RouteSent     string              `json:"route_sent"`
	RouteAcked    string              `json:"route_acked"`
	Resources     map[string]resource `json:"resources"` // by type URL; since Istio 1.27

	at instance
}

type resource struct {
	SentTime  time.Time `json:"sentTime"`
	LastError string    `json:"lastError"`
}

const (
	routeType    = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration"
	listenerType = "type.googleapis.com/envoy.config.listener.v3.Listener"
)

// acknowledged reports whether the proxy took all that decides where it sends requests.
func (p Proxy) acknowledged() bool {
	return p.ClusterAcked == p.ClusterSent && p.EndpointAcked == p.EndpointSent && p.ListenerAcked == p.ListenerSent && p.RouteAcked == p.RouteSent
}

// routed is when istiod last sent the proxy routes; zero where that is not told.
func (p Proxy) routed() time.Time {
	last := p.Resources[routeType].SentTime
	if other := p.Resources[listenerType].SentTime; other.After(last) {
		last = other
	}
	return last
}

// refusal is why the proxy refused what it was sent, in its own words.
func (p Proxy) refusal() string {
	for _, kind := range []string{routeType, listenerType} {
		if words := p.Resources[kind].LastError; words != "" {
			return words
		}
	}
	return ""
}

// named is how many proxies a message lists.
const named = 3

// late says which of the proxies have not acknowledged, where total are
// connected, and which are not connected any more. It is empty where none is late.
func late(proxies []Proxy, away []string, total int) string {
	var words []string
	if len(proxies) > 0 {
		names := make([]string, 0, len(proxies))
		for _, p := range proxies {
			name := p.ID
			if refused := p.refusal(); refused != "" {
				name += " (refuses: " + refused + ")"
			}
			names = append(names, name)
		}
		words = append(words, fmt.Sprintf("%d of %d connected proxies have not acknowledged what istiod sent them: %s", len(proxies), total, some(names)))
	}
	if len(away) > 0 {
		words = append(words, "lost their connection to istiod, and are not known to have gone: "+some(away))
	}
	return strings.Join(words, "; ")
}

// some lists the first of the names, and how many more there are.
func some(names []string) string {
	if len(names) > named {
		return fmt.Sprintf("%s, %d more", strings.Join(names[:named], ", "), len(names)-named)
	}
	return strings.Join(names, ", ")
}
