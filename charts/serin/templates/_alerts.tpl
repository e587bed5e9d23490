{{/* SPDX-License-Identifier: Apache-2.0 */}}
{{/* One alert, as a list with one entry. It is given the values and the alert as files/alerts.yaml has it. */}}
{{- define "serin.alert" -}}
{{- $values := first . }}
{{- $alert := last . }}
{{- $severity := get $values.severities $alert.alert | default $alert.labels.severity }}
{{- $_ := set $alert "labels" (merge (dict "severity" $severity) $values.alertLabels) }}
{{- $heading := last (splitList "#" $alert.annotations.runbook_url) }}
{{- $_ := set $alert.annotations "runbook_url" (printf "%s#%s" $values.runbookUrl $heading) }}
{{- if eq $alert.alert "SerinRolloutStuck" }}
{{- $_ := set $alert "expr" (regexReplaceAll "[0-9]+\\s*$" $alert.expr (printf "%d\n" (int64 $values.stuckSeconds))) }}
{{- else if eq $alert.alert "SerinTemplateRejected" }}
{{- $_ := set $alert "for" $values.rejectedFor }}
{{- end }}
{{- toYaml (list $alert) }}
{{- end }}
