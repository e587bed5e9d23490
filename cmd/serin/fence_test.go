// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// Writes are let through for as long as the last renewal lasts, counted from when it was asked for; reads always are.
func TestFence(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	f := &fence{lasts: 2 * time.Second, now: func() time.Time { return now }}
	status, slow := http.StatusOK, time.Duration(0)
	server := roundTripper(func(*http.Request) (*http.Response, error) {
		now = now.Add(slow)
		recorder := httptest.NewRecorder()
		recorder.WriteHeader(status)
		return recorder.Result(), nil
	})
	const lease, event, target = "/apis/coordination.k8s.io/v1/namespaces/serin-system/leases/serin", "/api/v1/namespaces/serin-system/events", "/apis/apps/v1/namespaces/web/deployments/shop"
	send := func(through http.RoundTripper, method, path string) error {
		response, err := through.RoundTrip(httptest.NewRequest(method, path, strings.NewReader("{}")))
		if err == nil {
			_ = response.Body.Close()
		}
		return err
	}
	election, writes := f.note(server), f.stop(server)
	expect := func(when string, allowed bool) {
		t.Helper()
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			if err := send(writes, method, target); allowed != (err == nil) || err != nil && !errors.Is(err, errNotLeading) {
				t.Errorf("%s: %s ends in %v", when, method, err)
			}
		}
		if err := send(writes, http.MethodGet, target); err != nil {
			t.Errorf("%s: a read ends in %v", when, err)
		}
		for _, review := range []string{"/apis/authentication.k8s.io/v1/tokenreviews", "/apis/authorization.k8s.io/v1/subjectaccessreviews"} {
			if err := send(writes, http.MethodPost, review); err != nil {
				t.Errorf("%s: the question %s ends in %v", when, review, err)
			}
		}
	}
	elect := func(code int, method, path string) {
		t.Helper()
		status = code
		if err := send(election, method, path); err != nil {
			t.Error(err)
		}
		status = http.StatusOK
	}

	expect("before the election", false)
	elect(http.StatusOK, http.MethodGet, lease)
	elect(http.StatusCreated, http.MethodPost, event)
	elect(http.StatusConflict, http.MethodPut, lease)
	expect("when another has the lease", false)
	elect(http.StatusCreated, http.MethodPost, strings.TrimSuffix(lease, "/serin"))
	expect("when the lease was made", true)
	now = now.Add(2 * time.Second)
	expect("at its end", true)
	now = now.Add(time.Millisecond)
	expect("after its end", false)
	slow = time.Second
	elect(http.StatusOK, http.MethodPut, lease)
	slow = 0
	now = now.Add(time.Second)
	expect("after a slow renewal", true)
	now = now.Add(time.Millisecond)
	expect("after the end of a slow renewal", false)
}
