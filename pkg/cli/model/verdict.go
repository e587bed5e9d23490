// SPDX-License-Identifier: Apache-2.0

package model

import (
	"regexp"
	"strings"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/record"
	"github.com/serin-dev/serin/pkg/rollout"
)

// Verdict is what the checks said last, in a word. Empty: that is not known.
type Verdict string

// The verdicts. The first three are the outcomes of package analysis.
const (
	ChecksPassed       Verdict = "passed"
	ChecksFailed       Verdict = "failed"
	ChecksInconclusive Verdict = "inconclusive"
	PodsOnly           Verdict = "podsOnly" // nothing but the health of pods is judged
)

// after is the verdict once the entry has been told, too.
func (v Verdict) after(entry record.Entry) Verdict {
	if next := verdictOf(entry); next != "" {
		return next
	}
	if v == "" && unchecked(entry) {
		return PodsOnly
	}
	return v
}

// verdictOf is what one entry tells of the checks, empty where it tells nothing.
// The journal keeps no word for it: the reason has it, or the evidence.
func verdictOf(entry record.Entry) Verdict {
	switch {
	case entry.Reason == "AnalysisFailed":
		return ChecksFailed
	case entry.Reason == "AnalysisInconclusive", entry.Reason == "NoData":
		return ChecksInconclusive
	case entry.Evidence != "":
		return verdictIn(entry.Evidence)
	}
	return ""
}

// unchecked reports whether the entry tells of a canary with traffic that was
// judged without any check: the journal does not keep that evidence.
func unchecked(entry record.Entry) bool {
	judged := entry.Phase == rollout.Progressing || entry.Phase == rollout.Paused
	return judged && entry.Weight > 0 && entry.Evidence == "" && verdictOf(entry) == ""
}

// podHealth begins all evidence of a canary that no check judges.
var podHealth, _, _ = strings.Cut(analysis.NoChecks().Evidence, ";")

// verdictIn reads the evidence of a verdict. All checks in it that act have the
// outcome of the whole, so that the first one tells it: see analysis.Judge.
func verdictIn(evidence string) Verdict {
	switch {
	case strings.HasPrefix(evidence, podHealth):
		return PodsOnly
	case strings.HasPrefix(evidence, "there are no valid checks"):
		return ChecksInconclusive
	case strings.HasPrefix(evidence, "all checks only report"):
		return ChecksPassed
	}
	for _, s := range sentences(evidence) {
		if !s.reported {
			return s.verdict()
		}
	}
	return ""
}

var (
	convicted = regexp.MustCompile(`^nearly all of the canary's requests were bad| bad in (?:a row|all)(?:;|$)`)
	missing   = regexp.MustCompile(`^(?:Unreachable|NoSeries|SeveralSeries|Stale|NotANumber|CounterReset|NoTraffic|TooFew|WarmingUp|NotMeasured|TooEarly|Overlapping)\b`)
	unproven  = regexp.MustCompile(`^nearly all of the canary's requests are bad| bad in a row(?: of the |, )|; proof that it is not worse[, ]|; nothing was bad on either side`)
)

// verdict reads what is said of one check.
func (s sentence) verdict() Verdict {
	value, needed, compared := s.strength()
	switch {
	case missing.MatchString(s.text):
		return ChecksInconclusive
	case convicted.MatchString(s.text), compared && value >= needed:
		return ChecksFailed
	case unproven.MatchString(s.text):
		return ChecksInconclusive
	}
	return ChecksPassed
}
