// SPDX-License-Identifier: Apache-2.0

package offline

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/pkg/analysis/reach"
	"github.com/serin-dev/serin/pkg/simulate"
)

// load are the flags that say what users send.
type load struct {
	rps                          float64
	stableErrors, canaryErrors   string
	stableLatency, canaryLatency string
}

func (l *load) add(command *cobra.Command) {
	flags := command.Flags()
	flags.Float64Var(&l.rps, "rps", 0, "`REQUESTS` a second to the Service")
	flags.StringVar(&l.stableErrors, "stable-error-rate", "0.3%", "the `PART` of stable's requests that fails")
}

func (l *load) addCanary(command *cobra.Command) {
	flags := command.Flags()
	flags.StringVar(&l.canaryErrors, "canary-error-rate", "", "the `PART` of the canary's requests that fails, such as 3%; without it, as of stable's")
	flags.StringVar(&l.stableLatency, "stable-latency", "p50=50ms,p99=500ms", "how long stable's requests take: two `QUANTILES` of a log-normal distribution")
	flags.StringVar(&l.canaryLatency, "canary-latency", "", "how long the canary's requests take, two `QUANTILES` likewise; without it, as stable's")
}

// rate checks what concerns both versions.
func (l *load) rate() (part float64, err error) {
	if l.rps < 0 || math.IsNaN(l.rps) || math.IsInf(l.rps, 0) {
		err = fmt.Errorf("--rps %g: there is no such number of requests; write for example --rps 50", l.rps)
	}
	part, wrong := readPart("stable-error-rate", l.stableErrors)
	return part, errors.Join(err, wrong)
}

// given is what the flags say about the load of a plan.
type given struct {
	rate, errors       float64
	hasRate, hasErrors bool
}

// reach is the load for a plan. Others may have found problems with the flags;
// with asked, Prometheus will be asked for what is not given.
func (l *load) reach(command *cobra.Command, asked bool, problems []error) (given, error) {
	part, err := l.rate()
	g := given{rate: l.rps, errors: part, hasRate: l.rps > 0, hasErrors: command.Flags().Changed("stable-error-rate")}
	if err := errors.Join(append([]error{err}, problems...)...); err != nil {
		return g, several("the flags have to be put right first", strings.Split(err.Error(), "\n"))
	}
	if g.hasErrors && !g.hasRate && !asked {
		return g, errors.New(withoutRequests("stable-error-rate"))
	}
	return g, nil
}

// instead is the load that the flags say instead of what was counted, if anything was.
func (g given) instead(counted *reach.Load) *reach.Load {
	switch {
	case g.hasRate:
		return &reach.Load{Rate: g.rate, Errors: g.errors}
	case counted != nil && g.hasErrors:
		return &reach.Load{Rate: counted.Rate, Errors: g.errors}
	}
	return counted
}

func withoutRequests(flag string) string {
	return fmt.Sprintf("--%s is about requests, and there are none; add for example --rps 50", flag)
}

// traffic gives what the flags say, or all that is wrong with them.
func (l *load) traffic(command *cobra.Command) (simulate.Traffic, error) {
	t := simulate.Traffic{RPS: l.rps, Interval: sampling}
	var wrong [4]error
	t.StableErrors, wrong[0] = l.rate()
	t.StableLatency, wrong[1] = readLatency("stable-latency", l.stableLatency)
	t.CanaryErrors, t.CanaryLatency = t.StableErrors, t.StableLatency
	if l.canaryErrors != "" {
		t.CanaryErrors, wrong[2] = readPart("canary-error-rate", l.canaryErrors)
	}
	if l.canaryLatency != "" {
		t.CanaryLatency, wrong[3] = readLatency("canary-latency", l.canaryLatency)
	}
	if l.rps == 0 {
		for _, name := range []string{"stable-error-rate", "canary-error-rate", "stable-latency", "canary-latency"} {
			if command.Flags().Changed(name) {
				wrong[0] = errors.Join(wrong[0], errors.New(withoutRequests(name)))
			}
		}
	}
	return t, errors.Join(wrong[:]...)
}

func readPart(flag, text string) (float64, error) {
	percent, err := strconv.ParseFloat(strings.TrimSuffix(text, "%"), 64)
	if err != nil || math.IsNaN(percent) || percent < 0 || percent > 100 {
		return 0, fmt.Errorf("--%s %q is not a percentage from 0 to 100; write for example 3%%", flag, text)
	}
	return percent / 100, nil
}

func readLatency(flag, text string) (simulate.Latency, error) {
	low, high, _ := strings.Cut(text, ",")
	p50, err := time.ParseDuration(strings.TrimPrefix(strings.TrimSpace(low), "p50="))
	p99, failed := time.ParseDuration(strings.TrimPrefix(strings.TrimSpace(high), "p99="))
	if err != nil || failed != nil || p50 <= 0 || p99 <= p50 {
		return simulate.Latency{}, fmt.Errorf("--%s %q is not two rising quantiles; write for example p50=50ms,p99=500ms", flag, text)
	}
	return simulate.Latency{P50: p50, P99: p99}, nil
}
