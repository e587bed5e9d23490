// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"math"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/serin-dev/serin/e2e/internal/panels"
)

// draw writes the dashboards as they look now into the directory that DASHBOARD_IMAGES names, where it names one.
func (s *story) draw() {
	s.Helper()
	dir := os.Getenv("DASHBOARD_IMAGES")
	if dir == "" {
		return
	}
	names := strings.NewReplacer(s.good.namespace, "good", s.bad.namespace, "bad", s.stuck.namespace, "stuck")
	for _, name := range []string{"fleet", "rollout"} {
		values := s.choices(panels.Question{File: name + ".json"}, s.bad)
		image, err := panels.Draw(filepath.Join("../..", panels.Files, "dashboards", name+".json"), values, s.series)
		if err != nil {
			s.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "dashboard-"+name+".svg"), []byte(names.Replace(image)), 0o644); err != nil {
			s.Fatal(err)
		}
	}
}

// moments is how many of the story are drawn.
const moments = 150

// series is what a query has found at each of the moments.
func (s *metricsServer) series(expr string) []panels.Series {
	s.Helper()
	now := time.Now()
	step := max(1, math.Ceil(now.Sub(s.began).Seconds()/moments))
	var matrix []struct {
		Metric map[string]string
		Values [][2]any
	}
	s.get("/api/v1/query_range", url.Values{"query": {expr}, "start": {stamp(s.began)}, "end": {stamp(now)}, "step": {strconv.FormatFloat(step, 'f', 0, 64)}}, &struct{ Result any }{&matrix})
	all := make([]panels.Series, 0, len(matrix))
	for _, found := range matrix {
		one := panels.Series{Labels: found.Metric, Values: make([]float64, int(now.Sub(s.began).Seconds()/step)+1)}
		for i := range one.Values {
			one.Values[i] = math.NaN()
		}
		for _, point := range found.Values {
			at, value := point[0].(float64), point[1].(string)
			i := int(math.Round((at - float64(s.began.UnixMilli())/1000) / step))
			if parsed, err := strconv.ParseFloat(value, 64); err == nil && i < len(one.Values) {
				one.Values[i] = parsed
			}
		}
		all = append(all, one)
	}
	return all
}
