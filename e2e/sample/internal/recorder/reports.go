// SPDX-License-Identifier: Apache-2.0

package recorder

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/serin-dev/serin/e2e/sample/report"
)

// mostBuckets keeps a slip in a timeline's range from filling the memory.
const mostBuckets = 100_000

// Requests sums up the requests that started in [from, to). If that lies in the past it first waits for those in flight.
func (r *Recorder) Requests(ctx context.Context, from, to time.Time) (report.Requests, error) {
	if err := r.settle(ctx, from, to); err != nil {
		return report.Requests{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	sums := report.Requests{From: from, To: to, Versions: map[string]int{}, Pods: map[string]int{}, Complete: r.complete(from)}
	counts := map[record]*report.Failure{}
	r.each(from, to, func(record record) {
		at := time.Unix(0, record.start).UTC()
		kind := record.kind()
		if counts[kind] == nil {
			counts[kind] = &report.Failure{First: at}
		}
		counts[kind].Count++
		counts[kind].Last = at
	})
	for kind, count := range counts {
		r.add(&sums, kind, *count)
	}
	sums.Failures = merge(sums.Failures)
	return sums, nil
}

// Failures lists the failed requests that started in [from, to), in that order, and waits as Requests does.
func (r *Recorder) Failures(ctx context.Context, from, to time.Time) (report.Failures, error) {
	if err := r.settle(ctx, from, to); err != nil {
		return report.Failures{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	failures := report.Failures{From: from, To: to, Complete: r.complete(from), Requests: []report.FailedRequest{}}
	r.each(from, to, func(record record) {
		if r.failed(record) {
			start := time.Unix(0, record.start).UTC()
			failures.Requests = append(failures.Requests, report.FailedRequest{
				Start: start, End: start.Add(time.Duration(record.micros) * time.Microsecond),
				Version: r.versions.text(record.version), Outcome: r.outcomes.text(record.outcome),
			})
		}
	})
	return failures, nil
}

// failed says whether a request has ended, and not as it should.
func (r *Recorder) failed(record record) bool {
	if record.outcome == inFlight {
		return false
	}
	outcome := r.outcomes.text(record.outcome)
	return outcome != report.OK && outcome != report.Resent
}

// kind is the record without what tells it from others of its kind.
func (r record) kind() record {
	r.start, r.micros = 0, 0
	return r
}

func (r *Recorder) add(sums *report.Requests, kind record, of report.Failure) {
	sums.Total += of.Count
	if kind.outcome == inFlight {
		sums.InFlight += of.Count
		return
	}
	of.Version, of.Outcome = r.versions.text(kind.version), r.outcomes.text(kind.outcome)
	if of.Version != "" {
		sums.Versions[of.Version] += of.Count
	}
	if pod := r.pods.text(kind.pod); pod != "" {
		sums.Pods[pod] += of.Count
	}
	switch of.Outcome {
	case report.OK:
	case report.Resent:
		sums.Resent += of.Count
	default:
		sums.Failed += of.Count
		sums.Failures = append(sums.Failures, of)
	}
}

// merge makes one of the failures that differ by pod only, and sorts them: the most frequent first.
func merge(failures []report.Failure) []report.Failure {
	var merged []report.Failure
	for _, failure := range failures {
		same := func(f report.Failure) bool { return f.Outcome == failure.Outcome && f.Version == failure.Version }
		i := slices.IndexFunc(merged, same)
		if i < 0 {
			merged = append(merged, failure)
			continue
		}
		known := &merged[i]
		known.Count += failure.Count
		if failure.First.Before(known.First) {
			known.First = failure.First
		}
		if failure.Last.After(known.Last) {
			known.Last = failure.Last
		}
	}
	slices.SortFunc(merged, func(a, b report.Failure) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Outcome, b.Outcome), cmp.Compare(a.Version, b.Version))
	})
	return merged
}

// Timeline counts the requests of each bucket of [from, to), and waits as Requests does. A zero from is the first request.
func (r *Recorder) Timeline(ctx context.Context, from, to time.Time, bucket time.Duration) (report.Timeline, error) {
	if from.IsZero() {
		from = r.first(to)
	}
	if bucket <= 0 || to.Sub(from) > mostBuckets*bucket {
		return report.Timeline{}, fmt.Errorf("%v from %s to %s are no more than %d buckets only with a longer bucket", bucket, from, to, mostBuckets)
	}
	if err := r.settle(ctx, from, to); err != nil {
		return report.Timeline{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	timeline := report.Timeline{From: from, To: to, Complete: r.complete(from), Buckets: []report.Bucket{}}
	for start := from; start.Before(to); start = start.Add(bucket) {
		timeline.Buckets = append(timeline.Buckets, report.Bucket{Start: start, Versions: map[string]int{}})
	}
	r.each(from, to, func(record record) {
		b := &timeline.Buckets[(record.start-from.UnixNano())/int64(bucket)]
		b.Total++
		if version := r.versionOf(record); version != "" {
			b.Versions[version]++
		}
		if r.failed(record) {
			b.Failed++
		}
	})
	return timeline, nil
}

func (r *Recorder) versionOf(record record) string {
	if record.outcome == inFlight {
		return ""
	}
	return r.versions.text(record.version)
}

// first is when the first request started that is kept.
func (r *Recorder) first(otherwise time.Time) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.count() == 0 {
		return otherwise
	}
	return time.Unix(0, r.at(0).start).UTC()
}

// settle waits until every request that started in [from, to) has ended, unless more of them may still start.
func (r *Recorder) settle(ctx context.Context, from, to time.Time) error {
	if to.After(time.Now()) {
		return nil
	}
	for {
		wait := r.unsettled(from, to)
		if wait == nil {
			return nil
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return fmt.Errorf("waiting for requests in flight: %w", ctx.Err())
		}
	}
}

// unsettled returns nil if no request of the range is in flight, and otherwise what is closed when one ends.
func (r *Recorder) unsettled(from, to time.Time) <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, start := range r.open {
		if start >= nanos(from) && start < nanos(to) {
			if r.ended == nil {
				r.ended = make(chan struct{})
			}
			return r.ended
		}
	}
	return nil
}

// each calls the function for every record that started in [from, to), in order.
func (r *Recorder) each(from, to time.Time, do func(record)) {
	low, high := nanos(from), nanos(to)
	n := r.count()
	for i := sort.Search(n, func(i int) bool { return r.at(i).start >= low }); i < n && r.at(i).start < high; i++ {
		do(*r.at(i))
	}
}

// complete says whether nothing was forgotten of what started at or after from.
func (r *Recorder) complete(from time.Time) bool {
	return r.dropped == 0 || (r.count() > 0 && r.at(0).start < nanos(from))
}

// nanos takes a time that is too early for it, such as the zero one, as the beginning.
func nanos(t time.Time) int64 {
	if t.Before(time.Unix(0, 0)) {
		return 0
	}
	return t.UnixNano()
}
