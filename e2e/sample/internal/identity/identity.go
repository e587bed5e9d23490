// SPDX-License-Identifier: Apache-2.0

// Package identity says who a process is in the cluster: which pod, of which workload, at which version.
package identity

import (
	"cmp"
	"strings"
)

// Identity is what a pod knows of itself.
type Identity struct {
	Version   string
	Pod       string
	IP        string
	Namespace string
	Workload  string // the Deployment
	App       string // what the versions have in common: the canonical service
}

// Read takes the identity from environment variables, and what they leave out from the pod's name.
func Read(getenv func(string) string, hostname string) Identity {
	id := Identity{
		Version:   cmp.Or(getenv("VERSION"), "unknown"),
		Pod:       cmp.Or(getenv("POD_NAME"), hostname, "unknown"),
		IP:        cmp.Or(getenv("POD_IP"), "127.0.0.1"),
		Namespace: cmp.Or(getenv("NAMESPACE"), "default"),
	}
	id.Workload = cmp.Or(getenv("WORKLOAD"), WorkloadOf(id.Pod))
	id.App = cmp.Or(getenv("APP"), id.Workload)
	return id
}

// WorkloadOf is the Deployment that a pod's name tells: shop-canary for shop-canary-6d4cf56db6-x2x7p. A pod template cannot
// tell it, for that of a canary is a copy. Any other name stands for itself.
func WorkloadOf(pod string) string {
	parts := strings.Split(pod, "-")
	if len(parts) < 3 || len(parts[len(parts)-1]) != 5 || !isHash(parts[len(parts)-2]) {
		return pod
	}
	return strings.Join(parts[:len(parts)-2], "-")
}

// isHash recognizes a ReplicaSet's hash, for which Kubernetes uses neither vowels nor 0, 1 and 3.
func isHash(part string) bool {
	return len(part) >= 5 && len(part) <= 10 && strings.Trim(part, "bcdfghjklmnpqrstvwxz2456789") == ""
}
