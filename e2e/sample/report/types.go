// SPDX-License-Identifier: Apache-2.0

package report

import "time"

// OK is the outcome of a request that was answered as it should be; every other outcome is a failure.
const OK = "ok"

// Resent is the outcome of a request that was answered as it should be, after the client's own library had sent it nowhere. gRPC-Go
// chooses a call's cluster by new routes a moment before its balancer knows that cluster, and fails the call without sending
// anything ("unknown cluster selected for RPC"; gRPC-Java had the same and mended it, grpc/grpc-java#11947). It says nothing of
// servers or routes, so the client tries again at once, as an interceptor of an application can.
const Resent = "resent"

// Requests sums up the requests that started in a range.
type Requests struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// Complete is false if requests of the range were forgotten, for want of memory: the counts are then too low.
	Complete bool           `json:"complete"`
	Total    int            `json:"total"`
	Failed   int            `json:"failed"`
	Resent   int            `json:"resent"`   // answered well, after the client had sent it nowhere
	InFlight int            `json:"inFlight"` // not ended yet; 0 for a range in the past
	Versions map[string]int `json:"versions"` // answers by version, failures among them
	Pods     map[string]int `json:"pods"`     // answers by pod, failures among them
	Failures []Failure      `json:"failures,omitempty"`
}

// Failure is one way in which requests failed.
type Failure struct {
	Outcome string    `json:"outcome"`
	Version string    `json:"version,omitempty"` // that answered; empty when nobody did
	Count   int       `json:"count"`
	First   time.Time `json:"first"` // when the first of them started
	Last    time.Time `json:"last"`
}

// Failures are the failed requests that started in a range.
type Failures struct {
	From     time.Time       `json:"from"`
	To       time.Time       `json:"to"`
	Complete bool            `json:"complete"` // as in Requests
	Requests []FailedRequest `json:"requests"` // in the order in which they started
}

// FailedRequest is one of them. It was under way from its start, which may be long before it reached anybody, until its end.
type FailedRequest struct {
	Start   time.Time `json:"start"`
	End     time.Time `json:"end"`
	Version string    `json:"version,omitempty"` // that answered; empty when nobody did
	Outcome string    `json:"outcome"`
}

// Answered is the number of requests that some version answered, well or badly.
func (r Requests) Answered() int {
	return sum(r.Versions)
}

// Share is the version's part of the answers, from 0 to 1; it is 0 when there were none.
func (r Requests) Share(version string) float64 {
	return share(r.Versions, version)
}

// Timeline is a range cut into buckets of equal length; the last one may be shorter.
type Timeline struct {
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Complete bool      `json:"complete"` // as in Requests
	Buckets  []Bucket  `json:"buckets"`
}

// Bucket counts the requests that started in one stretch of a timeline.
type Bucket struct {
	Start    time.Time      `json:"start"`
	Total    int            `json:"total"`
	Failed   int            `json:"failed"`
	Versions map[string]int `json:"versions,omitempty"`
}

// Share is the version's part of the answers, from 0 to 1; it is 0 when there were none.
func (b Bucket) Share(version string) float64 {
	return share(b.Versions, version)
}

func share(versions map[string]int, version string) float64 {
	all := sum(versions)
	if all == 0 {
		return 0
	}
	return float64(versions[version]) / float64(all)
}

func sum(counts map[string]int) int {
	total := 0
	for _, count := range counts {
		total += count
	}
	return total
}
