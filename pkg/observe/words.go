// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/kubernetes"

	"github.com/serin-dev/serin/pkg/record"
	"github.com/serin-dev/serin/pkg/rollout"
	"github.com/serin-dev/serin/pkg/workload"
)

// Witness asks what a pod leaves behind.
type Witness interface {
	// Log is the end of a container's log.
	Log(ctx context.Context, pod *corev1.Pod, voice workload.Voice) ([]string, error)
	// Events are those about the pod, oldest first.
	Events(ctx context.Context, pod *corev1.Pod) ([]string, error)
}

const (
	// lastWords is the longest that a rollback waits for what the canary's pods
	// have to say.
	lastWords = 3 * time.Second

	mostPods   = 3 // that are asked
	mostVoices = 2 // of each
	tailLines  = 20
	tailBytes  = 64 << 10
	mostEvents = 100 // that are read of one pod
)

// LastWords asks the canary's pods what was wrong, if the decision gives them
// up: what it leads to takes them away. What does not answer in time is left
// out, and that is said. Everything is asked at once, so that one pod or node
// that does not answer costs nothing of the others.
func (o *Observer) LastWords(ctx context.Context, w World, s rollout.Snapshot, d rollout.Decision) *record.Words {
	if o.Pods == nil || !record.Condemns(s, d) {
		return nil
	}
	pods := workload.Telling(w.Pods, mostPods)
	if len(pods) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, lastWords)
	defer cancel()
	hearing := hearing{Witness: o.Pods, words: record.Words{Pods: make([]record.Pod, len(pods))}}
	for i, pod := range pods {
		voices := workload.Voices(pod, mostVoices)
		hearing.words.Pods[i] = record.Pod{Name: pod.Name, Ends: workload.Ends(pod), Logs: make([]record.Log, len(voices))}
		hearing.events(ctx, i, pod)
		for j, voice := range voices {
			hearing.log(ctx, i, j, pod, voice)
		}
	}
	hearing.Wait()
	return hearing.done()
}

// hearing asks about several pods side by side.
type hearing struct {
	Witness
	sync.WaitGroup

	mu    sync.Mutex
	words record.Words
}

func (h *hearing) events(ctx context.Context, i int, pod *corev1.Pod) {
	h.Go(func() {
		events, err := h.Events(ctx, pod)
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.words.Pods[i].Events = events; err != nil {
			h.leaveOut("Events of pod "+pod.Name, err)
		}
	})
}

func (h *hearing) log(ctx context.Context, i, j int, pod *corev1.Pod, voice workload.Voice) {
	h.Go(func() {
		lines, err := h.Log(ctx, pod, voice)
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.words.Pods[i].Logs[j] = (record.Log{Container: voice.Container, Lines: lines}); err != nil {
			h.leaveOut(fmt.Sprintf("log of container %s in pod %s", voice.Container, pod.Name), err)
		}
	})
}

func (h *hearing) leaveOut(what string, err error) {
	h.words.LeftOut = append(h.words.LeftOut, fmt.Sprintf("%s: %v", what, err))
}

// done is what was said. Answers came in any order; the record has one.
func (h *hearing) done() *record.Words {
	slices.Sort(h.words.LeftOut)
	for i := range h.words.Pods {
		h.words.Pods[i].Logs = slices.DeleteFunc(h.words.Pods[i].Logs, func(l record.Log) bool { return len(l.Lines) == 0 })
	}
	return &h.words
}

// Kubelets is the Witness that asks the API server, which asks the kubelets.
type Kubelets struct {
	Client kubernetes.Interface
}

// Log implements Witness.
func (k Kubelets) Log(ctx context.Context, pod *corev1.Pod, voice workload.Voice) (lines []string, err error) {
	// The limit of bytes counts from the first of the last lines, so it is
	// larger than what is kept.
	stream, err := k.Client.CoreV1().Pods(pod.Namespace).GetLogs(pod.Name, &corev1.PodLogOptions{
		Container: voice.Container, Previous: voice.Previous, TailLines: new(int64(tailLines)), LimitBytes: new(int64(tailBytes)),
	}).Stream(ctx)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(stream, tailBytes))
	_ = stream.Close()
	if trimmed := strings.TrimRight(string(text), "\n"); trimmed != "" {
		lines = strings.Split(trimmed, "\n")
	}
	return lines, err
}

// Events implements Witness.
func (k Kubelets) Events(ctx context.Context, pod *corev1.Pod) ([]string, error) {
	list, err := k.Client.CoreV1().Events(pod.Namespace).List(ctx, metav1.ListOptions{
		FieldSelector: fields.OneTermEqualSelector("involvedObject.uid", string(pod.UID)).String(), Limit: mostEvents,
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(list.Items, func(a, b corev1.Event) int { return workload.Happened(a).Compare(workload.Happened(b)) })
	var events []string
	for _, e := range list.Items {
		events = append(events, fmt.Sprintf("%s %s: %s", e.Type, e.Reason, e.Message))
	}
	return events, nil
}
