// SPDX-License-Identifier: Apache-2.0

package recorder

import (
	"sync"
	"time"

	"github.com/serin-dev/serin/e2e/sample/report"
)

// chunks is how many parts the memory has; the oldest requests are forgotten a part at a time.
const chunks = 64

// Handle names one request.
type Handle uint64

// Answer is how a request ended.
type Answer struct {
	Version string // that answered; empty when nobody did
	Pod     string
	Outcome string // report.OK, or a short text that is the same for all failures of a kind
}

// record is one request; there are millions.
type record struct {
	start                 int64 // nanoseconds
	micros                uint32
	version, pod, outcome uint16
}

// inFlight is the outcome of a request that has not ended.
const inFlight = 0

// Recorder remembers requests.
type Recorder struct {
	size int // of a chunk

	mu      sync.Mutex
	kept    [][]record
	dropped uint64           // records that were forgotten: the number of the first that is kept
	open    map[Handle]int64 // the start of each request in flight
	ended   chan struct{}    // closed when the next request ends; nil while nobody waits

	versions, pods, outcomes *names
}

// New makes a recorder for so many requests.
func New(capacity int) *Recorder {
	r := &Recorder{size: max(1, capacity/chunks), open: map[Handle]int64{}, versions: newNames(), pods: newNames(), outcomes: newNames()}
	r.outcomes.number("in flight")
	r.outcomes.number(report.OK)
	return r
}

// Begin writes a request down. It takes the time itself, so that whoever asks for the past afterwards does not miss it.
func (r *Recorder) Begin() Handle {
	r.mu.Lock()
	defer r.mu.Unlock()
	start := max(time.Now().UnixNano(), r.latest()) // the order survives a clock that is set back
	if n := len(r.kept); n == 0 || len(r.kept[n-1]) == r.size {
		r.extend()
	}
	last := len(r.kept) - 1
	r.kept[last] = append(r.kept[last], record{start: start})
	handle := Handle(r.dropped) + Handle(r.count()-1)
	r.open[handle] = start
	return handle
}

// End adds how the request ended.
func (r *Recorder) End(handle Handle, answer Answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	start, found := r.open[handle]
	if !found {
		return
	}
	delete(r.open, handle)
	if r.ended != nil {
		close(r.ended)
		r.ended = nil
	}
	if uint64(handle) < r.dropped {
		return
	}
	record := r.at(int(uint64(handle) - r.dropped))
	record.micros = uint32(min(max(0, (time.Now().UnixNano()-start)/1000), 1<<32-1))
	record.version, record.pod = r.versions.number(answer.Version), r.pods.number(answer.Pod)
	record.outcome = r.outcomes.number(answer.Outcome)
}

func (r *Recorder) extend() {
	if len(r.kept) == chunks {
		r.dropped += uint64(len(r.kept[0]))
		r.kept = append(r.kept[:0], r.kept[1:]...)
	}
	r.kept = append(r.kept, make([]record, 0, r.size))
}

// count is how many records are kept: all chunks but the last are full.
func (r *Recorder) count() int {
	if len(r.kept) == 0 {
		return 0
	}
	last := len(r.kept) - 1
	return last*r.size + len(r.kept[last])
}

func (r *Recorder) at(i int) *record {
	return &r.kept[i/r.size][i%r.size]
}

func (r *Recorder) latest() int64 {
	if n := r.count(); n > 0 {
		return r.at(n - 1).start
	}
	return 0
}
