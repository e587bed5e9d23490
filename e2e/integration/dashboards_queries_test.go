// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/serin-dev/serin/e2e/internal/panels"
)

// emptyByRight are the queries that find nothing in this world, and why that is right.
var emptyByRight = map[string]string{
	"alerts.yaml: SerinNoGuard": "the guard is there all the while; taking it away would touch every test of this cluster. promtool tries it.",
}

// everywhere are the panels that have to find data of each app, however its requests are counted.
var everywhere = []string{"Requests / ", "Failures / ", "Latency, median / ", "Latency, p99 / ", "Weight / C"}

// shorter puts times that this test can wait for in the place of those that people set.
var shorter = strings.NewReplacer("> 1800", "> 5")

// answers asks a question about each app, and wants to find data.
func (s *story) answers(q panels.Question) {
	s.Helper()
	all := 0
	for _, p := range []*shop{s.good, s.bad, s.stuck} {
		found := s.about(q, p)
		all += found
		each := strings.HasPrefix(q.File, "rollout") && hasPrefix(q.Where, everywhere)
		if found == 0 && each {
			s.Errorf("%s finds nothing of %s\n%s", q, p.namespace, q.Expr)
		}
	}
	why, empty := emptyByRight[q.String()]
	switch {
	case empty && all > 0:
		s.Errorf("%s finds %d values, and was thought to find none: %s", q, all, why)
	case !empty && all == 0:
		s.Errorf("%s finds nothing\n%s", q, q.Expr)
	}
}

func hasPrefix(text string, prefixes []string) bool {
	for _, prefix := range prefixes {
		if strings.HasPrefix(text, prefix) {
			return true
		}
	}
	return false
}

// about asks a question with the values that a person would choose, and counts what it finds. What stands there for
// nothing having been found does not count.
func (s *story) about(q panels.Question, p *shop) int {
	s.Helper()
	q = q.With(s.choices(q, p))
	if q.Label != "" {
		return s.values(q)
	}
	return s.count(strings.TrimSuffix(shorter.Replace(q.Expr), " or vector(0)"))
}

// choices are the values of a dashboard's variables that a person would choose to look at an app.
func (s *story) choices(q panels.Question, p *shop) map[string]string {
	values := map[string]string{
		"namespace": p.namespace, "deployment": p.name, "check": "errors", "job": ".*", "stuck": "5", "__rate_interval": "15s", "__range": "10m",
		"http_requests": "http_requests_total", "http_code": "code", "http_duration": "http_request_duration_seconds",
	}
	if q.File == "fleet.json" {
		values["namespace"] = ".*"
	}
	return values
}

// count is how many values a query has, from the beginning of the story until now.
func (s *metricsServer) count(expr string) (found int) {
	s.Helper()
	now := time.Now()
	var matrix []struct{ Values [][2]any }
	s.get("/api/v1/query_range", url.Values{"query": {expr}, "start": {stamp(s.began)}, "end": {stamp(now)}, "step": {"1"}}, &struct{ Result any }{&matrix})
	for _, series := range matrix {
		for _, point := range series.Values {
			if point[1] != "NaN" {
				found++
			}
		}
	}
	return found
}

// values are those of a label.
func (s *metricsServer) values(q panels.Question) int {
	s.Helper()
	var found []string
	s.get("/api/v1/label/"+q.Label+"/values", url.Values{"match[]": {q.Expr}, "start": {stamp(s.began)}}, &found)
	return len(found)
}

func stamp(t time.Time) string { return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', 3, 64) }

// get reads what Prometheus answers; an error of a query is one of the test.
func (s *metricsServer) get(path string, values url.Values, data any) {
	s.Helper()
	request, err := http.NewRequestWithContext(s.Context(), http.MethodGet, "http://"+s.prometheus+path+"?"+values.Encode(), nil)
	if err != nil {
		s.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.Fatal(err)
	}
	defer response.Body.Close()
	answer := struct {
		Error string
		Data  any
	}{Data: data}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || answer.Error != "" {
		s.Errorf("asking %s: %s %v\n%v", path, answer.Error, err, values)
	}
}

// finds waits until a query has found something at any time.
func (s *metricsServer) finds(expr string) {
	s.Helper()
	err := wait.PollUntilContextTimeout(s.Context(), 500*time.Millisecond, 2*time.Minute, true, func(context.Context) (bool, error) {
		return s.count(expr) > 0, nil
	})
	if err != nil {
		s.Fatalf("waiting for %s: %v", expr, err)
	}
}

// of puts an app into a selector.
func (s *story) of(p *shop, selector string) string {
	return fmt.Sprintf(selector, fmt.Sprintf("namespace=%q,deployment=%q", p.namespace, p.name))
}
