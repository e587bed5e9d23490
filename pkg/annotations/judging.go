// SPDX-License-Identifier: Apache-2.0

package annotations

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/rollout"
)

// The values of the key analysis that are no ConfigMap's name.
const (
	analysisBuiltIn = "built-in"
	analysisOff     = "off"
)

const (
	longestWarmUp  = time.Hour
	longestLatency = time.Hour
	longestName    = 253
)

// readAnalysis: built-in is no name, and off is the wish to have none.
func readAnalysis(value string, plan *rollout.Plan) error {
	switch {
	case value == analysisBuiltIn, value == analysisOff:
		plan.Checks, plan.ChecksOff = "", value == analysisOff
		return nil
	case len(value) > longestName || !dnsSubdomain.MatchString(value):
		return fmt.Errorf("%s cannot be the name of a ConfigMap; write built-in, off, or the name of one in the Deployment's own namespace, for example shop-checks", quote(value))
	}
	plan.Checks, plan.ChecksOff = value, false
	return nil
}

func readSuccessRate(value string, plan *rollout.Plan) error {
	rate, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(value, "%")), 64)
	switch {
	case err != nil || math.IsNaN(rate):
		return fmt.Errorf("%s is no percentage; write for example 99.5", quote(value))
	case rate > 0 && rate < 1:
		return fmt.Errorf("%s is less than one percent; did you mean %s?", quote(value), strconv.FormatFloat(rate*100, 'g', 6, 64))
	case rate <= 0 || rate > 100:
		return fmt.Errorf("%s is outside of the range from 1 to 100 percent; write for example 99.5", quote(value))
	}
	plan.MinSuccessRate = rate
	return nil
}

var latency = regexp.MustCompile(`^p([0-9]{1,2}(?:\.[0-9]{1,2})?)\s*<\s*(\S+)$`)

func readMaxLatency(value string, plan *rollout.Plan) error {
	found := latency.FindStringSubmatch(value)
	if found == nil {
		return fmt.Errorf("%s names no quantile and its bound; write for example p99 < 300ms", quote(value))
	}
	percent, err := strconv.ParseFloat(found[1], 64)
	if err != nil || percent < 1 || percent > 99.9 {
		return fmt.Errorf("p%s is outside of the range from p1 to p99.9; write for example p99 < 300ms", found[1])
	}
	below, err := time.ParseDuration(found[2])
	if err != nil {
		return fmt.Errorf("%s is not a duration; write for example p%s < 300ms", quote(found[2]), found[1])
	}
	if below <= 0 || below > longestLatency {
		return fmt.Errorf("%s is outside of the range above 0 and up to 1h; write for example p%s < 300ms", quote(found[2]), found[1])
	}
	plan.MaxLatency = rollout.Latency{Quantile: math.Round(percent*100) / 10_000, Below: below}
	return nil
}

func readOnNoData(value string, plan *rollout.Plan) error {
	switch answer := analysis.OnNoData(value); answer {
	case analysis.NoDataHold, analysis.NoDataRollback, analysis.NoDataProceed:
		plan.OnNoData = answer
		return nil
	default:
		return fmt.Errorf("%s is no answer to missing data; write hold, rollback or proceed", quote(value))
	}
}
