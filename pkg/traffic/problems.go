// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Problem is something about a Service's routing that a person should know before traffic moves.
type Problem struct {
	Object   string // "VirtualService web/shop"
	Rule     string // CamelCase name of what was found, such as SubsetUndefined
	Message  string // what it means, and what to do
	Blocking bool   // requests would fail, or reach the canary before their time, if traffic moved all the same
}

// routing is all that the checks look at.
type routing struct {
	svc     *corev1.Service
	service Service
	vss     []*unstructured.Unstructured // the user's, restored
	now     []*unstructured.Unstructured // the same as they stand
	drs     []*unstructured.Unstructured // the user's
}

// checks are independent of each other.
var checks = []func(routing) []Problem{
	checkService, checkPorts,
	checkHosts, checkGoverning, checkDelegates, checkMirrors, checkRoutes, checkUnknown, checkEdits, checkManagers,
	checkHiding, checkExports, checkSubsets, checkMissed,
}

// Problems lists what cannot be split or would misbehave: blocking ones first, then by object. svc is nil when the Service
// does not exist. vss and drs are all VirtualServices and DestinationRules that may matter, in any namespace, split or not;
// ours are ignored. Nothing is wrong with a delegate: it is split where its routes are.
func Problems(svc *corev1.Service, vss, drs []*unstructured.Unstructured, s Service) []Problem {
	r := routing{svc: svc, service: s}
	for _, vs := range vss {
		if !isOurs(vs) {
			restored, _ := Restore(vs, s)
			r.vss, r.now = append(r.vss, restored), append(r.now, vs)
		}
	}
	for _, dr := range drs {
		if !isOurs(dr) {
			r.drs = append(r.drs, dr)
		}
	}
	var found []Problem
	for _, check := range checks {
		found = append(found, check(r)...)
	}
	slices.SortStableFunc(found, func(a, b Problem) int {
		if a.Blocking != b.Blocking {
			if a.Blocking {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.Object, b.Object), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(found)
}

func problem(object, rule string, blocking bool, format string, args ...any) Problem {
	return Problem{Object: object, Rule: rule, Blocking: blocking, Message: fmt.Sprintf(format, args...)}
}

func nameOf(object *unstructured.Unstructured) string {
	return object.GetKind() + " " + object.GetNamespace() + "/" + object.GetName()
}

func (r routing) serviceName() string { return "Service " + r.service.Namespace + "/" + r.service.Name }

func checkService(r routing) []Problem {
	const rule = "ServiceUnsuitable"
	switch {
	case r.svc == nil:
		return []Problem{problem(r.serviceName(), rule, true, "It does not exist. Create it, or name another in serin.dev/service.")}
	case r.svc.Spec.Type == corev1.ServiceTypeExternalName:
		return []Problem{problem(r.serviceName(), rule, true,
			"It is of type ExternalName, an alias without pods of its own. Name the Service that selects the pods.")}
	case r.svc.Spec.ClusterIP == corev1.ClusterIPNone:
		return []Problem{problem(r.serviceName(), rule, true,
			"It is headless: clients choose the pods themselves, so no route can divide them. Use a Service with a cluster IP.")}
	case len(r.governing()) == 0 && Own(r.svc, r.service, 0) == nil && !slices.ContainsFunc(r.vss, r.routes):
		return []Problem{problem(r.serviceName(), rule, true,
			"No port can be split: each is udp, or TLS that Istio routes by server name only. "+
				"Write a VirtualService with tls rules for the names that clients use.")}
	}
	return nil
}

func (r routing) routes(vs *unstructured.Unstructured) bool { return Routes(vs, r.service) }

// governing are the VirtualServices that clients inside the mesh may follow; Istio prefers the first.
func (r routing) governing() []*unstructured.Unstructured {
	var found []*unstructured.Unstructured
	for _, vs := range r.vss {
		if Governs(vs, r.service) {
			found = append(found, vs)
		}
	}
	slices.SortStableFunc(found, byAge)
	return found
}

// byAge is the order in which Istio looks at objects.
func byAge(a, b *unstructured.Unstructured) int {
	at, bt := a.GetCreationTimestamp(), b.GetCreationTimestamp()
	return cmp.Or(at.Compare(bt.Time), strings.Compare(a.GetName(), b.GetName()), strings.Compare(a.GetNamespace(), b.GetNamespace()))
}

// ruleKinds says which rules of a VirtualService a port's traffic follows.
var ruleKinds = map[protocol]string{protocolHTTP: "http", protocolTCP: "tcp", protocolTLS: "tls", protocolSniffed: "http"}

// checkPorts finds ports of which not all follows a rule: the rest goes to all pods of the Service, canary included.
func checkPorts(r routing) []Problem {
	var found []Problem
	for _, port := range r.unsplitPorts() {
		kind := ruleKinds[protocolOf(port)]
		found = append(found, problem(r.serviceName(), "PortNotSplit", false,
			"Port %d (%s) follows %s rules, and no VirtualService for %s has one that takes all of it. What none takes goes to all pods, "+
				"canary included, whatever the weight. Add a rule that routes it to the Service.", port.Port, port.Name, kind, r.service.Host()))
	}
	return found
}

func (r routing) unsplitPorts() []corev1.ServicePort {
	if r.svc == nil {
		return nil
	}
	governing := r.governing()
	var found []corev1.ServicePort
	for _, port := range r.svc.Spec.Ports {
		p := protocolOf(port)
		kind, routed := ruleKinds[p]
		if !routed || (len(governing) == 0 && p != protocolTLS) {
			continue // Own has rules for all but TLS
		}
		taken := false
		for _, vs := range governing {
			eachRule(vs, func(at place, fields map[string]any) {
				taken = taken || at.kind == kind && takes(at.kind, fields, int64(port.Port))
			})
		}
		if !taken {
			found = append(found, port)
		}
	}
	return found
}

// takes reports whether nothing of a port's traffic can get past a rule, or past it and its like, on to all pods. Http
// requests and TLS names that no rule matches are refused. But connections that no tcp rule matches go to the Service.
func takes(kind string, rule map[string]any, port int64) bool {
	matches, _ := rule["match"].([]any)
	if kind == "http" || len(matches) == 0 {
		return true
	}
	return slices.ContainsFunc(matches, func(raw any) bool {
		match, _ := raw.(map[string]any)
		number, limited := match["port"]
		if limited && number != port {
			return false
		}
		return kind == "tls" || len(match) == 0 || limited && len(match) == 1
	})
}
