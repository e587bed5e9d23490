// SPDX-License-Identifier: Apache-2.0

package annotations

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/serin-dev/serin/pkg/rollout"
)

// The largest numbers that are taken for a wish rather than for a slip.
const (
	mostReplicas = 10_000
	mostRestarts = 10_000
)

func readDuration(field func(*rollout.Plan) *time.Duration, shortest, longest time.Duration) func(string, *rollout.Plan) error {
	return func(value string, plan *rollout.Plan) error {
		d, err := duration(value, shortest, longest)
		if err != nil {
			return err
		}
		*field(plan) = d
		return nil
	}
}

func duration(value string, shortest, longest time.Duration) (time.Duration, error) {
	d, err := time.ParseDuration(value)
	if err != nil {
		return 0, fmt.Errorf("%s is not a duration; write for example %s", quote(value), likelyDuration(value))
	}
	if d < shortest || d > longest {
		return 0, fmt.Errorf("%s is outside of the range from %s to %s; write for example 5m or 1h30m", quote(value), short(shortest), short(longest))
	}
	return d, nil
}

var (
	bareNumber = regexp.MustCompile(`^[0-9]{1,4}$`)
	days       = regexp.MustCompile(`^([1-7])\s*d(ays?)?$`)
)

// likelyDuration guesses what was meant by the two slips that are made most:
// a number without a unit, and days, which Go durations do not have.
func likelyDuration(value string) string {
	if bareNumber.MatchString(value) {
		return value + "s or " + value + "m"
	}
	if found := days.FindStringSubmatch(value); found != nil {
		n, _ := strconv.Atoi(found[1])
		return strconv.Itoa(24*n) + "h"
	}
	return "5m or 1h30m"
}

// short prints 168h rather than 168h0m0s.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// readCanary only looks for slips: whether the Deployment is opted in is asked
// by OptedIn, and is no part of the plan.
func readCanary(value string, _ *rollout.Plan) error {
	if value != "true" && value != "false" {
		return fmt.Errorf(`%s is neither "true" nor "false"; write "true" to opt in`, quote(value))
	}
	return nil
}

func readFlag(field func(*rollout.Plan) *bool, wish string) func(string, *rollout.Plan) error {
	return func(value string, plan *rollout.Plan) error {
		if value != "true" && value != "false" {
			return fmt.Errorf(`%s is neither "true" nor "false"; write "true" to %s`, quote(value), wish)
		}
		*field(plan) = value == "true"
		return nil
	}
}

func readTraffic(value string, plan *rollout.Plan) error {
	switch mode := rollout.Mode(value); mode {
	case rollout.Auto, rollout.Istio, rollout.Replicas:
		plan.Traffic = mode
		return nil
	case "gateway":
		return fmt.Errorf(`"gateway" is not available yet; write auto, istio or replicas`)
	default:
		return fmt.Errorf("%s is no way to move traffic; write auto, istio or replicas", quote(value))
	}
}

var dnsLabel = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)

func readService(value string, plan *rollout.Plan) error {
	if dnsLabel.MatchString(value) {
		plan.Service = value
		return nil
	}
	if name, _, dotted := strings.Cut(value, "."); dotted && dnsLabel.MatchString(name) {
		return fmt.Errorf("%s is a host name; write the bare name of a Service in the Deployment's own namespace, for example %s", quote(value), name)
	}
	return fmt.Errorf("%s cannot be the name of a Service; write at most 63 small letters, digits and hyphens, for example shop", quote(value))
}

func readCanaryReplicas(value string, plan *rollout.Plan) error {
	if value == "auto" {
		plan.CanaryReplicas = rollout.Count{}
		return nil
	}
	digits, percent := strings.CutSuffix(value, "%")
	number, err := strconv.Atoi(strings.TrimSpace(digits))
	switch {
	case err != nil:
		return fmt.Errorf("%s is no number of pods; write auto, a number such as 3, or a part of the Deployment's size such as 50%%", quote(value))
	case percent && (number < 1 || number > 100):
		return fmt.Errorf("%s is outside of the range from 1%% to 100%%; write for example 50%%", quote(value))
	case percent:
		plan.CanaryReplicas = rollout.Count{Percent: number}
	case number < 1 || number > mostReplicas:
		return fmt.Errorf("%s is outside of the range from 1 to %d; write for example 3, or auto", quote(value), mostReplicas)
	default:
		plan.CanaryReplicas = rollout.Count{Number: number}
	}
	return nil
}

func readMaxRestarts(value string, plan *rollout.Plan) error {
	number, err := strconv.Atoi(value)
	if err != nil || number < 0 || number > mostRestarts {
		return fmt.Errorf("%s is not a whole number from 0 to %d; write for example 0 or 2", quote(value), mostRestarts)
	}
	plan.MaxRestarts = number
	return nil
}

func readOnFailure(value string, plan *rollout.Plan) error {
	if value != "rollback" && value != "pause" {
		return fmt.Errorf("%s is no answer to a failure; write rollback or pause", quote(value))
	}
	plan.PauseOnFailure = value == "pause"
	return nil
}

var (
	labelName    = regexp.MustCompile(`^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$`)
	dnsSubdomain = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`)
)

const longestPrefix = 253

func readVersionLabel(value string, plan *rollout.Plan) error {
	prefix, name, prefixed := strings.Cut(value, "/")
	if !prefixed {
		prefix, name = "", value
	}
	validPrefix := !prefixed || len(prefix) <= longestPrefix && dnsSubdomain.MatchString(prefix)
	if !validPrefix || !labelName.MatchString(name) {
		return fmt.Errorf("%s cannot be the key of a label; write for example version or app.kubernetes.io/version", quote(value))
	}
	plan.VersionLabel = value
	return nil
}

func readPromote(value string, plan *rollout.Plan) error {
	switch promotion := rollout.Promotion(value); promotion {
	case rollout.PromoteStep, rollout.PromoteFull:
		plan.Promote = promotion
		return nil
	default:
		return fmt.Errorf("%s does not say how far; write step to pass the step under way, or full to pass all that are left", quote(value))
	}
}

// quote repeats what was found, cut to a length that leaves a message readable.
func quote(value string) string {
	const longest = 60
	if runes := []rune(value); len(runes) > longest {
		value = string(runes[:longest]) + "…"
	}
	return strconv.Quote(value)
}
