// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/workload"
)

// logTime is the longest that reading logs may take.
const logTime = 5 * time.Second

// collect reads the canary's last lines. It does so when the rollout begins to
// go back: afterwards the pods are gone.
func (r *Run) collect(ctx context.Context, target *appsv1.Deployment) {
	if r.haveEvidence || r.LogLines == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, logTime)
	defer cancel()
	pods, err := r.Cluster.API.CoreV1().Pods(target.Namespace).List(ctx, metav1.ListOptions{
		LabelSelector: annotations.CanaryOf + "=" + workload.CanaryOf(target.Name),
	})
	if err != nil {
		r.evidence = []string{"The canary's logs are not shown: " + r.Cluster.Explain(err, "list", "pods", "listing the canary's pods").Error()}
		return
	}
	pod, container, restarted := worst(pods.Items)
	if pod == "" {
		return
	}
	r.haveEvidence = true
	text, err := r.read(ctx, target.Namespace, pod, container, restarted)
	if err != nil {
		r.evidence = []string{"The canary's logs are not shown: " + r.Cluster.Explain(err, "get", "pods/log", "reading the log of pod "+pod).Error()}
		return
	}
	r.evidence = []string{fmt.Sprintf("The last lines of pod %s, container %s:", pod, container)}
	for scanner := bufio.NewScanner(strings.NewReader(text)); scanner.Scan(); {
		r.evidence = append(r.evidence, "| "+scanner.Text())
	}
}

// read reads the container that ended, where one has: the one that runs in its
// place has not failed yet.
func (r *Run) read(ctx context.Context, namespace, pod, container string, previous bool) (string, error) {
	options := &corev1.PodLogOptions{Container: container, TailLines: &r.LogLines, Previous: previous}
	text, err := r.Cluster.API.CoreV1().Pods(namespace).GetLogs(pod, options).DoRaw(ctx)
	return string(text), err
}

// worst is the container that restarted most, or is not ready.
func worst(pods []corev1.Pod) (pod, container string, restarted bool) {
	slices.SortFunc(pods, func(a, b corev1.Pod) int { return cmp.Compare(a.Name, b.Name) })
	most := int32(-1)
	for _, p := range pods {
		for _, c := range p.Status.ContainerStatuses {
			n := 2 * c.RestartCount
			if !c.Ready {
				n++
			}
			if n > most {
				most, pod, container, restarted = n, p.Name, c.Name, c.RestartCount > 0
			}
		}
	}
	return pod, container, restarted
}
