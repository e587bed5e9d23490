// SPDX-License-Identifier: Apache-2.0

package rollout_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/rollout"
)

const snapshots = 300_000

func TestPromisesHoldForAnySnapshot(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	reached := map[int]int{}
	for i := range snapshots {
		s := random(rnd)
		d := rollout.Decide(s)
		reached[rollout.Deciding(s)]++
		if again := rollout.Decide(s); !reflect.DeepEqual(d, again) {
			t.Fatalf("snapshot %d: deciding twice differs:\n%+v\n%+v\n%+v", i, s, d, again)
		}
		if broken := broken(s, d); len(broken) > 0 {
			t.Fatalf("snapshot %d: %s breaks its promises %q:\n%+v\n%+v", i, d.Reason, broken, s, d)
		}
		if lost := forgotten(s, d); lost != "" {
			t.Fatalf("snapshot %d: %s is not carried on after a crash: %s\n%+v\n%+v", i, d.Reason, lost, s, d)
		}
	}
	for i := range rollout.RuleCount() {
		if reached[i] == 0 {
			t.Errorf("no random snapshot reaches rule %d, %s", i, rollout.RuleReason(i))
		}
	}
}

// promises are what a decision keeps whatever was observed.
var promises = map[string]func(rollout.Snapshot, rollout.Decision) bool{
	"a decision has a reason that is documented": func(_ rollout.Snapshot, d rollout.Decision) bool {
		return documented[d.Reason] > 0
	},
	"weights are between 0 and 100 %": func(_ rollout.Snapshot, d rollout.Decision) bool {
		return d.Weight >= 0 && d.Weight <= rollout.Full && d.Memo.Weight >= 0 && d.Memo.Weight <= rollout.Full
	},
	"the weight grows only to what available pods carry": growsWithinMeans,
	"no canary pod goes while routes send it traffic": func(s rollout.Snapshot, d rollout.Decision) bool {
		return !takesCanary(s, d) || s.Routes.Weight == 0 || s.Target.Gone
	},
	"nothing moves on routes that proxies are not known to follow": func(s rollout.Snapshot, d rollout.Decision) bool {
		if s.Routes.Lagging == "" || s.Memo.Mode != rollout.Istio || s.Target.Gone {
			return true
		}
		onwards := d.Routes == rollout.Present && d.Weight > s.Routes.Weight && s.Routes.Weight == s.Memo.Weight && !s.Memo.Promoting
		leaves := takesCanary(s, d) && s.Routes.Ours && s.Memo.Ending != ""
		promotes := d.Memo.Promoting && !s.Memo.Promoting
		return !onwards && !leaves && !promotes && (d.Subsets != rollout.Absent || s.Memo.Ending == "")
	},
	"the target is let go only where that is safe": func(s rollout.Snapshot, d rollout.Decision) bool {
		return d.Target != rollout.Released || mayRelease(s)
	},
	"the target is never scaled to zero": func(s rollout.Snapshot, d rollout.Decision) bool {
		return d.Size >= 0 && (d.Memo.Lowered == s.Memo.Lowered || d.Memo.Lowered == 0 || d.Size == d.Memo.Lowered)
	},
	"a decision never changes routes and takes pods away": func(s rollout.Snapshot, d rollout.Decision) bool {
		return d.Routes == rollout.Leave || (!takesCanary(s, d) && !takesStable(s, d))
	},
	"a decision never takes both stable's and the canary's pods": func(s rollout.Snapshot, d rollout.Decision) bool {
		return !takesCanary(s, d) || !takesStable(s, d)
	},
	"subsets go only when no route names them": func(s rollout.Snapshot, d rollout.Decision) bool {
		return d.Subsets != rollout.Absent || !s.Routes.Ours
	},
	"missing evidence passes no step": func(s rollout.Snapshot, d rollout.Decision) bool {
		open := s.Memo.Weight > 0 && !s.Memo.Full && s.Memo.Passed < s.Memo.Weight && s.Memo.Ending == "" && !s.Memo.Promoting
		return s.Verdict.Outcome != analysis.Inconclusive || !open || (d.Memo.Weight <= s.Memo.Weight && !d.Memo.Promoting)
	},
	"a bake is neither skipped nor cut short": func(s rollout.Snapshot, d rollout.Decision) bool {
		lets := d.Memo.Promoting && !s.Memo.Promoting
		return !lets || baked(s)
	},
	"a bake begins once, after its step": func(s rollout.Snapshot, d rollout.Decision) bool {
		begins := d.Memo.Bake.After(s.Memo.Bake)
		first := s.Memo.Bake.IsZero() || s.Memo.Bake.Before(s.Memo.Since)
		stepOver := s.Memo.Passed == rollout.Full || !s.Memo.Since.Add(s.Plan.Settle+s.Plan.Hold).After(s.Now)
		return !begins || (first && stepOver && d.Memo.Bake.Equal(s.Now) && d.Routes == rollout.Leave && d.Canary == rollout.Leave && d.Size == 0)
	},
	"missing evidence ends no bake": func(s rollout.Snapshot, d rollout.Decision) bool {
		under := !rollout.BakesUntil(s.Plan, s.Memo).IsZero()
		return s.Verdict.Outcome != analysis.Inconclusive || !under || !d.Memo.Promoting
	},
	"no gate is asked in a bake's time": func(s rollout.Snapshot, d rollout.Decision) bool {
		return !d.Ask || !rollout.BakesUntil(s.Plan, s.Memo).After(s.Now)
	},
	"no gate that stands is passed": func(s rollout.Snapshot, d rollout.Decision) bool {
		open := slices.ContainsFunc(s.Gates, func(g rollout.Gate) bool { return g.State != rollout.GatePassed })
		return !open || s.Memo.Promoting || s.Memo.Ending != "" || (d.Memo.Weight <= s.Memo.Weight && !d.Memo.Promoting)
	},
	"gates are asked only where any stands": func(s rollout.Snapshot, d rollout.Decision) bool { return !d.Ask || len(s.Gates) > 0 },
	"a plan with problems moves traffic at most back": func(s rollout.Snapshot, d rollout.Decision) bool {
		return len(s.Problems) == 0 || s.Memo.Promoting || d.Routes != rollout.Present || d.Weight <= s.Routes.Weight
	},
	"a plan with problems lets nothing go": func(s rollout.Snapshot, d rollout.Decision) bool {
		return len(s.Problems) == 0 || d.Target != rollout.Released || s.Memo.Promoting || s.Target.WantsStable || !s.Target.OptedIn || neverServed(s)
	},
	"a paused rollout is not promoted": func(s rollout.Snapshot, d rollout.Decision) bool {
		return !s.Plan.Paused || !d.Memo.Promoting || s.Memo.Promoting
	},
	"looking again is never in the past": func(_ rollout.Snapshot, d rollout.Decision) bool { return d.Recheck >= 0 },
	"the stable version changes only to what serves": func(s rollout.Snapshot, d rollout.Decision) bool {
		return d.Forget || d.Memo.Stable == s.Memo.Stable || d.Memo.Stable == s.Stable.Hash || d.Memo.Stable == s.Wanted.Hash ||
			d.Memo.Stable == s.Judged.Hash || (d.Memo.Stable == "" && s.Memo.Promoting && !s.Canary.Exists)
	},
}

