// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/serin-dev/serin/pkg/measure/presets"
	"github.com/serin-dev/serin/pkg/measure/tally"
)

// Traffic is what users have sent to a Deployment up to now.
type Traffic struct {
	Preset   string   `json:"preset"`   // the metrics that were found; empty: none
	Asked    []string `json:"asked"`    // the selectors that were read, or that found nothing
	Over     float64  `json:"over"`     // seconds that were asked for
	Seconds  float64  `json:"seconds"`  // between the samples that requests were counted from
	Requests float64  `json:"requests"` // in these, to all versions
	Stable   float64  `json:"stable"`   // those to stable
	Bad      float64  `json:"bad"`      // those of stable's that failed
}

// ticks is how finely present traffic is counted.
const ticks = time.Minute

// Present counts the requests of a time that ends now, by the first preset that
// has any series then. It counts as for a rollout: no query adds up anything.
// That nothing is there is no error: what was found has no preset then.
func Present(ctx context.Context, ask Asker, all []presets.Preset, s presets.Subject, over time.Duration, now time.Time) (Traffic, error) {
	until := now.Add(-lag).Truncate(time.Millisecond) // Prometheus knows no shorter time
	q := Question{Subject: s, Since: until.Add(-over.Truncate(ticks)), Interval: ticks}
	preset, missed, err := firstOf(ctx, ask, all, q, until)
	if err != nil || preset == nil {
		return Traffic{Asked: missed, Over: until.Sub(q.Since).Seconds()}, err
	}
	seen := &noting{Asker: ask, since: q.Since}
	c := newCounted(q, ticks, preset.Counts(s), versionsOf(preset.Request(s)))
	for c.tally.Taken().Before(until) {
		if err := c.upTo(ctx, alone{seen}, until, until); err != nil {
			return Traffic{}, err
		}
	}
	t := trafficOf(c, seen)
	t.Preset, t.Over = preset.Name, until.Sub(q.Since).Seconds()
	return t, nil
}

// firstOf is the first preset that has series, or what was asked in vain.
func firstOf(ctx context.Context, ask Asker, all []presets.Preset, q Question, until time.Time) (*presets.Preset, []string, error) {
	var missed []string
	step := max(ticks, until.Sub(q.Since)/steps)
	for i := range all {
		preset := &all[i]
		if err := preset.Usable(q.Subject); err != nil {
			missed = append(missed, fmt.Sprintf("%s: %s", preset.Name, err))
			continue
		}
		selector := preset.Exists(q.Subject)
		series, err := alone{ask}.exists(ctx, selector, q.Since, until, step)
		if err != nil {
			return nil, nil, err
		}
		if len(series) > 0 && len(series[0].Points) > 0 {
			return preset, nil, nil
		}
		missed = append(missed, fmt.Sprintf("%s: %s", preset.Name, selector))
	}
	return nil, missed, nil
}

// versionsOf lets the canary of a rollout be of no importance: a version of its
// own would be waited for when it is gone.
func versionsOf(read func(map[string]string) tally.Meaning) func(map[string]string) tally.Meaning {
	return func(labels map[string]string) tally.Meaning {
		m := read(labels)
		if m.Arm == tally.Canary {
			m.Arm, m.Own = tally.Unknown, false // it may be older than what Prometheus has
		}
		return m
	}
}

func trafficOf(c *counted, seen *noting) Traffic {
	t := Traffic{Asked: strings.Split(c.found.query, "\n")}
	for _, span := range c.found.spans {
		t.Seconds = max(0, earlier(seen.last, span.To).Sub(seen.first).Seconds())
		t.Requests += span.Stable.Total + span.Unknown.Total
		t.Stable += span.Stable.Total
		t.Bad += span.Stable.Bad
	}
	return t
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// noting notes between which samples it is counted.
type noting struct {
	Asker
	since       time.Time
	first, last time.Time // the newest that is not after since, or else the oldest; the newest
}

func (n *noting) Raw(ctx context.Context, selector string, after, until time.Time) ([]tally.Series, error) {
	series, err := n.Asker.Raw(ctx, selector, after, until)
	for _, s := range series {
		for _, p := range s.Points {
			n.note(time.UnixMilli(p.At))
		}
	}
	return series, err
}

func (n *noting) note(at time.Time) {
	nearer := at.Before(n.first) && n.first.After(n.since) || at.After(n.first) && !at.After(n.since)
	if n.first.IsZero() || nearer {
		n.first = at
	}
	if at.After(n.last) {
		n.last = at
	}
}
