// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/serin-dev/serin/pkg/record"
	"github.com/serin-dev/serin/pkg/rollout"
	"github.com/serin-dev/serin/pkg/traffic"
)

// World is the objects that a Snapshot was made of. They come from a cache and
// must not be changed.
type World struct {
	Key         types.NamespacedName
	Namespace   *corev1.Namespace  // nil where the target is gone
	Target      *appsv1.Deployment // nil where it is gone
	Canary      *appsv1.Deployment // nil where there is none, or one that is not ours
	ReplicaSets []appsv1.ReplicaSet
	readySince  []time.Time  // of the canary's pods that are ready
	Pods        []corev1.Pod // of the canary's present template
	Memo        rollout.Memo // as observed
	Plan        rollout.Plan

	Service         *corev1.Service // nil where none was found
	Ref             traffic.Service
	VirtualServices []*unstructured.Unstructured // the user's, that route to the Service
	Everyones       []*unstructured.Unstructured // all VirtualServices but ours
	Own             *unstructured.Unstructured   // our VirtualService
	Governed        bool                         // a user's VirtualService decides for calls by the Service's name
	governor        string                       // its namespace and name
	undivided       bool                         // it sends none of them to the Service
	unsplittable    []traffic.Problem
	Rule            *unstructured.Unstructured // our DestinationRule
	WantedRule      *unstructured.Unstructured // what it should be

	Gates     []Gate         // that stand at the present point
	StrayJobs []*batchv1.Job // of gates of another point, that have not ended

	Wrote []string      // what this process wrote since the journal was last written
	Words *record.Words // of a canary that is given up now; see LastWords
}
