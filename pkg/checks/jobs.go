// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	kjson "sigs.k8s.io/json"

	"github.com/serin-dev/serin/pkg/annotations"
)

// The bounds of a gate's Job in seconds, and what is usual.
const (
	usualDeadline   = 10 * 60
	longestDeadline = 24 * 60 * 60
	usualTTL        = 60 * 60
	shortestTTL     = 60
	longestTTL      = 7 * 24 * 60 * 60
	mostBackoff     = 10
)

// job reads the spec of a Job by the API's own types, and refuses what a gate
// has no use for: what Serin decides itself, and what reaches into the node.
func (r *reader) job(at *yaml.Node, path string, g *Gate) error {
	g.Job = &batchv1.JobSpec{}
	if aliased(at) {
		return fmt.Errorf("has an alias in it; write the value itself")
	}
	var plain any
	if err := at.Decode(&plain); err != nil {
		return fmt.Errorf("is not the spec of a Job: %s", short(err.Error()))
	}
	text, err := json.Marshal(plain)
	if err != nil {
		return fmt.Errorf("is not the spec of a Job: %s", short(err.Error()))
	}
	strict, err := kjson.UnmarshalStrict(text, g.Job)
	if err != nil {
		return fmt.Errorf("is not the spec of a Job: %w", err)
	}
	for _, problem := range strict {
		r.fault(at, path, problem.Error())
	}
	for _, problem := range jobProblems(g.Job) {
		r.fault(at, path+problem[0], problem[1])
	}
	usualJob(g.Job)
	return nil
}

// aliased: an alias can make a small text a large Job.
func aliased(at *yaml.Node) bool {
	return at.Kind == yaml.AliasNode || at.Anchor != "" || slices.ContainsFunc(at.Content, aliased)
}

// usualJob fills in what is not written. A test that failed is not repeated,
// and none runs for ever.
func usualJob(spec *batchv1.JobSpec) {
	if spec.BackoffLimit == nil {
		spec.BackoffLimit = new(int32(0))
	}
	if spec.ActiveDeadlineSeconds == nil {
		spec.ActiveDeadlineSeconds = new(int64(usualDeadline))
	}
	if spec.TTLSecondsAfterFinished == nil {
		spec.TTLSecondsAfterFinished = new(int32(usualTTL))
	}
	if spec.Template.Spec.RestartPolicy == "" {
		spec.Template.Spec.RestartPolicy = corev1.RestartPolicyNever
	}
}

// jobProblems are pairs of a place and what is wrong there.
func jobProblems(spec *batchv1.JobSpec) (found [][2]string) {
	fault := func(wrong bool, place, text string) {
		if wrong {
			found = append(found, [2]string{place, text})
		}
	}
	ours := "is Serin's to decide; remove it"
	fault(spec.Selector != nil, ".selector", ours)
	fault(spec.ManualSelector != nil, ".manualSelector", ours)
	fault(spec.Suspend != nil, ".suspend", ours)
	fault(spec.ManagedBy != nil, ".managedBy", ours)
	fault(outside(spec.BackoffLimit, 0, mostBackoff), ".backoffLimit", fmt.Sprintf("is outside of the range from 0 to %d", mostBackoff))
	fault(outside(spec.ActiveDeadlineSeconds, 1, longestDeadline), ".activeDeadlineSeconds", fmt.Sprintf("is outside of the range from 1 to %d", longestDeadline))
	fault(outside(spec.TTLSecondsAfterFinished, shortestTTL, longestTTL), ".ttlSecondsAfterFinished",
		fmt.Sprintf("is outside of the range from %d to %d: it is by the Job that its success is known", shortestTTL, longestTTL))
	for _, keys := range []map[string]string{spec.Template.Labels, spec.Template.Annotations} {
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			fault(strings.HasPrefix(key, annotations.Prefix), ".template.metadata", fmt.Sprintf("%s is under %s, which is Serin's; remove it", key, annotations.Prefix))
		}
	}
	return append(found, podProblems(&spec.Template.Spec)...)
}

func outside[T int32 | int64](n *T, lowest, highest T) bool {
	return n != nil && (*n < lowest || *n > highest)
}

func podProblems(pod *corev1.PodSpec) (found [][2]string) {
	const at = ".template.spec"
	fault := func(wrong bool, place, text string) {
		if wrong {
			found = append(found, [2]string{at + place, text})
		}
	}
	node := "reaches into the node, and a gate has no use for that; remove it"
	fault(len(pod.Containers) == 0, ".containers", "there are none; write at least one with name and image")
	fault(pod.RestartPolicy == corev1.RestartPolicyAlways, ".restartPolicy", "a Job has Never (the default) or OnFailure")
	fault(pod.HostNetwork, ".hostNetwork", node)
	fault(pod.HostPID, ".hostPID", node)
	fault(pod.HostIPC, ".hostIPC", node)
	fault(pod.NodeName != "", ".nodeName", "passes the scheduler by; write a nodeSelector")
	for i, volume := range pod.Volumes {
		fault(volume.HostPath != nil, fmt.Sprintf(".volumes[%d].hostPath", i), node)
	}
	for i, c := range slices.Concat(pod.InitContainers, pod.Containers) {
		place := fmt.Sprintf(".initContainers[%d]", i)
		if i -= len(pod.InitContainers); i >= 0 {
			place = fmt.Sprintf(".containers[%d]", i)
		}
		fault(c.Name == "", place+".name", "is missing")
		fault(c.Image == "", place+".image", "is missing")
		fault(isPrivileged(c), place+".securityContext.privileged", node)
		fault(hasOurs(c.Env), place+".env", "has a variable whose name begins with "+EnvPrefix+", which are Serin's; call it otherwise")
	}
	return found
}

func isPrivileged(c corev1.Container) bool {
	return c.SecurityContext != nil && c.SecurityContext.Privileged != nil && *c.SecurityContext.Privileged
}

func hasOurs(env []corev1.EnvVar) bool {
	return slices.ContainsFunc(env, func(e corev1.EnvVar) bool { return strings.HasPrefix(e.Name, EnvPrefix) })
}

// EnvPrefix begins the names of the variables that Serin adds to the containers of a gate's Job.
const EnvPrefix = "SERIN_"
