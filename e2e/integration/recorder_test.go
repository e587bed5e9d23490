// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	toolswatch "k8s.io/client-go/tools/watch"
)

// entry is one change of one object, as the API server told it.
type entry struct {
	version int64 // of the whole store: changes of all kinds have one order
	kind    string
	name    string
	gone    bool
	object  runtime.Object
}

// journal is everything that has happened in one namespace.
type journal struct {
	mu      sync.Mutex
	entries []entry
	latest  view
	changed chan struct{} // closed at the next change
}

// recorder keeps the journals of all namespaces.
type recorder struct {
	mu       sync.Mutex
	journals map[string]*journal
}

func newRecorder() *recorder { return &recorder{journals: map[string]*journal{}} }

// of is a namespace's journal.
func (r *recorder) of(namespace string) *journal {
	r.mu.Lock()
	defer r.mu.Unlock()
	j, found := r.journals[namespace]
	if !found {
		j = &journal{latest: view{}, changed: make(chan struct{})}
		r.journals[namespace] = j
	}
	return j
}

// source lists and watches one kind.
type source struct {
	list  func(context.Context, metav1.ListOptions) (runtime.Object, error)
	watch func(context.Context, metav1.ListOptions) (watch.Interface, error)
}

// from makes a source of any client's part for a kind.
func from[L runtime.Object, C interface {
	List(ctx context.Context, options metav1.ListOptions) (L, error)
	Watch(ctx context.Context, options metav1.ListOptions) (watch.Interface, error)
}](client C) source {
	return source{
		list:  func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) { return client.List(ctx, o) },
		watch: client.Watch,
	}
}

// WatchWithContext implements cache.WatcherWithContext.
func (s source) WatchWithContext(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
	return s.watch(ctx, o)
}

// record follows a kind from now on until the context ends.
func (r *recorder) record(ctx context.Context, kind string, s source) error {
	list, err := s.list(ctx, metav1.ListOptions{Limit: 1})
	if err != nil {
		return err
	}
	accessor, err := meta.ListAccessor(list)
	if err != nil {
		return err
	}
	watcher, err := toolswatch.NewRetryWatcherWithContext(ctx, accessor.GetResourceVersion(), s)
	if err != nil {
		return err
	}
	go func() {
		for event := range watcher.ResultChan() {
			if object, err := meta.Accessor(event.Object); err == nil {
				r.of(object.GetNamespace()).add(kind, object, event)
			}
		}
	}()
	return nil
}

func (j *journal) add(kind string, object metav1.Object, event watch.Event) {
	version := number(object.GetResourceVersion())
	if version == 0 || event.Type == watch.Bookmark {
		return
	}
	object.SetManagedFields(nil)
	e := entry{version: version, kind: kind, name: object.GetName(), gone: event.Type == watch.Deleted, object: event.Object}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = append(j.entries, e)
	if e.gone {
		delete(j.latest, kind+"/"+e.name)
	} else {
		j.latest[kind+"/"+e.name] = e.object
	}
	close(j.changed)
	j.changed = make(chan struct{})
}

// number is a resource version as a number, by which all of them have an order.
func number(version string) int64 {
	n, err := strconv.ParseInt(version, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// now is the namespace as it is, and a channel that is closed when it has changed.
func (j *journal) now() (view, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return maps.Clone(j.latest), j.changed
}

// replay shows the namespace as it was after each change, in the order of the API server.
func (j *journal) replay(visit func(e entry, v view)) {
	j.mu.Lock()
	entries := slices.Clone(j.entries)
	j.mu.Unlock()
	slices.SortStableFunc(entries, func(a, b entry) int { return cmp.Compare(a.version, b.version) })
	v := view{}
	for _, e := range entries {
		if e.gone {
			delete(v, e.kind+"/"+e.name)
		} else {
			v[e.kind+"/"+e.name] = e.object
		}
		visit(e, v)
	}
}
