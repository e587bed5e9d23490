// SPDX-License-Identifier: Apache-2.0

package annotations

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/serin-dev/serin/pkg/rollout"
)

// Read turns annotations into a plan and reports everything that is wrong with
// them, sorted by key. A key that is wrong keeps its default; so does one whose
// value is blank, because that is what templating tools leave of an unset value.
func Read(annotations map[string]string) (rollout.Plan, []rollout.Problem) {
	plan := defaults()
	var problems []rollout.Problem
	for _, name := range slices.Sorted(maps.Keys(annotations)) {
		if !strings.HasPrefix(name, Prefix) || name == Rollout || name == Journal {
			continue
		}
		key, known := find(name)
		if !known {
			problems = append(problems, problem(name, unknown(name)))
			continue
		}
		if err := key.apply(annotations[name], &plan); err != nil {
			problems = append(problems, describe(name, err)...)
		}
	}
	giveHolds(&plan)
	return plan, problems
}

// defaults is the plan of a Deployment that names nothing. A default that does
// not parse is a mistake in the table, which its test finds.
func defaults() rollout.Plan {
	var plan rollout.Plan
	for _, key := range Keys {
		if err := key.apply(key.Default, &plan); err != nil {
			panic(fmt.Sprintf("annotations: the default of %s: %v", key.Name, err))
		}
	}
	return plan
}

func (k Key) apply(value string, plan *rollout.Plan) error {
	value = strings.TrimSpace(value)
	if value == "" {
		return nil
	}
	return k.read(value, plan)
}

// giveHolds gives the hold key's value to the steps that name none. It runs
// last because keys are read in any order.
func giveHolds(plan *rollout.Plan) {
	for i := range plan.Steps {
		if plan.Steps[i].Hold == holdUnnamed {
			plan.Steps[i].Hold = plan.Hold
		}
	}
}

func find(name string) (Key, bool) {
	i := slices.IndexFunc(Keys, func(k Key) bool { return k.Name == name })
	if i < 0 {
		return Key{}, false
	}
	return Keys[i], true
}

// describe makes one problem of each mistake that a value has.
func describe(name string, err error) []rollout.Problem {
	var several mistakes
	if !errors.As(err, &several) {
		return []rollout.Problem{problem(name, err.Error())}
	}
	var problems []rollout.Problem
	for _, text := range several {
		problems = append(problems, problem(name, text))
	}
	return problems
}

func problem(name, text string) rollout.Problem {
	return rollout.Problem{Reason: rollout.InvalidAnnotations, Message: name + ": " + text}
}

// mistakes are all that is wrong with one value, in the order of reading.
type mistakes []string

func (m mistakes) Error() string { return strings.Join(m, "; ") }
