// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/measure"
	"github.com/serin-dev/serin/pkg/measure/presets"
	"github.com/serin-dev/serin/pkg/rollout"
	"github.com/serin-dev/serin/pkg/share"
	"github.com/serin-dev/serin/pkg/workload"
)

// Measurer measures rollouts in the background; measure.Follower does. None of
// its methods waits for an answer.
type Measurer interface {
	Samples(key types.NamespacedName, q measure.Question) measure.Answer
	Forget(key types.NamespacedName)
}

const unmeasured = "measuring takes a Prometheus, and this controller was told of none: ask whoever runs it for --prometheus, or annotate serin.dev/analysis: off"

// judge says what was measured of the canary, and what is to be thought of it,
// and how the gates fare. It asks for measurements while a rollout is under way,
// and forgets them when it is not: a Deployment at rest costs Prometheus nothing.
func (o *Observer) judge(ctx context.Context, w *World, s *rollout.Snapshot) error {
	judging := isJudged(s)
	if judging && o.cannot(s.Plan) {
		s.Problems = append(s.Problems, rollout.Problem{Reason: rollout.InvalidChecks, Message: unmeasured})
	}
	canary := judging && isOnItsWay(s.Memo)
	gated := judging && len(s.Memo.Due()) > 0
	if o.isAlone() || (!canary && !gated) {
		o.unmeasure(w.Key)
		return o.readGates(ctx, w, s, nil, true)
	}
	by := o.policy(ctx, w.Key, s)
	if canary {
		s.Problems = append(s.Problems, by.problems...)
		o.consider(w, s, by)
	} else {
		o.unmeasure(w.Key)
	}
	return o.readGates(ctx, w, s, by.policy.Gates, len(by.problems) == 0)
}

// isJudged: the target has opted in, and not out of being judged.
func isJudged(s *rollout.Snapshot) bool {
	return !s.Target.Gone && s.Target.OptedIn && !s.Plan.ChecksOff
}

// isAlone: there is nobody who measures or asks.
func (o *Observer) isAlone() bool { return o.Measure == nil && o.Gates == nil }

// cannot: the plan alone says that something is to be measured, and nobody does.
// A ConfigMap may have gates only.
func (o *Observer) cannot(p rollout.Plan) bool {
	return o.Measure == nil && (measures(p) || (o.Gates == nil && p.Checks != ""))
}

// consider looks at checks and gates of a rollout on its way.
func (o *Observer) consider(w *World, s *rollout.Snapshot, by judged) {
	s.Problems = append(s.Problems, workload.GateProblems(w.Target, w.Service, by.policy.Gates)...)
	switch {
	case o.Measure != nil:
		o.weigh(w, s, by)
	case by.policy.Written:
		s.Problems = append(s.Problems, rollout.Problem{Reason: rollout.InvalidChecks, Message: unmeasured})
	}
}

// isOnItsWay: the canary is there to be judged.
func isOnItsWay(m rollout.Memo) bool {
	return !m.Started.IsZero() && m.Ending == "" && !m.Promoting
}

// weigh judges what has been measured so far.
func (o *Observer) weigh(w *World, s *rollout.Snapshot, by judged) {
	if len(by.problems) > 0 {
		s.Verdict = analysis.Verdict{Evidence: "there are no valid checks to judge by"}
		return
	}
	answer := o.Measure.Samples(w.Key, o.question(w, s, by.policy.Policy))
	s.OnNoData = by.policy.OnNoData
	if !wishes(s.Plan) && unknown(s, answer) {
		s.Verdict = analysis.NoChecks()
		s.Verdict.Evidence = "pod health only; Prometheus has no metrics of requests to the Deployment that Serin knows"
		return
	}
	s.Verdict = analysis.Judge(by.policy.Policy, answer.Samples, s.Now)
	s.Verdict.Evidence += by.changed
	s.Seen = seenShare(s, answer)
}

// wishes reports whether the user asked for checks of their own.
func wishes(p rollout.Plan) bool { return p.Checks != "" || measures(p) }

// measures reports whether an annotation asks for something to be measured.
func measures(p rollout.Plan) bool {
	return p.MinSuccessRate > 0 || p.MaxLatency != (rollout.Latency{})
}

// seenShare compares what requests did with the weight, from when they were to
// follow it. By the ratio of pods connections are spread and not requests.
func seenShare(s *rollout.Snapshot, answer measure.Answer) rollout.SeenShare {
	if s.Memo.Mode != rollout.Istio || s.Memo.Weight == 0 {
		return rollout.SeenShare{}
	}
	from := s.Memo.Since
	if s.Routes.Served.After(from) {
		from = s.Routes.Served
	}
	seen := share.Follow(float64(s.Memo.Weight)/float64(rollout.Full), answer.Traffic, from.Add(s.Plan.Settle))
	return rollout.SeenShare{Off: seen.Off, Since: seen.Since}
}

func (o *Observer) unmeasure(key types.NamespacedName) {
	if o.Measure != nil {
		o.Measure.Forget(key)
	}
}

// unknown: Prometheus answered, and has nothing to compare a workload by that is
// not in the mesh. In the mesh there should be metrics, so that their absence
// is a want of data.
func unknown(s *rollout.Snapshot, answer measure.Answer) bool {
	if s.Memo.Mode == rollout.Istio || answer.Preset != "" || len(answer.Samples) == 0 {
		return false
	}
	for _, samples := range answer.Samples {
		if n := len(samples.Intervals); n == 0 || samples.Intervals[n-1].State != analysis.NoSeries {
			return false
		}
	}
	return true
}

func (o *Observer) question(w *World, s *rollout.Snapshot, policy analysis.Policy) measure.Question {
	return measure.Question{
		Subject: presets.Subject{
			Namespace: w.Key.Namespace, Target: w.Key.Name, Canary: workload.CanaryName(w.Key.Name), Service: s.Memo.Service, StableHash: s.Memo.Stable,
		},
		Since:    s.Memo.Started,
		Interval: policy.Interval,
		Checks:   policy.Checks,
		Weights:  o.Memory.weights(w.Key, s.Memo),
		Warming:  warming(w.readySince, policy.WarmUp),
	}
}

// warming is when some pod of the canary was too young to be judged.
func warming(ready []time.Time, warmUp time.Duration) (periods []measure.Period) {
	slices.SortFunc(ready, time.Time.Compare)
	for _, since := range ready {
		until := since.Add(warmUp)
		if n := len(periods); n > 0 && !since.After(periods[n-1].To) {
			periods[n-1].To = until
			continue
		}
		periods = append(periods, measure.Period{From: since, To: until})
	}
	return periods
}