func broken(s rollout.Snapshot, d rollout.Decision) []string {
	var found []string
	for words, kept := range promises {
		if !kept(s, d) {
			found = append(found, words)
		}
	}
	return found
}

// growsWithinMeans: beyond what the canary can carry only where stable could
// not carry its part either.
func growsWithinMeans(s rollout.Snapshot, d rollout.Decision) bool {
	if d.Routes != rollout.Present || d.Weight <= s.Routes.Weight || s.Canary.Available >= rollout.Carry(d.Weight, s.Target.Replicas) {
		return true
	}
	return s.Stable.Available < rollout.Carry(rollout.Full-s.Routes.Weight, s.Target.Replicas)
}

// baked: the bake that the plan wishes for has lasted its time since everybody
// came to the canary, or a person ended it.
func baked(s rollout.Snapshot) bool {
	if s.Plan.Bake == 0 || s.Memo.Full {
		return true
	}
	begun := !s.Memo.Bake.IsZero() && !s.Memo.Bake.Before(s.Memo.Since)
	return begun && (s.Memo.Baked || s.Now.Sub(s.Memo.Bake) >= s.Plan.Bake)
}

func takesCanary(s rollout.Snapshot, d rollout.Decision) bool {
	return s.Canary.Exists && (d.Canary == rollout.Absent || d.Canary == rollout.Present && d.CanaryPods < s.Canary.Desired)
}

