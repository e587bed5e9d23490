// SPDX-License-Identifier: Apache-2.0

package permissions

// Rule allows some verbs on some resources of one API group.
type Rule struct {
	Group     string
	Resources []string
	Names     []string // only objects of these names; empty: all
	Verbs     []string
	Own       bool   // only in the controller's own namespace
	Cluster   bool   // on objects that are in no namespace, and by name: no Role can grant it
	Wide      bool   // only where all namespaces are looked after
	Spare     bool   // every rollout goes on without it
	With      string // only with this flag of the controller; empty: always
	Why       string // what the controller does with it; a sentence
	Fence     string // what deploy/fence leaves of it, for docs/security.md; empty: nothing is taken
}

// MetricsSecure is the flag with which the controller asks who wants its metrics.
const MetricsSecure = "metrics-secure"

// Rules is everything the controller may do. The order is that of the file.
//
// A rule with Names holds for lists and watches only where the request selects
// metadata.name, as the watches of a single object do.
var Rules = []Rule{
	{
		Group: "apps", Resources: []string{"deployments"},
		Verbs: []string{"get", "list", "watch", "create", "patch", "delete"},
		Why:   "Watches targets, holds them and lets them go; makes, scales and deletes the canary Deployment beside each.",
		Fence: "of a target that opted in `paused`, `replicas` (never to 0) and the annotations of memo, journal and commands; canaries that run what their target wants",
	},
	{
		Group: "apps", Resources: []string{"deployments/status"},
		Verbs: []string{"patch"},
		Why:   "Writes the memo together with the condition serin.dev/Promoted.",
		Fence: "this condition, and the same annotations",
	},
	{
		Group: "apps", Resources: []string{"replicasets"},
		Verbs: []string{"get", "list", "watch", "patch"},
		Why:   "Tells stable from wanted; scales the other ReplicaSets of a target whose promotion was superseded.",
		Fence: "`replicas`",
	},
	{
		Resources: []string{"pods"},
		Verbs:     []string{"get", "list", "watch"},
		Why:       "Judges the health of canary pods.",
	},
	{
		Resources: []string{"configmaps"},
		Verbs:     []string{"get"},
		Why:       "Reads the checks that a Deployment, or the flag --checks, names.",
	},
	{
		Resources: []string{"services"},
		Verbs:     []string{"get", "list", "watch", "patch"},
		Why:       "Finds the Service that carries the traffic; keeps its version label true.",
		Fence:     "the value of one label that is there",
	},
	{
		Group: "discovery.k8s.io", Resources: []string{"endpointslices"},
		Verbs: []string{"get", "list", "watch"},
		Why:   "Sees which pods are ready to take traffic before they get any.",
	},
	{
		Group: "batch", Resources: []string{"jobs"},
		Verbs: []string{"get", "list", "watch", "create", "delete"},
		Why:   "Runs the Jobs of gates, and ends those of a rollout that went another way.",
		Fence: "Jobs that it labels, without privileges on the node, in namespaces labelled `serin.dev/gate-jobs: allowed`",
	},
	{
		Resources: []string{"namespaces"},
		Verbs:     []string{"get"},
		Why:       "Sees whether a namespace asks for the mesh, and whether it is being deleted.",
	},
	{
		Resources: []string{"namespaces"},
		Verbs:     []string{"list", "watch"},
		Wide:      true,
		Why:       "Sees so at once, and which namespaces have the labels that --namespace-selector names.",
	},
	{
		Resources: []string{"persistentvolumeclaims"},
		Verbs:     []string{"get"},
		Why:       "Refuses a target whose volume cannot be mounted by a second Deployment.",
	},
	{
		Group: "autoscaling", Resources: []string{"horizontalpodautoscalers"},
		Verbs: []string{"get", "list", "watch"},
		Why:   "Leaves the size of a target alone that an autoscaler sets.",
	},
	{
		Group: "networking.istio.io", Resources: []string{"virtualservices", "destinationrules"},
		Verbs: []string{"get", "list", "watch", "create", "update", "delete"},
		Why:   "Splits routes between stable and canary, and takes the split away again.",
		Fence: "subsets and weights of the destinations that rules have; VirtualServices and DestinationRules `<service>-serin` that it labels, for that Service",
	},
	{
		Group: "apiextensions.k8s.io", Resources: []string{"customresourcedefinitions"},
		Names:   []string{"virtualservices.networking.istio.io"},
		Verbs:   []string{"get", "list", "watch"},
		Cluster: true,
		Why:     "Sees Istio come and go without a restart.",
	},
	{
		Group: "admissionregistration.k8s.io", Resources: []string{"mutatingadmissionpolicies", "mutatingadmissionpolicybindings"},
		Names:   []string{"serin-guard"},
		Verbs:   []string{"get", "list", "watch"},
		Cluster: true,
		Why:     "Finds out which guard holds a changed template.",
	},
	{
		Group: "events.k8s.io", Resources: []string{"events"},
		Verbs: []string{"create", "patch"},
		Why:   "Tells every move on the target.",
	},
	{
		Resources: []string{"events"},
		Verbs:     []string{"list"},
		Spare:     true,
		Why:       "Keeps the last Events of a canary's pods in the record of a rollout that failed.",
	},
	{
		Resources: []string{"pods/log"},
		Verbs:     []string{"get"},
		Spare:     true,
		Why:       "Keeps the last log lines of a canary's pods in the record of a rollout that failed; without it the record has none.",
	},
	{
		Resources: []string{"configmaps"},
		Verbs:     []string{"get", "create", "update", "delete"},
		Spare:     true,
		Why:       "Keeps the record of a Deployment's rollouts in a ConfigMap that it owns, read by its name only, and removes it on opt-out.",
		Fence:     "`record.json` in ConfigMaps `<deployment>-serin` that it labels",
	},
	{
		Group: "authorization.k8s.io", Resources: []string{"selfsubjectaccessreviews"},
		Verbs:   []string{"create"},
		Cluster: true,
		Why:     "Names each permission of this list that is missing.",
	},
	{
		Group: "authentication.k8s.io", Resources: []string{"tokenreviews"},
		Verbs:   []string{"create"},
		Cluster: true,
		Spare:   true,
		With:    MetricsSecure,
		Why:     "Asks whose token it is that somebody shows who wants the metrics.",
	},
	{
		Group: "authorization.k8s.io", Resources: []string{"subjectaccessreviews"},
		Verbs:   []string{"create"},
		Cluster: true,
		Spare:   true,
		With:    MetricsSecure,
		Why:     "Asks whether they may get the metrics.",
	},
	{
		Group: "coordination.k8s.io", Resources: []string{"leases"},
		Verbs: []string{"get", "create", "update"},
		Own:   true,
		Why:   "Elects the one replica that acts.",
	},
	{
		Resources: []string{"events"},
		Verbs:     []string{"create", "patch"},
		Own:       true,
		Why:       "Tells who leads; leader election speaks the older API.",
	},
}
