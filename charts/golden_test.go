// SPDX-License-Identifier: Apache-2.0

package charts_test

import (
	"strings"
	"testing"

	"gotest.tools/v3/golden"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/v2/lint"
)

// everything sets whatever can be set together.
const everything = `
commonLabels: {team: platform}
image: {digest: "sha256:0000000000000000000000000000000000000000000000000000000000000000"}
imagePullSecrets: [{name: registry}]
replicas: 3
serviceAccount: {name: canaries, annotations: {example.com/role: canaries}}
namespaceSelector: team=web,stage!=test
verbosity: 1
extraArgs: [--prometheus-timeout=20s]
prometheus:
  address: https://prometheus.monitoring.svc:9090
  secret: {name: prometheus-reader, tokenKey: bearer, caKey: ca}
  podLabel: pod_name
  http: {durationMetric: latency, durationUnit: ms}
checks:
  data:
    checks.yaml: |
      checks:
      - {name: errors, kind: errors}
tracing: {endpoint: "https://otel-collector.observability.svc:4317", protocol: grpc, headers: {secretRef: {name: collector, key: headers}}}
istiod: {addresses: ["http://istiod.istio-system.svc:15014", "http://istiod-canary.istio-system.svc:15014"]}
metrics:
  serviceAnnotations: {example.com/scrape: "true"}
  serviceMonitor:
    enabled: true
    labels: {release: monitoring}
    interval: 30s
    scrapeTimeout: 10s
    relabelings: [{action: labeldrop, regex: instance}]
    metricRelabelings: [{action: drop, sourceLabels: [__name__], regex: go_.*}]
  prometheusRule:
    enabled: true
    labels: {release: monitoring}
    alertLabels: {team: platform}
    disabled: [SerinTemplateRejected]
    severities: {SerinRolledBack: info}
    runbookUrl: https://runbooks.example.com/serin
    stuckSeconds: 900
  dashboards:
    labels: {grafana_dashboard: "yes"}
    annotations: {grafana_folder: Delivery}
podDisruptionBudget: {maxUnavailable: 50%}
networkPolicy:
  metricsFrom: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}}]
  egress: [{ports: [{protocol: TCP, port: 443}, {protocol: TCP, port: 6443}]}, {ports: [{protocol: UDP, port: 53}]}]
priorityClassName: system-cluster-critical
podAnnotations: {example.com/owner: platform}
podLabels: {example.com/tier: control}
nodeSelector: {kubernetes.io/os: linux}
tolerations: [{key: node-role.kubernetes.io/control-plane, operator: Exists, effect: NoSchedule}]
affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: pool, operator: In, values: [system]}]}]}}}
`

// A change of what is installed is for review.
func TestGolden(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		server server
		values string
	}{"default": {current, ""}, "older": {older, ""}, "everything": {current, everything}, "namespaces": {current, "namespaces: [web, api]"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files, err := render(t, test.server, test.values)
			if err != nil {
				t.Fatal(err)
			}
			golden.Assert(t, "# SPDX-License-Identifier: Apache-2.0\n"+withoutDashboards(t, manifest(t, test.server, test.values)), name+".yaml", "rewrite it by: make golden")
			golden.Assert(t, files["NOTES.txt"], name+".notes.txt", "rewrite it by: make golden")
		})
	}
}

// withoutDashboards leaves their text out, which is long and reviewed where it is.
func withoutDashboards(t *testing.T, manifest string) string {
	t.Helper()
	for file, text := range dashboards(t) {
		manifest = strings.ReplaceAll(manifest, strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    "), "(files/dashboards/"+file+")")
	}
	return manifest
}

func TestHelmFindsNothingToComplainAbout(t *testing.T) {
	t.Parallel()
	version, err := common.ParseKubeVersion(current.version)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range map[string]string{"default": "", "everything": everything} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, message := range lint.RunAll("serin", parse(t, values), "serin-system", lint.WithKubeVersion(version)).Messages {
				if message.Err.Error() != "icon is recommended" {
					t.Error(message)
				}
			}
		})
	}
}
