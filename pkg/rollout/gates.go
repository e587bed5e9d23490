// SPDX-License-Identifier: Apache-2.0

package rollout

import (
	"fmt"
	"slices"
	"strings"
)

// When is the moment of a rollout at which a gate stands.
type When string

// The moments.
const (
	BeforeTraffic   When = "before-traffic"   // the canary is available, and is about to get its first traffic
	BeforeStep      When = "before-step"      // it is about to get more traffic, the first included
	BeforePromotion When = "before-promotion" // it has carried everything, and the target is about to be let go
	AfterPromotion  When = "after"            // the target runs the judged template, and nothing is left to clear up
)

// GateState is how far a gate has come.
type GateState string

// The states. The zero value is: not asked yet.
const (
	GatePending GateState = "pending"
	GatePassed  GateState = "passed"
	GateFailed  GateState = "failed"
)

// Gate is one gate that stands at the present point of the rollout.
type Gate struct {
	Name  string
	State GateState
	Words string // what it waits for, or why it failed
	Stuck bool   // it waits for a person to put something right
	Holds bool   // its failure holds the rollout and does not roll it back
}

// Due are the moments whose gates stand before the next move. A person who
// waived the remaining steps waived the gates before them, too.
func (m Memo) Due() []When {
	switch {
	case !m.under() || (m.Ending != "" && m.Ending != Finished):
		return nil
	case m.Promoting || m.Ending == Finished:
		return []When{AfterPromotion}
	case m.Full:
		return nil
	case m.Weight >= Full:
		return []When{BeforePromotion}
	case m.Weight == 0:
		return []When{BeforeTraffic, BeforeStep}
	default:
		return []When{BeforeStep}
	}
}

// Point names the present point of the rollout, among all of its points. A
// weight that was lost and is reached again is another point, and so is a bake:
// what passed before says nothing about what came since.
func (m Memo) Point() string {
	point := fmt.Sprintf("%d@%d", m.Weight, later(later(m.Started, m.Since), m.Bake).UnixMilli())
	if m.Promoting || m.Ending == Finished {
		return "after-" + point
	}
	return point
}

// The memo keeps what became of the gates of one point: the point, a slash, and
// the names of those that passed, of those that failed with a hyphen before
// them, or a star where a person passed them all.
const (
	failedMark = "-"
	waivedMark = "*"
)

// GateNoted is what the memo says of a gate of the present point.
func (m Memo) GateNoted(name string) (state GateState, waived bool) {
	point, names, _ := strings.Cut(m.Gates, "/")
	if point != m.Point() {
		return "", false
	}
	noted := strings.Split(names, ",")
	switch {
	case slices.Contains(noted, waivedMark):
		return GatePassed, true
	case slices.Contains(noted, name):
		return GatePassed, false
	case slices.Contains(noted, failedMark+name):
		return GateFailed, false
	default:
		return "", false
	}
}

// noteGates is the memo with what is known of the gates of this point. As long
// as nothing is known it stays as it is.
func noteGates(s Snapshot) Memo {
	var names []string
	for _, gate := range s.Gates {
		switch gate.State {
		case GatePassed:
			names = append(names, gate.Name)
		case GateFailed:
			names = append(names, failedMark+gate.Name)
		case GatePending:
		}
	}
	if len(names) > 0 {
		s.Memo.Gates = s.Memo.Point() + "/" + strings.Join(names, ",")
	}
	return s.Memo
}

func waiveGates(s Snapshot) Memo {
	s.Memo.Gates = s.Memo.Point() + "/" + waivedMark
	return s.Memo
}

// standing are the gates that have not passed.
func standing(s Snapshot) []Gate {
	return slices.DeleteFunc(slices.Clone(s.Gates), func(g Gate) bool { return g.State == GatePassed })
}

// failedGate is the first that failed.
func failedGate(s Snapshot, holds bool) (Gate, bool) {
	at := slices.IndexFunc(s.Gates, func(g Gate) bool { return g.State == GateFailed && g.Holds == holds })
	if at < 0 {
		return Gate{}, false
	}
	return s.Gates[at], true
}

