// SPDX-License-Identifier: Apache-2.0

package permissions

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	authorizationv1 "k8s.io/api/authorization/v1"
)

// atOnce is how many questions are put to the API server at the same time.
const atOnce = 8

// Access is one verb on one resource: what the API server can be asked about.
type Access struct {
	authorizationv1.ResourceAttributes
	Spare bool // every rollout goes on without it
	Why   string
	With  string // the flag of the controller that takes it; empty: it is always needed
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
// the namespace own with those of these flags that need rules of their own, and
// looks after the namespaces; none: after all.
func Accesses(own string, namespaces []string, flags ...string) []Access {
	var all []Access
	for _, rule := range Rules {
		if rule.With != "" && !slices.Contains(flags, rule.With) {
			continue
		}
		for _, namespace := range rule.namespaces(own, namespaces) {
			all = append(all, rule.accesses(namespace)...)
		}
	}
	return all
}

// accesses spells a rule out in one namespace.
func (r Rule) accesses(namespace string) (all []Access) {
	for _, resource := range r.Resources {
		for _, name := range r.names() {
			for _, verb := range r.Verbs {
				all = append(all, r.access(namespace, resource, name, verb))
			}
		}
	}
	return all
}

// namespaces is where the rule is needed: an empty one stands for the whole cluster.
func (r Rule) namespaces(own string, looked []string) []string {
	switch {
	case r.Own:
		return []string{own}
	case r.Cluster, len(looked) == 0:
		return []string{""}
	case r.Wide:
		return nil
	}
	return looked
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
	return Access{Spare: r.Spare, Why: r.Why, With: r.With, ResourceAttributes: authorizationv1.ResourceAttributes{
		Namespace: namespace, Verb: verb, Group: r.Group, Resource: resource, Subresource: subresource, Name: name,
	}}
}

// Ask puts every access to somebody who knows whether it is allowed. There is
// one answer for each access, in their order, or the first error.
func Ask(ctx context.Context, accesses []Access, isAllowed func(context.Context, *authorizationv1.ResourceAttributes) (bool, error)) ([]bool, error) {
	allowed := make([]bool, len(accesses))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i := range accesses {
		group.Go(func() (err error) {
			allowed[i], err = isAllowed(ctx, &accesses[i].ResourceAttributes)
			return err
		})
	}
	return allowed, group.Wait()
}
