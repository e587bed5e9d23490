// SPDX-License-Identifier: Apache-2.0

package traffic

import "strings"

// defaultDomain is the cluster domain of nearly every cluster.
const defaultDomain = "cluster.local"

// Service names the Kubernetes Service whose traffic is split.
type Service struct {
	Name, Namespace string
	Domain          string // of the cluster; empty means cluster.local
}

// Is reports whether host, as written in an object that lives in namespace, means the Service.
//
// For the Service shop in namespace web these do: "shop" within web only, "shop.web", "shop.web.svc" and
// "shop.web.svc.cluster.local", in any case, with or without a trailing dot. "shop" in another namespace does not.
func (s Service) Is(host, namespace string) bool {
	name, owner := strings.ToLower(s.Name), strings.ToLower(s.Namespace)
	rest, ok := strings.CutPrefix(strings.TrimSuffix(strings.ToLower(host), "."), name)
	if !ok || name == "" {
		return false
	}
	if rest == "" {
		return strings.ToLower(namespace) == owner
	}
	rest, ok = strings.CutPrefix(rest, "."+owner)
	return ok && (rest == "" || rest == ".svc" || rest == ".svc."+s.domain())
}

// Host is the Service's full name, the one form that means the same everywhere.
func (s Service) Host() string {
	return strings.ToLower(s.Name + "." + s.Namespace + ".svc." + s.domain())
}

func (s Service) domain() string {
	if s.Domain == "" {
		return defaultDomain
	}
	return strings.ToLower(strings.Trim(s.Domain, "."))
}

// expands reports whether Istio itself takes host for the Service. Istio completes names without a dot and nothing else
// (ResolveShortnameToFQDN), so "shop.web" is our Service to a person and an unknown name to Istio.
func (s Service) expands(host, namespace string) bool {
	return s.Is(host, namespace) && (!strings.Contains(host, ".") || strings.EqualFold(host, s.Host()))
}

// covers reports whether a host that may be a wildcard, such as "*.web.svc.cluster.local", takes in the Service.
func (s Service) covers(host, namespace string) bool {
	suffix, wild := strings.CutPrefix(host, "*")
	if wild {
		return strings.HasSuffix(s.Host(), strings.ToLower(suffix))
	}
	return s.expands(host, namespace)
}
