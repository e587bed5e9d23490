// SPDX-License-Identifier: Apache-2.0

package measure_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/pkg/measure"
	"github.com/serin-dev/serin/pkg/measure/presets"
	"github.com/serin-dev/serin/pkg/measure/tally"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// counter is a series whose value rises by its pace each second while it is scraped.
type counter struct {
	labels   map[string]string
	pace     float64
	from, to time.Time
}

type recorded []counter

func (r recorded) Raw(_ context.Context, _ string, after, until time.Time) ([]tally.Series, error) {
	var all []tally.Series
	for _, c := range r {
		s := tally.Series{Labels: c.labels}
		for at := c.from; !at.After(c.to) && !at.After(until); at = at.Add(15 * time.Second) {
			if at.After(after) {
				s.Points = append(s.Points, tally.Point{At: at.UnixMilli(), Value: 1e6 + c.pace*at.Sub(c.from).Seconds()})
			}
		}
		all = append(all, s)
	}
	return all, nil
}

func (r recorded) Range(ctx context.Context, query string, from, to time.Time, _ time.Duration) ([]tally.Series, error) {
	if len(r) == 0 || !strings.Contains(query, "http_requests_total") {
		return nil, nil
	}
	all, err := r.Raw(ctx, query, from, to)
	return slices.DeleteFunc(all, func(s tally.Series) bool { return len(s.Points) == 0 }), err
}

func pod(name, code string, pace float64, from, to time.Duration) counter {
	return counter{map[string]string{"pod": name, "instance": name, "code": code}, pace, noon.Add(from), noon.Add(to)}
}

func TestPresent(t *testing.T) {
	t.Parallel()
	subject := presets.Subject{Namespace: "web", Target: "shop", Canary: "shop-canary", AnyStable: true}
	asked := []string{`http_requests_total{namespace="web",pod=~"shop-[a-z0-9]{1,10}-[a-z0-9]{5}|shop-canary-[a-z0-9]{1,10}-[a-z0-9]{5}"}`}
	for name, test := range map[string]struct {
		series recorded
		want   measure.Traffic
	}{
		"traffic all the time": {
			recorded{pod("shop-5d9f-aaaaa", "200", 40, -time.Hour, 0), pod("shop-5d9f-aaaaa", "500", 1, -time.Hour, 0)},
			measure.Traffic{Preset: "http", Asked: asked, Over: 1800, Seconds: 1800, Requests: 41 * 1800, Stable: 41 * 1800, Bad: 1800},
		},
		"one version after another, and a canary in between": {
			recorded{
				pod("shop-5d9f-aaaaa", "200", 40, -time.Hour, -10*time.Minute), pod("shop-77b4-bbbbb", "200", 40, -10*time.Minute, 0),
				pod("shop-canary-77b4-bbbbb", "500", 10, -20*time.Minute, -10*time.Minute),
			},
			measure.Traffic{Preset: "http", Asked: asked, Over: 1800, Seconds: 1800, Requests: 40*1800 + 10*600, Stable: 40 * 1800},
		},
		"a Prometheus that is new": {
			recorded{pod("shop-5d9f-aaaaa", "200", 40, -10*time.Minute, 0)},
			measure.Traffic{Preset: "http", Asked: asked, Over: 1800, Seconds: 600, Requests: 40 * 600, Stable: 40 * 600},
		},
		"a Prometheus that is new, and has stopped": {
			recorded{pod("shop-5d9f-aaaaa", "200", 40, -10*time.Minute-7*time.Second, -5*time.Minute)},
			measure.Traffic{Preset: "http", Asked: asked, Over: 1800, Seconds: 300, Requests: 40 * 300, Stable: 40 * 300},
		},
		"scrapes between the minutes": {
			recorded{pod("shop-5d9f-aaaaa", "200", 40, -time.Hour-7*time.Second, 0)},
			measure.Traffic{Preset: "http", Asked: asked, Over: 1800, Seconds: 1800, Requests: 40 * 1800, Stable: 40 * 1800},
		},
		"no requests": {
			recorded{pod("shop-5d9f-aaaaa", "200", 0, -time.Hour, 0)},
			measure.Traffic{Preset: "http", Asked: asked, Over: 1800, Seconds: 1800},
		},
		"nothing": {nil, measure.Traffic{Over: 1800, Asked: []string{
			`istio: istio_requests_total{destination_workload_namespace="web",destination_workload=~"shop|shop-canary"}`,
			`grpc: grpc_server_call_duration_seconds_count` + strings.TrimPrefix(asked[0], "http_requests_total"), "http: " + asked[0],
		}}},
	} {
		got, err := measure.Present(t.Context(), test.series, presets.All(presets.UsualLabels, presets.UsualHTTP), subject, 30*time.Minute, noon.Add(2*time.Second))
		if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
}

func TestPresentIsNotKnown(t *testing.T) {
	t.Parallel()
	away := errors.New("away")
	if _, err := measure.Present(t.Context(), &fake{err: away}, presets.All(presets.UsualLabels, presets.UsualHTTP), presets.Subject{AnyStable: true}, time.Hour, noon); !errors.Is(err, away) {
		t.Error(err)
	}
}
