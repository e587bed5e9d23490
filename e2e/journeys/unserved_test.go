// SPDX-License-Identifier: Apache-2.0

package journeys_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/serin-dev/serin/e2e/internal/journal"
)

// Pods of the canary are ready, and nobody listens where calls go. The canary itself never hears of a request, so that only
// clients count what fails.
func TestJudgedByClientsAlone(t *testing.T) {
	t.Parallel()
	p, metrics := measured(t, mesh, "A version with healthy pods that nobody can call is found by what clients alone report, and taken back; only its share of the requests fails.")
	p.template(map[string]any{"containers": []any{map[string]any{
		"name": "app", "image": registry + "sample:v2", "args": []string{"serve", "--grpc=127.0.0.1:9090"},
		"env": []any{map[string]string{"name": "VERSION", "value": "v2"}},
	}}})
	p.rolledBack("v1", "AnalysisFailed")
	if note := p.warned("AnalysisFailed"); !strings.Contains(note, "found no endpoint, as their clients report") {
		t.Errorf("the Event does not say who saw the failures: %s", note)
	}
	p.onlyAnswers("v1")
	p.answered("v1")
	p.neverStable("v2")
	p.fell(250)
	p.climbs()
	p.onlyTheShareWasLost()
	if n := metrics.value(`sum(istio_requests_total{reporter="destination",destination_workload="shop-canary"}) or vector(0)`); n != 0 {
		t.Errorf("the canary counted %g requests", n)
	}
	if n := metrics.value(`sum(istio_requests_total{reporter="source",grpc_response_status="14"}) or vector(0)`); n == 0 {
		t.Error("the clients counted no failure")
	}
}

// onlyTheShareWasLost asserts that no request failed before the canary got traffic and after it lost it, and in between no more
// than its share.
func (p *shop) onlyTheShareWasLost() {
	p.Helper()
	var from, to time.Time
	share := 0.0
	p.Replay(func(e journal.Entry, v journal.View) {
		switch given := p.given(v); {
		case given > 0 && from.IsZero():
			from = e.At.Add(-stamped)
			fallthrough
		case given > 0:
			share, to = max(share, given), time.Time{}
		case !from.IsZero() && to.IsZero():
			to = e.At.Add(reached)
		}
	})
	if from.IsZero() || to.IsZero() {
		p.Fatal("the canary never had traffic, or never lost it")
	}
	p.count()
	p.lostOnlyIn(moment{from: from, to: to, share: share})
	if p.row.canary == 0 {
		p.Error("every request was answered")
	}
}

// value asks Prometheus itself.
func (m *prometheus) value(query string) float64 {
	m.Helper()
	said, err := m.ask(m.Context(), query)
	m.must(err)
	var answer struct {
		Data struct {
			Result []struct {
				Value [2]any
			}
		}
	}
	m.must(json.Unmarshal(said, &answer))
	if len(answer.Data.Result) != 1 {
		m.Fatalf("%s gives %d values", query, len(answer.Data.Result))
	}
	text, _ := answer.Data.Result[0].Value[1].(string)
	value, err := strconv.ParseFloat(text, 64)
	m.must(err)
	return value
}
