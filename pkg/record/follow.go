// SPDX-License-Identifier: Apache-2.0

package record

import (
	"slices"
	"time"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/rollout"
)

// Facts are what an entry takes from elsewhere than the Snapshot.
type Facts struct {
	Stable, Wanted Revision
	Wrote          []string // objects that were written since the last entry
	Words          *Words   // of the canary that is rejected now
}

// Turn is what becomes of a journal by a decision.
type Turn struct {
	Journal Rollout   // under way from now on; zero: none
	Done    []Rollout // ended, to be filed
	Forget  bool      // the target opted out: what is kept goes, too
}

// Follow tells a decision to the journal of the rollout under way. A journal of
// another rollout than the memo's has lost its end: it is filed as it is.
func Follow(journal Rollout, s rollout.Snapshot, d rollout.Decision, f Facts) Turn {
	if d.Forget {
		return Turn{Forget: true}
	}
	var turn Turn
	before, after := s.Memo.Started, d.Memo.Started
	if !journal.Began.IsZero() && !journal.Began.Equal(before) {
		turn.Done = append(turn.Done, journal.end(Abandoned, s.Now))
		journal = Rollout{}
	}
	begins := !after.IsZero() && !after.Equal(before)
	if !before.IsZero() {
		journal = journal.underway(s, d, f, begins)
		if !after.Equal(before) {
			turn.Done = append(turn.Done, journal.conclude(s, d, f))
			journal = Rollout{}
		}
	}
	if begins {
		journal = start(after, d.Memo.Mode, f).tell(s, d)
	}
	turn.Journal = journal
	return turn
}

// underway tells a decision about a rollout that had begun before it. Where
// another begins by it, the decision is the other's to tell.
func (r Rollout) underway(s rollout.Snapshot, d rollout.Decision, f Facts, another bool) Rollout {
	if r.Began.IsZero() {
		r = start(s.Memo.Started, s.Memo.Mode, f)
	}
	r = r.wrote(f.Wrote)
	if !another {
		r = r.tell(s, d)
	}
	if f.Words != nil {
		words := f.Words.redacted().bounded()
		r.Words = &words
	}
	return r
}

// Condemns reports whether the decision gives the canary up, so that its last
// words have to be taken now: what it leads to takes its pods away.
func Condemns(s rollout.Snapshot, d rollout.Decision) bool {
	return d.Memo.Ending == rollout.Reject && s.Memo.Ending != rollout.Reject && !s.Memo.Started.IsZero()
}

func start(began time.Time, mode rollout.Mode, f Facts) Rollout {
	return Rollout{Began: began.UTC(), Mode: mode, From: f.Stable.bounded(), To: f.Wanted.bounded()}
}

// conclude ends the rollout whose memo is about to be put aside.
func (r Rollout) conclude(s rollout.Snapshot, d rollout.Decision, f Facts) Rollout {
	outcome := Abandoned
	switch s.Memo.Ending {
	case "":
		if s.Memo.Promoting && d.Reason == "Promoted" {
			outcome = Promoted
			r.To = f.Wanted.bounded() // has a number by now
		}
	case rollout.Finished:
		outcome = Promoted
		r.To = f.Stable.bounded() // has a number by now
	case rollout.Reject:
		outcome = RolledBack
	case rollout.Cancel, rollout.LetGo: // opted in again before it was let go
		outcome = Cancelled
	case rollout.Restart:
		outcome = Withdrawn
	}
	return r.end(outcome, s.Now)
}

// end leaves alone what has ended already, such as a rollout that could not be
// filed at once.
func (r Rollout) end(outcome Outcome, now time.Time) Rollout {
	if r.Outcome != "" {
		return r
	}
	r.Outcome, r.Ended = outcome, stamp(now)
	if n := len(r.Entries); n > 0 && outcome != Abandoned && r.Ended.After(r.Entries[n-1].At) {
		r.Entries = slices.Clone(r.Entries)
		r.Entries[n-1].Seconds = r.Ended.Sub(r.Entries[n-1].At).Seconds()
	}
	return r
}

// wrote tells what the last entry led to. It is known when the next one comes.
func (r Rollout) wrote(objects []string) Rollout {
	if n := len(r.Entries); n > 0 && len(objects) > 0 {
		r.Entries = slices.Clone(r.Entries)
		last := &r.Entries[n-1]
		last.Wrote = slices.Concat(last.Wrote, objects)
		*last = last.bounded()
	}
	return r
}

// tell adds an entry. A wait that is told again, in other words, stays one.
func (r Rollout) tell(s rollout.Snapshot, d rollout.Decision) Rollout {
	entry := Entry{
		At: stamp(s.Now), Phase: d.Phase, Reason: d.Reason, Message: redacted(d.Message, mostMessage), Warning: d.Warning,
		Weight: d.Memo.Weight, Evidence: redacted(evidence(s.Verdict, d), mostEvidence),
	}.bounded()
	// People are told of a wait some time after it began.
	if s.Waiting.Reason == d.Reason && !s.Waiting.Since.After(s.Now) {
		entry.At = stamp(s.Waiting.Since)
	}
	r.Entries = slices.Clone(r.Entries)
	if n := len(r.Entries); n > 0 {
		last := &r.Entries[n-1]
		if last.Reason == d.Reason && last.Phase == d.Phase && (d.Quiet || d.Memo == s.Memo) {
			entry.At, entry.Wrote, entry.Omitted = last.At, last.Wrote, last.Omitted
			*last = entry
			return r
		}
		if entry.At.Before(last.At) { // a clock that was put back
			entry.At = last.At
		}
		last.Seconds = entry.At.Sub(last.At).Seconds()
	}
	r.Entries = few(append(r.Entries, entry))
	return r
}

// evidence is what the verdict rests on, where the message does not say it.
func evidence(v analysis.Verdict, d rollout.Decision) string {
	if v.Evidence == analysis.NoChecks().Evidence || v.Evidence == d.Message {
		return ""
	}
	return v.Evidence
}

// stamp is a time as it is kept.
func stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
