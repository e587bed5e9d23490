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

// holdUnnamed marks a step that takes the hold of the hold key. No hold that a
// person names is negative.
const holdUnnamed time.Duration = -1

// readSteps reads "5, 25:10m, 50:pause" and adds the last step of 100 where it
// is missing, without a hold: promotion needs all of the traffic on the canary.
func readSteps(value string, plan *rollout.Plan) error {
	var (
		steps []rollout.Step
		wrong mistakes
		last  rollout.Weight
	)
	for part := range strings.SplitSeq(value, ",") {
		step, err := readStep(strings.TrimSpace(part))
		if err != nil {
			wrong = append(wrong, err.Error())
		}
		if step.Weight == 0 { // it could not be read
			continue
		}
		if step.Weight <= last {
			wrong = append(wrong, fmt.Sprintf("weight %s comes after %s; weights must rise", plain(step.Weight), plain(last)))
			continue
		}
		last = step.Weight
		steps = append(steps, step)
	}
	if len(wrong) > 0 {
		return wrong
	}
	if last < rollout.Full {
		steps = append(steps, rollout.Step{Weight: rollout.Full})
	}
	plan.Steps = steps
	return nil
}

// readStep gives a step with the weight 0 where the weight itself is wrong.
func readStep(part string) (rollout.Step, error) {
	if part == "" {
		return rollout.Step{}, fmt.Errorf("a step is empty; remove the comma that has no weight, as in 5,25,50,100")
	}
	text, extra, named := strings.Cut(part, ":")
	weight, err := readWeight(strings.TrimSpace(text))
	if err != nil {
		return rollout.Step{}, err
	}
	step := rollout.Step{Weight: weight, Hold: holdUnnamed}
	if !named {
		return step, nil
	}
	extra = strings.TrimSpace(extra)
	if extra == "pause" {
		// The person who lets the step pass is its hold.
		step.Pause, step.Hold = true, 0
		return step, nil
	}
	hold, err := duration(extra, 0, longestHold)
	if err != nil {
		return step, fmt.Errorf("the hold of step %s: %w, or pause to wait for a person", plain(weight), err)
	}
	step.Hold = hold
	return step, nil
}

var weightText = regexp.MustCompile(`^([0-9]{1,3})(?:\.([0-9]))?\s*%?$`)

// readWeight reads percent into tenths of a percent: "0.5" is 5, "25%" is 250.
func readWeight(text string) (rollout.Weight, error) {
	found := weightText.FindStringSubmatch(text)
	if found == nil {
		return 0, fmt.Errorf("%s is not a weight; write percent with at most one decimal, for example 5 or 0.5", quote(text))
	}
	whole, _ := strconv.Atoi(found[1])
	tenth, _ := strconv.Atoi("0" + found[2])
	weight := rollout.Weight(10*whole + tenth)
	if weight < 1 || weight > rollout.Full {
		return 0, fmt.Errorf("weight %s is out of range; write a weight above 0 and at most 100", quote(text))
	}
	return weight, nil
}

// plain prints a weight as it is typed in steps: without the percent sign.
func plain(w rollout.Weight) string { return strings.TrimSuffix(w.String(), "%") }
