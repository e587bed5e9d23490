// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
)

// Entry is one change of one object, as the API server told it.
type Entry struct {
	Version int64     // of the whole store: changes of all kinds have one order
	At      time.Time // when the recorder saw it, by this machine's clock
	Kind    string
	Name    string
	Gone    bool
	Object  runtime.Object // the last that it was, if it is gone
}

// Journal is everything that has happened in one namespace.
type Journal struct {
	mu      sync.Mutex
	entries []Entry
	latest  View
	changed chan struct{} // closed at the next change
}

func (j *Journal) add(kind string, object metav1.Object, event watch.Event) {
	version := Number(object.GetResourceVersion())
	if version == 0 || event.Type == watch.Bookmark {
		return
	}
	object.SetManagedFields(nil)
	e := Entry{
		Version: version, At: time.Now(), Kind: kind, Name: object.GetName(), Gone: event.Type == watch.Deleted, Object: event.Object,
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = append(j.entries, e)
	j.latest.take(e)
	close(j.changed)
	j.changed = make(chan struct{})
}

// Number is a resource version as a number, by which all of them have an order.
func Number(version string) int64 {
	n, err := strconv.ParseInt(version, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// Now is the namespace as it is, and a channel that is closed when it has changed.
func (j *Journal) Now() (View, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return maps.Clone(j.latest), j.changed
}

// Replay shows the namespace as it was after each change, in the order of the API server.
func (j *Journal) Replay(visit func(e Entry, v View)) {
	j.mu.Lock()
	entries := slices.Clone(j.entries)
	j.mu.Unlock()
	slices.SortStableFunc(entries, func(a, b Entry) int { return cmp.Compare(a.Version, b.Version) })
	v := View{}
	for _, e := range entries {
		v.take(e)
		visit(e, v)
	}
}

// Await waits until nothing is missing any more, and returns the namespace as it is then. The error tells what was missing when the
// time was over.
func (j *Journal) Await(ctx context.Context, limit time.Duration, what string, missing func(View) string) (View, error) {
	deadline := time.After(limit)
	for {
		v, changed := j.Now()
		problem := missing(v)
		if problem == "" {
			return v, nil
		}
		select {
		case <-changed:
		case <-deadline:
			return v, fmt.Errorf("waited %s for %s: %s", limit, what, problem)
		case <-ctx.Done():
			return v, fmt.Errorf("waiting for %s: %w", what, ctx.Err())
		}
	}
}
