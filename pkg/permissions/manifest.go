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

const (
	metricsRole        = "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: serin-metrics-auth\n"
	metricsRoleBinding = "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata:\n  name: serin-metrics-auth\n"
	metricsReader      = "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: serin-metrics-reader\n" +
		"  labels: {app.kubernetes.io/name: serin}\nrules:\n# For whoever scrapes; bind it to Prometheus' account.\n- nonResourceURLs: [/metrics]\n  verbs: [get]\n"
)

// MetricsManifest is the file deploy/metrics/rbac.yaml: what --metrics-secure
// takes, and the ClusterRole of those who may read the metrics then.
func MetricsManifest() string {
	return heading + metricsRole + rules(with(MetricsSecure)) + metricsRoleBinding + grant("ClusterRole", "serin-metrics-auth") + metricsReader
}

// with chooses the rules of a flag.
func with(flag string) func(Rule) bool { return func(r Rule) bool { return r.With == flag } }

// Manifest is the file deploy/rbac.yaml. It is written by hand rather than by
// a YAML encoder, which would lose the reasons.
func Manifest() string {
	var b strings.Builder
	b.WriteString(heading)
	b.WriteString(clusterRole + rules(everywhere))
	b.WriteString(clusterRoleBinding + grant("ClusterRole", "serin"))
	b.WriteString(role + rules(own))
	b.WriteString(roleBinding + grant("Role", "serin"))
	return b.String()
}

func rules(which func(Rule) bool) string {
	return "  labels: {app.kubernetes.io/name: serin}\nrules:\n" + written(which)
}

// What a role is made of that is needed always.
var (
	everywhere = func(r Rule) bool { return r.With == "" && !r.Own }
	own        = func(r Rule) bool { return r.With == "" && r.Own }
	cluster    = func(r Rule) bool { return r.With == "" && r.Cluster }
	namespaced = func(r Rule) bool { return r.With == "" && !r.Own && !r.Cluster && !r.Wide }
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

func grant(kind, name string) string {
	return "  labels: {app.kubernetes.io/name: serin}\n" +
		"roleRef: {apiGroup: rbac.authorization.k8s.io, kind: " + kind + ", name: " + name + "}\n" +
		"subjects:\n- {kind: ServiceAccount, name: serin, namespace: serin-system}\n"
}