func takesStable(s rollout.Snapshot, d rollout.Decision) bool {
	return d.Keep != "" || d.Size > 0 && d.Size < s.Target.Replicas
}

func neverServed(s rollout.Snapshot) bool {
	return s.Memo.Stable == "" && s.Stable.Available == 0 && s.Wanted.Available == 0
}

// mayRelease: onto the template that the canary proved at full weight, onto
// what stable runs, or where nobody is protected.
func mayRelease(s rollout.Snapshot) bool {
	need := rollout.Carry(rollout.Full, s.Target.Replicas)
	if s.Memo.Mode == rollout.Surge {
		need = min(need, s.Target.Replicas)
	}
	proven := s.Memo.Weight == rollout.Full && s.Memo.Ending == "" && s.Target.WantsCanary && s.Canary.Available >= need &&
		(s.Memo.Mode != rollout.Istio || s.Routes.Weight == rollout.Full)
	goesOn := s.Memo.Promoting && s.Target.WantsCanary
	return proven || goesOn || s.Target.WantsStable || !s.Target.OptedIn || neverServed(s)
}

// forgotten says what a controller that died right after its first write, of
// memo, hold, size and commands, would not do when it comes back. It may need a
// few more of those writes before it comes to the rest.
func forgotten(s rollout.Snapshot, d rollout.Decision) string {
	if d.Forget || fulfilled(s, d) {
		return ""
	}
	var words []string
	next, then := s, d
	for range 4 {
		next = remembered(next, then)
		then = rollout.Decide(next)
		if then.Routes == d.Routes && then.Weight == d.Weight && then.Subsets == d.Subsets &&
			then.Canary == d.Canary && then.CanaryPods == d.CanaryPods && then.Keep == d.Keep {
			return ""
		}
		if then.Reason == "RoutesReverted" {
			return "" // it waits, as whoever undid the last write makes it
		}
		words = append(words, string(then.Reason))
	}
	return fmt.Sprintf("then come %v", words)
}

// fulfilled: nothing beyond the target is wanted to be otherwise.
func fulfilled(s rollout.Snapshot, d rollout.Decision) bool {
	routes := d.Routes == rollout.Leave || (d.Routes == rollout.Present && s.Routes.Split && s.Routes.Weight == d.Weight)
	canary := d.Canary == rollout.Leave || (d.Canary == rollout.Present && s.Canary.Exists && s.Canary.Desired == d.CanaryPods)
	return routes && canary && d.Subsets == rollout.Leave && d.Keep == ""
}

// remembered is the snapshot after the write to the target.
func remembered(s rollout.Snapshot, d rollout.Decision) rollout.Snapshot {
	s.Memo = d.Memo
	if d.Target != rollout.Untouched {
		s.Target.Paused = d.Target == rollout.Held
	}
	if d.Size > 0 {
		s.Target.Replicas = d.Size
	}
	if d.Consume {
		s.Plan.Abort, s.Plan.Retry, s.Plan.Promote = false, false, ""
	}
	return s
}
