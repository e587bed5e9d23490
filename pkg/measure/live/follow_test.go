// SPDX-License-Identifier: Apache-2.0

//go:build integration

package live_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/measure"
	"github.com/serin-dev/serin/pkg/measure/presets"
	"github.com/serin-dev/serin/pkg/measure/source"
)

var (
	key     = types.NamespacedName{Namespace: "web", Name: "shop"}
	subject = presets.Subject{Namespace: "web", Target: "shop", Canary: "shop-canary", Service: "shop", StableHash: "5d9f"}
	errors  = analysis.Check{Name: "errors", Kind: analysis.Errors, Margin: 1.5}
)

// follower follows by a real clock, until the test ends.
func follower(t *testing.T, address string) *measure.Follower {
	t.Helper()
	client, err := source.New(source.Config{Address: address, Timeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	f := &measure.Follower{Asker: client, Presets: presets.All(presets.UsualLabels, presets.UsualHTTP), Clock: clock.RealClock{}}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = f.Start(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return f
}

// study is one rollout that is followed.
type study struct {
	t *testing.T
	*measure.Follower
	key      types.NamespacedName
	question measure.Question
	at       string
}

func (p *prometheus) study(checks ...analysis.Check) *study {
	at := "http://" + p.address
	return &study{t: p.t, Follower: follower(p.t, at), at: at, key: key, question: measure.Question{
		Subject: subject, Since: time.Now().Truncate(time.Millisecond), Interval: time.Second, Checks: checks,
	}}
}

func (s *study) now() measure.Answer { return s.Samples(s.key, s.question) }

// sum adds up everything that was counted, but what is not known.
func sum(intervals []analysis.Interval) (stable, canary analysis.Counts) {
	for _, i := range intervals {
		if i.State != analysis.CounterReset {
			stable = analysis.Counts{Bad: stable.Bad + i.Stable.Bad, Total: stable.Total + i.Stable.Total}
			canary = analysis.Counts{Bad: canary.Bad + i.Canary.Bad, Total: canary.Total + i.Canary.Total}
		}
	}
	return stable, canary
}

// counts waits until a check has counted so much in all.
func (s *study) counts(check string, stable, canary analysis.Counts) {
	s.t.Helper()
	eventually(s.t, check+" counts right", func() string {
		a, b := sum(s.now().Samples[check].Intervals)
		if a != stable || b != canary {
			return fmt.Sprintf("stable %v, canary %v in %+v", a, b, s.now().Samples[check].Intervals)
		}
		return ""
	})
}

// settled waits until the counters as they are now have been read.
func (s *study) settled() {
	s.t.Helper()
	from := time.Now().Add(2 * scrape)
	eventually(s.t, "an interval ends", func() string {
		all := s.now().Traffic
		if len(all) == 0 || all[len(all)-1].To.Before(from) {
			return fmt.Sprint(all)
		}
		return ""
	})
}

// again measures the whole rollout once more, as a controller that was
// restarted does, and expects what was measured while it went on.
func (s *study) again() {
	s.t.Helper()
	live := s.now()
	restarted := follower(s.t, s.at)
	eventually(s.t, "backfilling gives what following gave", func() string {
		back := restarted.Samples(key, s.question)
		if live.Preset != back.Preset {
			return "preset " + back.Preset
		}
		for name, want := range live.Samples {
			got := back.Samples[name]
			if want.Query != got.Query {
				return cmp.Diff(want.Query, got.Query)
			}
			intervals, readings := solid(want.Intervals), solidReadings(want.Readings)
			if len(got.Intervals) < len(intervals) || len(got.Readings) < len(readings) {
				return name + ": not all is there yet"
			}
			if diff := cmp.Diff(intervals, got.Intervals[:len(intervals)]) + cmp.Diff(readings, got.Readings[:len(readings)]); diff != "" {
				return name + ": " + diff
			}
		}
		return ""
	})
}

// solid leaves out what is only true until more is known.
func solid(all []analysis.Interval) []analysis.Interval {
	for len(all) > 0 && passing(all[len(all)-1].State) {
		all = all[:len(all)-1]
	}
	return all
}

func solidReadings(all []analysis.Reading) []analysis.Reading {
	for len(all) > 0 && passing(all[len(all)-1].State) {
		all = all[:len(all)-1]
	}
	return all
}

func passing(s analysis.State) bool { return s == analysis.Unreachable || s == analysis.Stale }
