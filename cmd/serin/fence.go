// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"k8s.io/client-go/rest"
)

// fence lets writes through only while the lease was renewed a moment ago.
//
// A process that stands still for longer than its lease, as in a debugger, on a
// starved node or while its machine is moved, does not know that it was
// replaced: when it goes on, its workers may come before the election's own
// clock. What they have sent before is not let through by the API server if the
// successor has changed the object; what they would send now is not sent.
type fence struct {
	lasts time.Duration // how long after a renewal was asked for
	now   func() time.Time

	mu    sync.Mutex
	until time.Time
}

var errNotLeading = errors.New("the lease was not renewed in time: another replica may lead")

// fenced are the configurations of the writes and of the election.
func fenced(config *rest.Config) (writes, election *rest.Config) {
	f := &fence{lasts: renewDeadline, now: time.Now}
	writes, election = rest.CopyConfig(config), rest.CopyConfig(config)
	writes.Wrap(f.stop)
	election.Wrap(f.note)
	return writes, election
}

type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// note takes note of each renewal: the lease counts from when it was asked for.
func (f *fence) note(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		asked := f.now()
		response, err := next.RoundTrip(r)
		if err == nil && writesLease(r) && response.StatusCode < http.StatusMultipleChoices {
			f.mu.Lock()
			f.until = asked.Add(f.lasts)
			f.mu.Unlock()
		}
		return response, err
	})
}

// writesLease tells a lease from the Event that says who leads.
func writesLease(r *http.Request) bool {
	return isWrite(r) && strings.Contains(r.URL.Path, "/leases")
}

// stop refuses writes when the lease may have passed to another.
func (f *fence) stop(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		f.mu.Lock()
		late := f.now().After(f.until)
		f.mu.Unlock()
		if late && isWrite(r) {
			if r.Body != nil {
				_ = r.Body.Close()
			}
			return nil, errNotLeading
		}
		return next.RoundTrip(r)
	})
}

// isWrite leaves out questions that are put as objects, which are created and
// never stored: a replica that stands by asks whose token it is shown.
func isWrite(r *http.Request) bool {
	if strings.HasPrefix(r.URL.Path, "/apis/authentication.k8s.io/") || strings.HasPrefix(r.URL.Path, "/apis/authorization.k8s.io/") {
		return false
	}
	return r.Method != http.MethodGet && r.Method != http.MethodHead
}
