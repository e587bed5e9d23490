// SPDX-License-Identifier: Apache-2.0

package permissions

const chartHeading = `{{/* SPDX-License-Identifier: Apache-2.0 */}}
{{/* Written from pkg/permissions/rules.go by 'make generate'; not to be edited by hand. */}}
`

// Chart is the file charts/serin/templates/_rules.tpl: the rules alone, which
// the chart's roles include.
func Chart() string {
	return chartHeading +
		defined("serin.rules", "Where all namespaces are looked after.", everywhere) +
		defined("serin.ownRules", "In the release's namespace.", own) +
		defined("serin.namespaceRules", "In each namespace that is looked after, where they are named.", namespaced) +
		defined("serin.clusterRules", "What no Role can grant: all that is left for a ClusterRole then.", cluster) +
		defined("serin.metricsRules", "Where the metrics are for those who may read them.", with(MetricsSecure))
}

func defined(name, what string, which func(Rule) bool) string {
	return "\n{{/* " + what + " */}}\n{{- define \"" + name + "\" -}}\n" + written(which) + "{{- end }}\n"
}
