// SPDX-License-Identifier: Apache-2.0

package server

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/serin-dev/serin/e2e/sample/internal/echo"
	"github.com/serin-dev/serin/e2e/sample/internal/faults"
	"github.com/serin-dev/serin/e2e/sample/internal/metrics"
)

// faultsLimit is far more than all faults together.
const faultsLimit = 4 << 10

func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", s.answer)
	mux.HandleFunc("GET /live", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "live") })
	mux.HandleFunc("GET /ready", s.tellReady)
	mux.HandleFunc("GET /faults", s.tellFaults)
	mux.HandleFunc("POST /faults", s.setFaults)
	mux.Handle("GET /metrics", s.metrics.Handler())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.draining.Load() {
			// Asks the client to open its next connection elsewhere. Closing idle ones here would cut off requests on the way.
			w.Header().Set("Connection", "close")
		}
		mux.ServeHTTP(w, r)
	})
}

// answer is what users come for.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	s.arrived.Store(began.UnixNano())
	code := http.StatusOK
	if s.misbehave(r.Context()) {
		code = cmp.Or(s.faults.Get().ErrorCode, http.StatusInternalServerError)
	}
	id := s.options.Identity
	w.Header().Set(echo.VersionHeader, id.Version)
	w.Header().Set(echo.PodHeader, id.Pod)
	w.Header().Set("Content-Type", "application/json")
	// Counted before it is written: whoever has the answer finds it in the metrics.
	s.observe(metrics.HTTP, code, "", time.Since(began))
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(echo.Answer{Version: id.Version, Pod: id.Pod}) // the client may have gone
}

func (s *Server) tellReady(w http.ResponseWriter, _ *http.Request) {
	switch {
	case s.draining.Load():
		http.Error(w, "draining", http.StatusServiceUnavailable)
	case !s.faults.Ready():
		http.Error(w, "not ready: "+s.faults.Get().String(), http.StatusServiceUnavailable)
	default:
		fmt.Fprintln(w, "ready")
	}
}

func (s *Server) tellFaults(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintln(w, s.faults.Get())
}

func (s *Server) setFaults(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, faultsLimit))
	if err != nil {
		http.Error(w, "reading the faults: "+err.Error(), http.StatusBadRequest)
		return
	}
	set, err := faults.Parse(string(text))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.faults.Put(set)
	fmt.Fprintln(w, set)
}
