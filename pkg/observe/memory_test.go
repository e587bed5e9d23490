// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

var (
	key   = types.NamespacedName{Namespace: "web", Name: "shop"}
	start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
)

func object(version string) *unstructured.Unstructured {
	o := &unstructured.Unstructured{Object: map[string]any{}}
	o.SetUID("u")
	o.SetResourceVersion(version)
	return o
}

func TestRoutesAreAsOldAsTheirLastChange(t *testing.T) {
	m := NewMemory()
	m.routes(key, "5%", "", true, start)
	since, _, _, _ := m.routes(key, "5%", "", true, start.Add(time.Minute))
	if !since.Equal(start) {
		t.Errorf("unchanged routes date from %v, want %v", since, start)
	}
	later := start.Add(2 * time.Minute)
	if since, _, _, _ = m.routes(key, "10%", "", true, later); !since.Equal(later) {
		t.Errorf("changed routes date from %v, want %v", since, later)
	}
}

func TestPassesFailUntilOneComesThrough(t *testing.T) {
	m := NewMemory()
	for _, step := range []struct{ at, want time.Duration }{{0, 0}, {time.Second, time.Second}, {time.Minute, time.Minute}} {
		if got := m.Failed(key, start.Add(step.at)); got != step.want {
			t.Errorf("after %s it has failed for %s, want %s", step.at, got, step.want)
		}
	}
	other := key
	other.Name = "other"
	if got := m.Failed(other, start.Add(time.Hour)); got != 0 {
		t.Errorf("another target has failed for %s before it did", got)
	}
	m.Waited(key, "Holding", start.Add(time.Hour))
	if got := m.Failed(key, start.Add(2*time.Hour)); got != 0 {
		t.Errorf("after a pass that came through it has failed for %s", got)
	}
}

func TestAWriteThatOthersUndoIsRepeatedEverMoreRarely(t *testing.T) {
	m, now := NewMemory(), start
	for round, want := range []time.Duration{10 * time.Second, 20 * time.Second, 40 * time.Second} {
		m.Routed(key, []*unstructured.Unstructured{object("1")})
		m.routes(key, "50%", "", true, now)
		_, _, retryAt, reverted := m.routes(key, "as the user wrote", "", true, now)
		if got := retryAt.Sub(now); got != want || !reverted {
			t.Errorf("undone %d times: again after %v (reverted %t), want %v", round+1, got, reverted, want)
		}
		now = retryAt
	}
	for range 20 {
		m.Routed(key, []*unstructured.Unstructured{object("1")})
		m.routes(key, "50%", "", true, now)
		_, _, retryAt, _ := m.routes(key, "as the user wrote", "", true, now)
		if got := retryAt.Sub(now); got > lastRetry {
			t.Fatalf("again after %v, want at most %v", got, lastRetry)
		}
	}
}

func TestOnlyWhatARolloutWroteIsUndone(t *testing.T) {
	m := NewMemory()
	for _, underWay := range []bool{true, false} {
		m.Routed(key, []*unstructured.Unstructured{object("1")})
		m.routes(key, "50%", "", underWay, start)
		m.routes(key, "as the user wrote", "", underWay, start)
		m.routes(key, "as the user wrote, once more", "", underWay, start)
	}
	if first, again := m.Undone(), m.Undone(); first != 1 || again != 0 {
		t.Errorf("%d writes were undone, then %d; want 1, then 0", first, again)
	}
}

func TestOwnWritesAreNotReverts(t *testing.T) {
	m := NewMemory()
	m.routes(key, "0%", "", true, start)
	m.Routed(key, []*unstructured.Unstructured{object("1")})
	if _, _, retryAt, reverted := m.routes(key, "5%", "", true, start); reverted || !retryAt.IsZero() {
		t.Error("our own write was taken for somebody else's")
	}
}

func TestNothingOlderThanTheLastWriteIsBelieved(t *testing.T) {
	m := NewMemory()
	if m.stale(object("1")) {
		t.Error("an object that was never written is stale")
	}
	m.Wrote([]*unstructured.Unstructured{object("100")})
	if !m.stale(object("99")) {
		t.Error("a cache that lags behind our write was believed")
	}
	if m.stale(object("101")) {
		t.Error("a cache that has caught up was not believed")
	}
}

func TestNothingThatWasRemovedIsBelieved(t *testing.T) {
	m := NewMemory()
	m.Wrote([]*unstructured.Unstructured{object("100")})
	m.Removed([]*unstructured.Unstructured{object("100")}, start)
	if !m.stale(object("100")) || !m.stale(object("101")) {
		t.Error("a cache that still has what we removed was believed")
	}
	kept := object("102")
	kept.SetDeletionTimestamp(new(metav1.NewTime(start)))
	if m.stale(kept) {
		t.Error("an object that a finalizer keeps is taken for stale")
	}
	m.Removed(nil, start.Add(2*longestLag))
	if len(m.removed) > 0 {
		t.Error("what was removed long ago is remembered")
	}
}
