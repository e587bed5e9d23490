{{/* SPDX-License-Identifier: Apache-2.0 */}}
{{- define "serin.args" -}}
- --namespace={{ .Release.Namespace }}
{{- include "serin.scope" . }}
- --metrics-bind-address={{ .Values.metrics.enabled | ternary (printf ":%v" .Values.metrics.port) "0" }}
{{- if .Values.metrics.secure.enabled }}
- --metrics-secure
{{- if .Values.metrics.secure.certificateSecret }}
- --metrics-cert-dir=/var/run/secrets/metrics
{{- end }}
{{- end }}
- --health-probe-bind-address=:8081
- --cluster-domain={{ .Values.clusterDomain }}
- --workers={{ .Values.workers }}
- --verbosity={{ .Values.verbosity }}
{{- range .Values.istiod.addresses }}
- {{ printf "--istiod=%s" . | quote }}
{{- end }}
{{- if and .Values.istiod.addresses .Values.istiod.token }}
- --istiod-token-file=/var/run/secrets/istiod/token
{{- end }}
{{- if .Values.prometheus.address }}
{{- include "serin.prometheusArgs" . }}
{{- end }}
{{- with .Values.tracing.endpoint }}
- {{ printf "--tracing-endpoint=%s" . | quote }}
{{- end }}
{{- with .Values.tracing.protocol }}
- {{ printf "--tracing-protocol=%s" . | quote }}
{{- end }}
{{- with .Values.extraArgs }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Whose Deployments are looked after. */}}
{{- define "serin.scope" }}
{{- with .Values.namespaceSelector }}
- {{ printf "--namespace-selector=%s" . | quote }}
{{- end }}
{{- with .Values.namespaces }}
- --namespaces={{ join "," . }}
{{- end }}
{{- end }}

{{- define "serin.prometheusArgs" }}
{{- $p := .Values.prometheus }}
{{- $mount := "/var/run/secrets/prometheus" }}
{{- $flags := dict
  "prometheus" $p.address "prometheus-timeout" $p.timeout "prometheus-username" $p.username
  "prometheus-token-file" (and $p.secret.tokenKey (printf "%s/token" $mount))
  "prometheus-password-file" (and $p.secret.passwordKey (printf "%s/password" $mount))
  "prometheus-ca-file" (and $p.secret.caKey (printf "%s/ca.crt" $mount))
  "checks" (include "serin.checks" .)
  "pod-label" $p.podLabel "namespace-label" $p.namespaceLabel
  "http-requests-metric" $p.http.requestsMetric "http-code-label" $p.http.codeLabel
  "http-duration-metric" $p.http.durationMetric "http-duration-unit" $p.http.durationUnit }}
{{- range $flag, $value := $flags }}
{{- if $value }}
- {{ printf "--%s=%s" $flag $value | quote }}
{{- end }}
{{- end }}
{{- end }}
