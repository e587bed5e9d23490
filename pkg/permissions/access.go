// SPDX-License-Identifier: Apache-2.0

package permissions

import (
	"slices"
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"
)

// Access is one verb on one resource: what the API server can be asked about.
type Access struct {
	authorizationv1.ResourceAttributes
	Spare bool // every rollout goes on without it
	Why   string
}

// String names the permission as RBAC does: "patch deployments.apps/status".
func (a Access) String() string {
	words := a.Verb + " " + a.Resource
	if a.Group != "" {
		words += "." + a.Group
	}
	if a.Subresource != "" {
		words += "/" + a.Subresource
	}
	if a.Name != "" {
		words += " " + a.Name
	}
	if a.Namespace != "" {
		words += " in namespace " + a.Namespace
	}
	return words
}

// Accesses spells every rule out, verb by verb, for a controller that runs in
// the given namespace, with those of these flags that need rules of their own.
func Accesses(namespace string, flags ...string) []Access {
	var all []Access
	for _, rule := range Rules {
		if rule.With != "" && !slices.Contains(flags, rule.With) {
			continue
		}
		for _, resource := range rule.Resources {
			for _, name := range rule.names() {
				for _, verb := range rule.Verbs {
					all = append(all, rule.access(namespace, resource, name, verb))
				}
			}
		}
	}
	return all
}

// names is the names to ask about: one empty name stands for all objects.
func (r Rule) names() []string {
	if len(r.Names) == 0 {
		return []string{""}
	}
	return r.Names
}

func (r Rule) access(namespace, resource, name, verb string) Access {
	resource, subresource, _ := strings.Cut(resource, "/")
	access := Access{Spare: r.Spare, Why: r.Why, ResourceAttributes: authorizationv1.ResourceAttributes{
		Verb: verb, Group: r.Group, Resource: resource, Subresource: subresource, Name: name,
	}}
	if r.Own {
		access.Namespace = namespace
	}
	return access
}
