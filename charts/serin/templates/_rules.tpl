{{/* SPDX-License-Identifier: Apache-2.0 */}}
{{/* Written from pkg/permissions/rules.go by 'make generate'; not to be edited by hand. */}}

{{/* Where all namespaces are looked after. */}}
{{- define "serin.rules" -}}
# Watches targets, holds them and lets them go; makes, scales and deletes the canary Deployment beside each.
- apiGroups: ["apps"]
  resources: [deployments]
  verbs: [get, list, watch, create, patch, delete]
# Writes the memo together with the condition serin.dev/Promoted.
- apiGroups: ["apps"]
  resources: [deployments/status]
  verbs: [patch]
# Tells stable from wanted; scales the other ReplicaSets of a target whose promotion was superseded.
- apiGroups: ["apps"]
  resources: [replicasets]
  verbs: [get, list, watch, patch]
# Judges the health of canary pods.
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch]
# Reads the checks that a Deployment, or the flag --checks, names.
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get]
# Finds the Service that carries the traffic; keeps its version label true.
- apiGroups: [""]
  resources: [services]
  verbs: [get, list, watch, patch]
# Sees which pods are ready to take traffic before they get any.
- apiGroups: ["discovery.k8s.io"]
  resources: [endpointslices]
  verbs: [get, list, watch]
# Runs the Jobs of gates, and ends those of a rollout that went another way.
- apiGroups: ["batch"]
  resources: [jobs]
  verbs: [get, list, watch, create, delete]
# Sees whether a namespace asks for the mesh, and whether it is being deleted.
- apiGroups: [""]
  resources: [namespaces]
  verbs: [get]
# Sees so at once, and which namespaces have the labels that --namespace-selector names.
- apiGroups: [""]
  resources: [namespaces]
  verbs: [list, watch]
# Refuses a target whose volume cannot be mounted by a second Deployment.
- apiGroups: [""]
  resources: [persistentvolumeclaims]
  verbs: [get]
# Leaves the size of a target alone that an autoscaler sets.
- apiGroups: ["autoscaling"]
  resources: [horizontalpodautoscalers]
  verbs: [get, list, watch]
# Splits routes between stable and canary, and takes the split away again.
- apiGroups: ["networking.istio.io"]
  resources: [virtualservices, destinationrules]
  verbs: [get, list, watch, create, update, delete]
# Sees Istio come and go without a restart.
- apiGroups: ["apiextensions.k8s.io"]
  resources: [customresourcedefinitions]
  resourceNames: [virtualservices.networking.istio.io]
  verbs: [get, list, watch]
# Finds out which guard holds a changed template.
- apiGroups: ["admissionregistration.k8s.io"]
  resources: [mutatingadmissionpolicies, mutatingadmissionpolicybindings]
  resourceNames: [serin-guard]
  verbs: [get, list, watch]
# Tells every move on the target.
- apiGroups: ["events.k8s.io"]
  resources: [events]
  verbs: [create, patch]
# Keeps the last Events of a canary's pods in the record of a rollout that failed.
- apiGroups: [""]
  resources: [events]
  verbs: [list]
# Keeps the last log lines of a canary's pods in the record of a rollout that failed; without it the record has none.
- apiGroups: [""]
  resources: [pods/log]
  verbs: [get]
# Keeps the record of a Deployment's rollouts in a ConfigMap that it owns, read by its name only, and removes it on opt-out.
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, create, update, delete]
# Names each permission of this list that is missing.
- apiGroups: ["authorization.k8s.io"]
  resources: [selfsubjectaccessreviews]
  verbs: [create]
{{- end }}

{{/* In the release's namespace. */}}
{{- define "serin.ownRules" -}}
# Elects the one replica that acts.
- apiGroups: ["coordination.k8s.io"]
  resources: [leases]
  verbs: [get, create, update]
