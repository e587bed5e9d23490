// SPDX-License-Identifier: Apache-2.0

package offline_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/serin-dev/serin/pkg/analysis/reach"
	"github.com/serin-dev/serin/pkg/measure"
	"github.com/serin-dev/serin/pkg/plan"
)

// counter is a series that is found by queries with a word in them, and rises by its pace each second.
type counter struct {
	word, labels string
	pace         float64
}

var (
	istioGood = counter{`istio_requests_total{destination_workload_namespace="web",destination_workload=~"shop|`,
		`"destination_workload":"shop","reporter":"source","source_workload":"web","response_code":"200"`, 499}
	istioBad   = counter{istioGood.word, strings.Replace(istioGood.labels, "200", "503", 1), 1}
	istioLater = counter{istioGood.word, strings.Replace(istioGood.labels, `"shop"`, `"shop-canary"`, 1), 100} // of a rollout under way
	judgedGood = counter{`http_requests_total{namespace="web",pod=~"judged-`, `"pod":"judged-5d9f-abcde","code":"200"`, 20}
	judgedIdle = counter{judgedGood.word, judgedGood.labels, 0}
)

var window = regexp.MustCompile(`\[(\d+)ms\]$`)

// prometheus answers as one that scrapes every 15 seconds.
func prometheus(t *testing.T, counters ...counter) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		query := r.Form.Get("query")
		until, _ := strconv.ParseFloat(r.Form.Get("time")+r.Form.Get("end"), 64)
		from := until - 1
		if length := window.FindStringSubmatch(query); length != nil {
			milliseconds, _ := strconv.ParseFloat(length[1], 64)
			from = until - milliseconds/1000
		}
		var series []string
		for _, c := range counters {
			var points []string
			for at := 15 * (int64(from/15) + 1); float64(at) <= until; at += 15 {
				points = append(points, fmt.Sprintf(`[%d,"%.0f"]`, at, c.pace*float64(at)))
			}
			if strings.HasPrefix(query, "group(") {
				points = []string{fmt.Sprintf(`[%.3f,"1"]`, until)}
			}
			if strings.Contains(query, c.word) {
				series = append(series, fmt.Sprintf(`{"metric":{%s},"values":[%s]}`, c.labels, strings.Join(points, ",")))
			}
		}
		fmt.Fprintf(w, `{"status":"success","data":{"resultType":"matrix","result":[%s]}}`, strings.Join(series, ","))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// asking runs a plan that asks a Prometheus whose address is not printed.
func asking(t *testing.T, address, line string) string {
	t.Helper()
	got := run(t, nowhere, "", "plan --prometheus "+address+" "+line)
	host, _ := strings.CutPrefix(address, "http://")
	return strings.ReplaceAll(got, host+" ", "prometheus.example ")
}

func TestPresentTraffic(t *testing.T) {
	for name, test := range map[string]struct {
		line     string
		counters []counter
	}{
		"present traffic":                    {"-f testdata/in/shop.yaml", []counter{istioGood, istioBad, judgedIdle}},
		"present traffic without failures":   {"-f testdata/in/judged.yaml --over 1h", []counter{judgedGood}},
		"present traffic with other errors":  {"-f testdata/in/judged.yaml --stable-error-rate 1%", []counter{judgedGood}},
		"present traffic of several":         {"-f testdata/in/judged.yaml -f testdata/in/shop.yaml --over 5m30s", []counter{judgedGood, istioGood, istioBad, istioLater}},
		"present traffic that is none":       {"-f testdata/in/judged.yaml", []counter{judgedIdle}},
		"present traffic that is not found":  {"-f testdata/in/judged.yaml", nil},
		"present traffic of one and no more": {"-f testdata/in/judged.yaml -f testdata/in/shop.yaml -f testdata/in/plain.yaml", []counter{judgedIdle, istioGood}},
		"present traffic and requests":       {"-f testdata/in/judged.yaml --rps 5 --over 3s --prometheus-username u", nil},
	} {
		t.Run(name, func(t *testing.T) { compare(t, name, asking(t, prometheus(t, test.counters...), test.line)) })
	}
}

// TestPresentTrafficOfTheCluster: what is read from the cluster is counted likewise.
func TestPresentTrafficOfTheCluster(t *testing.T) {
	got := run(t, cluster(t, interceptor.Funcs{}), "", "plan shop --server --prometheus "+prometheus(t, istioGood, istioBad))
	if !strings.Contains(got, "\nWhat is found at 500 requests a second, 0.2% of which fail at stable\n") {
		t.Error(got)
	}
}

func TestPresentTrafficAsJSON(t *testing.T) {
	t.Parallel()
	var plans []plan.Plan
	address := prometheus(t, istioGood, istioBad, istioLater)
	got := asking(t, address, "-f testdata/in/shop.yaml -o json")
	if err := json.Unmarshal([]byte(strings.ReplaceAll(got, strings.TrimPrefix(address, "http://"), "prometheus.example")), &plans); err != nil || len(plans) != 1 {
		t.Fatalf("%v: %s", err, got)
	}
	want := plan.Traffic{Prometheus: "prometheus.example", Traffic: measure.Traffic{Preset: "istio", Over: 1800, Seconds: 1800, Requests: 600 * 1800, Stable: 500 * 1800, Bad: 1800,
		Asked: []string{`istio_requests_total{destination_workload_namespace="web",destination_workload=~"shop|shop-canary"}`}}}
	if diff := cmp.Diff(&want, plans[0].Traffic) + cmp.Diff(&reach.Load{Rate: 600, Errors: 0.002}, plans[0].Load); diff != "" {
		t.Error(diff)
	}
}

func TestPresentTrafficThatCannotBeAsked(t *testing.T) {
	t.Parallel()
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("open sesame"), 0o600); err != nil {
		t.Fatal(err)
	}
	door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer open sesame" {
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		fmt.Fprint(w, `{"status":"success","data":{"resultType":"matrix","result":[]}}`)
	}))
	t.Cleanup(door.Close)
	closed := httptest.NewServer(nil)
	closed.Close()
	const help = "; a Prometheus inside of the cluster is reached through kubectl port-forward, and --rps N needs no Prometheus\n"
	for name, test := range map[string]struct{ address, line, want string }{
		"nobody there": {closed.URL, "", "Error: asking for the requests of Deployment web/judged: prometheus at prometheus.example cannot be reached: dial: connect: connection refused" + help},
		"no token":     {door.URL, "", "Error: asking for the requests of Deployment web/judged: prometheus at prometheus.example refuses who asks (client error: 401); a token or a password that it accepts is needed" + help},
		"a token":      {door.URL, " --prometheus-token-file " + token, "Error: prometheus at prometheus.example has no requests of Deployment web/judged in the last 30m; looked for were\n"},
		"no address":   {"judged", "", "Error: --prometheus: \"judged\" is not an address such as http://prometheus.monitoring.svc:9090\n"},
	} {
		if got := asking(t, test.address, "-f testdata/in/judged.yaml"+test.line); !strings.HasPrefix(got, test.want) && got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
	for line, want := range map[string]string{
		"plan -f testdata/in/judged.yaml --over 1h":               "Error: --over is about what Prometheus has counted; add --prometheus URL\n",
		"plan -f testdata/in/judged.yaml --prometheus-ca-file ca": "Error: --prometheus: is missing, and the other flags that begin with --prometheus need it\n",
	} {
		if got := run(t, nowhere, "", line); got != want {
			t.Errorf("%s: %s", line, got)
		}
	}
}
