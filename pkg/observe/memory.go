// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"maps"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"

	"github.com/serin-dev/serin/pkg/measure"
	"github.com/serin-dev/serin/pkg/rollout"
)

// The wait before a write that others undid is repeated doubles from the first to the second.
const (
	firstRetry = 10 * time.Second
	lastRetry  = 5 * time.Minute
)

// Memory knows since when things have been as they are, as far as this process
// has seen them. It is safe for concurrent use.
type Memory struct {
	mu        sync.Mutex
	targets   map[types.NamespacedName]*recollection
	templates map[types.UID]*corev1.PodTemplateSpec
	written   map[types.UID]string    // resource versions of mesh objects after our writes
	removed   map[types.UID]time.Time // when we deleted mesh objects
	undone    int                     // writes of routes that others undid, and nobody was told of yet
}

type recollection struct {
	routes, subsets seen
	waiting         rollout.Waiting
	toTell          []string // what was written since the journal was
	written         string   // the routes' fingerprint that followed our last write
	pending         bool     // our last write has not been observed yet
	reverts         int
	judged          judged
	weighed         time.Time // the rollout that the weights are of
	weights         []measure.Weight
	retryAt         time.Time
	heard           map[types.UID]string // what Jobs that failed left, by their UID
	failing         time.Time            // since when no pass has come through; zero: the last one has
}

type seen struct {
	what  string
	since time.Time
}

func (s *seen) note(what string, now time.Time) time.Time {
	if s.since.IsZero() || s.what != what {
		s.what, s.since = what, now
	}
	return s.since
}

// NewMemory returns an empty memory.
func NewMemory() *Memory {
	return &Memory{targets: map[types.NamespacedName]*recollection{}, templates: map[types.UID]*corev1.PodTemplateSpec{}, written: map[types.UID]string{}, removed: map[types.UID]time.Time{}}
}

func (m *Memory) of(key types.NamespacedName) *recollection {
	r, found := m.targets[key]
	if !found {
		r = &recollection{}
		m.targets[key] = r
	}
	return r
}

// Failed notes that a pass ended in an error, and returns for how long every one has.
func (m *Memory) Failed(key types.NamespacedName, now time.Time) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.of(key)
	if r.failing.IsZero() {
		r.failing = now
	}
	return now.Sub(r.failing)
}

// Waited notes the reason that was decided, and since when it has been the
// same, of a pass that came through.
func (m *Memory) Waited(key types.NamespacedName, reason rollout.Reason, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.of(key)
	r.failing = time.Time{}
	if r.waiting.Reason != reason {
		r.waiting = rollout.Waiting{Reason: reason, Since: now}
	}
}

// mostToTell is how many writes are remembered for the next entry of the journal.
const mostToTell = 20

// Noted notes what was written, for the next entry of the journal; fresh says
// that the journal was written before it. This is lost with the process, and
// then missing in the record.
func (m *Memory) Noted(key types.NamespacedName, wrote []string, fresh bool) {
	if len(wrote) == 0 && !fresh {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.of(key)
	if fresh {
		r.toTell = nil
	}
	r.toTell = append(r.toTell, wrote[:min(len(wrote), max(0, mostToTell-len(r.toTell)))]...)
}

func (m *Memory) wrote(key types.NamespacedName) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.of(key).toTell)
}

// Routed notes that routes were written: what is observed next is our own doing.
func (m *Memory) Routed(key types.NamespacedName, written []*unstructured.Unstructured) {
	if len(written) == 0 {
		return
	}
	m.mu.Lock()
	m.of(key).pending = true
	m.mu.Unlock()
	m.Wrote(written)
}

// Wrote notes what our last writes made of mesh objects: nothing older is to be
// taken for the truth.
func (m *Memory) Wrote(objects []*unstructured.Unstructured) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, object := range objects {
		m.written[object.GetUID()] = object.GetResourceVersion()
	}
}

// longestLag is how long a cache may go on showing what we deleted.
const longestLag = 10 * time.Minute

// Removed notes that we deleted mesh objects.
func (m *Memory) Removed(objects []*unstructured.Unstructured, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, object := range objects {
		m.removed[object.GetUID()] = now
		delete(m.written, object.GetUID())
	}
	maps.DeleteFunc(m.removed, func(_ types.UID, at time.Time) bool { return now.Sub(at) > longestLag })
}

// stale reports whether a cached mesh object is older than our last write of
// it. The client's own guarantee to show its writes holds for typed objects
// only: it files the writes of unstructured ones under the wrong cache, and
// loses sight of a cache that ended and began again with Istio's API.
func (m *Memory) stale(object *unstructured.Unstructured) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	// What a finalizer keeps is told by the cache to be on its way out.
	if _, found := m.removed[object.GetUID()]; found && object.GetDeletionTimestamp() == nil {
		return true
	}
	written, found := m.written[object.GetUID()]
	if !found {
		return false
	}
	// An error means a version that is no number, which cannot be compared.
	if order, err := resourceversion.CompareResourceVersion(object.GetResourceVersion(), written); err == nil && order < 0 {
		return true
	}
	delete(m.written, object.GetUID())
	return false
}

// Forget drops what is remembered of a target.
func (m *Memory) Forget(key types.NamespacedName) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.targets, key)
}

func (m *Memory) waiting(key types.NamespacedName) rollout.Waiting {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.of(key).waiting
}

// routes notes the routes as observed and returns since when they have been
// so, and until when a write that others undid is not repeated. What changes
// while no rollout is under way is nobody's revert.
func (m *Memory) routes(key types.NamespacedName, routes, subsets string, underWay bool, now time.Time) (since, subsetsSince, retryAt time.Time, reverted bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.of(key)
	switch {
	case r.pending:
		r.written, r.pending = routes, false
	case r.written != "" && r.written != routes:
		r.retryAt = now.Add(min(firstRetry<<min(r.reverts, 8), lastRetry))
		r.reverts++
		r.written = ""
		if underWay {
			m.undone++
		}
	}
	return r.routes.note(routes, now), r.subsets.note(subsets, now), r.retryAt, r.reverts > 0
}

// Undone is how many of our writes of routes others undid, of all targets, since
// it was last asked.
func (m *Memory) Undone() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.undone
	m.undone = 0
	return n
}

// template remembers the templates of ReplicaSets, which never change.
func (m *Memory) template(uid types.UID) *corev1.PodTemplateSpec {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.templates[uid]
}

func (m *Memory) keep(uid types.UID, template *corev1.PodTemplateSpec) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.templates[uid] = template
}
