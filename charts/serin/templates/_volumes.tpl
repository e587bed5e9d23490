{{/* SPDX-License-Identifier: Apache-2.0 */}}
{{- define "serin.mounts" -}}
{{- if and .Values.istiod.addresses .Values.istiod.token }}
- {name: istiod-token, mountPath: /var/run/secrets/istiod, readOnly: true}
{{- end }}
{{- if .Values.prometheus.secret.name }}
- {name: prometheus, mountPath: /var/run/secrets/prometheus, readOnly: true}
{{- end }}
{{- if and .Values.metrics.secure.enabled .Values.metrics.secure.certificateSecret }}
- {name: metrics, mountPath: /var/run/secrets/metrics, readOnly: true}
{{- end }}
{{- end }}

{{- define "serin.env" -}}
{{- with .Values.tracing.headers.secretRef }}
{{- if .name }}
- name: OTEL_EXPORTER_OTLP_HEADERS
  valueFrom: {secretKeyRef: {name: {{ .name | quote }}, key: {{ .key | quote }}}}
{{- end }}
{{- end }}
{{- end }}

{{- define "serin.volumes" -}}
{{- if and .Values.istiod.addresses .Values.istiod.token }}
- name: istiod-token
  projected:
    sources:
    - serviceAccountToken: {path: token, audience: {{ .Values.istiod.audience | quote }}, expirationSeconds: 3600}
{{- end }}
{{- include "serin.prometheusVolume" . }}
{{- if and .Values.metrics.secure.enabled .Values.metrics.secure.certificateSecret }}
- name: metrics
  secret: {secretName: {{ .Values.metrics.secure.certificateSecret | quote }}, items: [{key: tls.crt, path: tls.crt}, {key: tls.key, path: tls.key}]}
{{- end }}
{{- end }}

{{/* Begins with a line break, for what stands before it. */}}
{{- define "serin.prometheusVolume" }}
{{- with .Values.prometheus.secret }}
{{- if .name }}
- name: prometheus
  secret:
    secretName: {{ .name | quote }}
    items:
    {{- range $path, $key := dict "token" .tokenKey "password" .passwordKey "ca.crt" .caKey }}
    {{- if $key }}
    - {key: {{ $key | quote }}, path: {{ $path }}}
    {{- end }}
    {{- end }}
{{- end }}
{{- end }}
{{- end }}
