// SPDX-License-Identifier: Apache-2.0

package permissions

const chartHeading = `{{/* SPDX-License-Identifier: Apache-2.0 */}}
{{/* Written from pkg/permissions/rules.go by 'make generate'; not to be edited by hand. */}}
`

// Chart is the file charts/serin/templates/_rules.tpl: the rules alone, which
// the chart's roles include.
func Chart() string {
	return chartHeading +
		"{{- define \"serin.rules\" -}}\n" + written(everywhere) + "{{- end }}\n\n" +
		"{{- define \"serin.ownRules\" -}}\n" + written(atHome) + "{{- end }}\n\n" +
		"{{- define \"serin.metricsRules\" -}}\n" + written(with(MetricsSecure)) + "{{- end }}\n"
}
