// SPDX-License-Identifier: Apache-2.0

package permissions

import (
	"fmt"
	"strings"
)

const heading = `# SPDX-License-Identifier: Apache-2.0
# Written from pkg/permissions/rules.go by 'make generate'; not to be edited by hand.
`

const (
	clusterRole        = "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: serin\n"
	clusterRoleBinding = "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata:\n  name: serin\n"
	role               = "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata:\n  name: serin\n  namespace: serin-system\n"
	roleBinding        = "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata:\n  name: serin\n  namespace: serin-system\n"
)

// Manifest is the file deploy/rbac.yaml. It is written by hand rather than by
// a YAML encoder, which would lose the reasons.
func Manifest() string {
	var b strings.Builder
	b.WriteString(heading)
	b.WriteString(clusterRole + rules(everywhere))
	b.WriteString(clusterRoleBinding + grant("ClusterRole"))
	b.WriteString(role + rules(own))
	b.WriteString(roleBinding + grant("Role"))
	return b.String()
}

func rules(which func(Rule) bool) string {
	return "  labels: {app.kubernetes.io/name: serin}\nrules:\n" + written(which)
}

// What a role is made of.
var (
	everywhere = func(r Rule) bool { return !r.Own }
	own        = func(r Rule) bool { return r.Own }
	cluster    = func(r Rule) bool { return r.Cluster }
	namespaced = func(r Rule) bool { return !r.Own && !r.Cluster && !r.Wide }
)

// written is the list below "rules:".
func written(which func(Rule) bool) string {
	var b strings.Builder
	for _, rule := range Rules {
		if !which(rule) {
			continue
		}
		fmt.Fprintf(&b, "# %s\n", rule.Why)
		fmt.Fprintf(&b, "- apiGroups: [%q]\n", rule.Group)
		fmt.Fprintf(&b, "  resources: %s\n", list(rule.Resources))
		if len(rule.Names) > 0 {
			fmt.Fprintf(&b, "  resourceNames: %s\n", list(rule.Names))
		}
		fmt.Fprintf(&b, "  verbs: %s\n", list(rule.Verbs))
	}
	return b.String()
}

func list(words []string) string { return "[" + strings.Join(words, ", ") + "]" }

func grant(kind string) string {
	return "  labels: {app.kubernetes.io/name: serin}\n" +
		"roleRef: {apiGroup: rbac.authorization.k8s.io, kind: " + kind + ", name: serin}\n" +
		"subjects:\n- {kind: ServiceAccount, name: serin, namespace: serin-system}\n"
}