# Tells who leads; leader election speaks the older API.
- apiGroups: [""]
  resources: [events]
  verbs: [create, patch]
{{- end }}

{{/* In each namespace that is looked after, where they are named. */}}
{{- define "serin.namespaceRules" -}}
# Watches targets, holds them and lets them go; makes, scales and deletes the canary Deployment beside each.
- apiGroups: ["apps"]
  resources: [deployments]
  verbs: [get, list, watch, create, patch, delete]
# Writes the memo together with the condition serin.dev/Promoted.
- apiGroups: ["apps"]
  resources: [deployments/status]
  verbs: [patch]
# Tells stable from wanted; scales the other ReplicaSets of a target whose promotion was superseded.
- apiGroups: ["apps"]
  resources: [replicasets]
  verbs: [get, list, watch, patch]
# Judges the health of canary pods.
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch]
# Reads the checks that a Deployment, or the flag --checks, names.
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get]
# Finds the Service that carries the traffic; keeps its version label true.
- apiGroups: [""]
  resources: [services]
  verbs: [get, list, watch, patch]
# Sees which pods are ready to take traffic before they get any.
- apiGroups: ["discovery.k8s.io"]
  resources: [endpointslices]
  verbs: [get, list, watch]
# Runs the Jobs of gates, and ends those of a rollout that went another way.
- apiGroups: ["batch"]
  resources: [jobs]
  verbs: [get, list, watch, create, delete]
# Sees whether a namespace asks for the mesh, and whether it is being deleted.
- apiGroups: [""]
  resources: [namespaces]
  verbs: [get]
# Refuses a target whose volume cannot be mounted by a second Deployment.
- apiGroups: [""]
  resources: [persistentvolumeclaims]
  verbs: [get]
# Leaves the size of a target alone that an autoscaler sets.
- apiGroups: ["autoscaling"]
  resources: [horizontalpodautoscalers]
  verbs: [get, list, watch]
# Splits routes between stable and canary, and takes the split away again.
- apiGroups: ["networking.istio.io"]
  resources: [virtualservices, destinationrules]
  verbs: [get, list, watch, create, update, delete]
# Tells every move on the target.
- apiGroups: ["events.k8s.io"]
  resources: [events]
  verbs: [create, patch]
# Keeps the last Events of a canary's pods in the record of a rollout that failed.
- apiGroups: [""]
  resources: [events]
  verbs: [list]
# Keeps the last log lines of a canary's pods in the record of a rollout that failed; without it the record has none.
- apiGroups: [""]
  resources: [pods/log]
  verbs: [get]
# Keeps the record of a Deployment's rollouts in a ConfigMap that it owns, read by its name only, and removes it on opt-out.
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, create, update, delete]
{{- end }}

{{/* What no Role can grant: all that is left for a ClusterRole then. */}}
{{- define "serin.clusterRules" -}}
# Sees Istio come and go without a restart.
- apiGroups: ["apiextensions.k8s.io"]
  resources: [customresourcedefinitions]
  resourceNames: [virtualservices.networking.istio.io]
  verbs: [get, list, watch]
# Finds out which guard holds a changed template.
- apiGroups: ["admissionregistration.k8s.io"]
  resources: [mutatingadmissionpolicies, mutatingadmissionpolicybindings]
  resourceNames: [serin-guard]
  verbs: [get, list, watch]
# Names each permission of this list that is missing.
- apiGroups: ["authorization.k8s.io"]
  resources: [selfsubjectaccessreviews]
  verbs: [create]
{{- end }}

{{/* Where the metrics are for those who may read them. */}}
{{- define "serin.metricsRules" -}}
# Asks whose token it is that somebody shows who wants the metrics.
- apiGroups: ["authentication.k8s.io"]
  resources: [tokenreviews]
  verbs: [create]
# Asks whether they may get the metrics.
- apiGroups: ["authorization.k8s.io"]
  resources: [subjectaccessreviews]
  verbs: [create]
{{- end }}