// isGated: gates stand before the next weight, or before the promotion.
func isGated(s Snapshot) bool {
	return s.Memo.under() && s.Memo.Ending == "" && !s.Memo.Promoting && len(standing(s)) > 0
}

// atGates: nothing but gates is in the way of the next move.
func atGates(s Snapshot) bool { return isGated(s) && stepDone(s) && !isCanaryShort(s) }

// isGateClosed: a gate failed, and that rolls back.
func isGateClosed(s Snapshot) bool {
	_, failed := failedGate(s, false)
	return isGated(s) && failed
}

// isGateHeld: a gate failed, and that waits for a person.
func isGateHeld(s Snapshot) bool {
	_, failed := failedGate(s, true)
	return isGated(s) && failed
}

// isGatedAfter: gates of the end have yet to answer. What they say moves nothing.
func isGatedAfter(s Snapshot) bool {
	return slices.ContainsFunc(s.Gates, func(g Gate) bool { return g.State != GatePassed && g.State != GateFailed && !g.Stuck })
}

func isClearedBeforeGates(s Snapshot) bool { return isCleared(s) && isGatedAfter(s) }

// isFinishedBeforeGates: a template that came meanwhile waits for no gate.
func isFinishedBeforeGates(s Snapshot) bool {
	return isFinished(s) && s.Target.WantsStable && isGatedAfter(s)
}

func gateFailure(s Snapshot, holds bool) string {
	gate, _ := failedGate(s, holds)
	return gate.failure()
}

func (g Gate) failure() string {
	if g.Words == "" {
		return fmt.Sprintf("gate %s failed", g.Name)
	}
	return fmt.Sprintf("gate %s failed: %s", g.Name, g.Words)
}

func failGate(s Snapshot) Decision {
	d := rejectOrPause(s, "GateFailed", gateFailure(s, false))
	if d.Memo.Ending == "" {
		d.Memo.Gates = noteGates(s).Gates
	}
	return d
}

// holdGate goes on asking the other gates: one of them may roll back.
func holdGate(s Snapshot) Decision {
	return Decision{Phase: Paused, Memo: noteGates(s), Warning: true, Ask: true,
		Message: gateFailure(s, true) + ` (held: annotate serin.dev/promote: "step" to go on all the same, serin.dev/retry: "true" to begin again, serin.dev/abort: "true" to roll back)`}
}

// awaitGates lets the gates be asked, and waits for what they say.
func awaitGates(phase Phase) func(Snapshot) Decision {
	return func(s Snapshot) Decision {
		d := Decision{Phase: phase, Memo: noteGates(s), Quiet: true, Ask: true}
		if phase == Promoting {
			d.Memo = s.Memo
		}
		var words []string
		for _, gate := range standing(s) {
			text := "gate " + gate.Name
			if gate.Words != "" {
				text += ": " + gate.Words
			}
			words = append(words, text)
			d.Warning = d.Warning || gate.Stuck
		}
		d.Message = "waits for " + strings.Join(words, "; ")
		return d
	}
}

// passGates is a person who goes on without the gates of this point.
func passGates(s Snapshot) Decision {
	return Decision{Phase: Progressing, Memo: waiveGates(s), Consume: s.Plan.Promote == PromoteStep, Message: "a person passed " + gateNames(standing(s))}
}

func gateNames(gates []Gate) string {
	names := make([]string, 0, len(gates))
	for _, gate := range gates {
		names = append(names, gate.Name)
	}
	if len(names) == 1 {
		return "gate " + names[0]
	}
	return "gates " + strings.Join(names, ", ")
}

// afterwards adds what the gates after the promotion said.
func afterwards(s Snapshot, d Decision) Decision {
	for _, gate := range s.Gates {
		switch {
		case gate.State == GateFailed:
			d.Message += "; " + gate.failure() + " (nothing is rolled back by that)"
		case gate.Stuck:
			d.Message += fmt.Sprintf("; gate %s was not asked: %s", gate.Name, gate.Words)
		default:
			continue
		}
		d.Warning = true
	}
	return d
}

// NextWeight is the weight that the canary gets next; 0: none is left.
func NextWeight(s Snapshot) Weight {
	step, _ := next(s)
	return step.Weight
}
