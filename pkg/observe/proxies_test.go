// SPDX-License-Identifier: Apache-2.0

package observe_test

import (
	"context"
	"errors"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/observe"
)

// onePod is an API server that has this pod, or the error.
type onePod struct {
	client.Reader
	pod corev1.Pod
	err error
}

func (o onePod) Get(_ context.Context, _ client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	*into.(*corev1.Pod) = o.pod
	return o.err
}

func TestWhichPodsMayStillSendRequests(t *testing.T) {
	now := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	going := func(at time.Time) corev1.Pod {
		return corev1.Pod{ObjectMeta: metav1.ObjectMeta{DeletionTimestamp: &metav1.Time{Time: at}}, Status: corev1.PodStatus{Phase: corev1.PodRunning}}
	}
	for name, tt := range map[string]struct {
		reader  onePod
		runs    bool
		unknown bool
	}{
		"one that runs": {onePod{pod: corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodRunning}}}, true, false},
		"one that was told to go and has time left": {onePod{pod: going(now.Add(time.Second))}, true, false},
		"one that should have gone, on a lost node": {onePod{pod: going(now.Add(-time.Second))}, false, false},
		"one that has ended":                        {onePod{pod: corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodSucceeded}}}, false, false},
		"one that was evicted":                      {onePod{pod: corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodFailed}}}, false, false},
		"one that is gone":                          {onePod{err: apierrors.NewNotFound(schema.GroupResource{Resource: "pods"}, "a")}, false, false},
		"one that nobody can tell about":            {onePod{err: errors.New("no answer")}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			if runs, err := observe.Running(tt.reader, []string{"api"})(t.Context(), types.NamespacedName{Namespace: "web", Name: "a"}, now); runs || err != nil {
				t.Errorf("in a namespace that is not looked at: runs %t, %v", runs, err)
			}
			runs, err := observe.Running(tt.reader, nil)(t.Context(), types.NamespacedName{Namespace: "web", Name: "a"}, now)
			if runs != tt.runs || (err != nil) != tt.unknown {
				t.Errorf("runs %t, %v", runs, err)
			}
		})
	}
}
