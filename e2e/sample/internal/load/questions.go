// SPDX-License-Identifier: Apache-2.0

package load

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

func (g *Generator) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /requests", telling(g.recorder.Requests))
	mux.HandleFunc("GET /failures", telling(g.recorder.Failures))
	mux.HandleFunc("GET /timeline", g.tellTimeline)
	mux.HandleFunc("GET /live", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "live") })
	mux.HandleFunc("GET /ready", g.tellReady)
	mux.Handle("GET /metrics", g.metrics.Handler())
	return mux
}

func (g *Generator) tellReady(w http.ResponseWriter, _ *http.Request) {
	if !g.succeeded.Load() {
		http.Error(w, "no request has succeeded yet; /requests tells how they fail", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ready")
}

// telling answers with what is known of the range that was asked for.
func telling[T any](known func(ctx context.Context, from, to time.Time) (T, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		from, to, err := interval(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		what, err := known(r.Context(), from, to)
		tell(w, what, err)
	}
}

func (g *Generator) tellTimeline(w http.ResponseWriter, r *http.Request) {
	from, to, err := interval(r)
	bucket, errBucket := time.ParseDuration(cmp.Or(r.FormValue("bucket"), "1s"))
	if err = errors.Join(err, errBucket); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	timeline, err := g.recorder.Timeline(r.Context(), from, to, bucket)
	tell(w, timeline, err)
}

// interval reads the range: from the beginning and until now, unless it says otherwise.
func interval(r *http.Request) (from, to time.Time, err error) {
	from, errFrom := moment(r, "from", time.Time{})
	to, errTo := moment(r, "to", time.Now().UTC())
	return from, to, errors.Join(errFrom, errTo)
}

func moment(r *http.Request, name string, otherwise time.Time) (time.Time, error) {
	text := r.FormValue(name)
	if text == "" {
		return otherwise, nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return at, fmt.Errorf("%s=%s is not a time such as 2006-01-02T15:04:05.999Z", name, text)
	}
	return at, nil
}

func tell(w http.ResponseWriter, what any, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(what) // whoever asked may have gone
}
