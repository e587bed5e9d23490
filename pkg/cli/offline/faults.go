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

	"github.com/serin-dev/serin/pkg/rollout"
	"github.com/serin-dev/serin/pkg/simulate"
)

// faults are the flags that say what happens to the rollout.
type faults struct {
	crash, notReady, abort string
	scale                  []string
	ready                  string
}

func (f *faults) add(command *cobra.Command) {
	flags := command.Flags()
	flags.StringVar(&f.ready, "pods-ready-after", "0s", "`TIME` that a new pod takes until it is ready; 10s-2m draws it for each pod")
	flags.StringVar(&f.crash, "crash-at", "", "the canary's pods crash when it gets this `WEIGHT`, such as 25%, or in the bake: bake")
	flags.StringVar(&f.notReady, "not-ready-at", "", "the canary's pods stop being ready when it gets this `WEIGHT`, or bake")
	flags.StringVar(&f.abort, "abort-at", "", "a person asks to roll back when the canary gets this `WEIGHT`, or bake")
	flags.StringArrayVar(&f.scale, "scale-at", nil, "the Deployment gets another size at a weight: `WEIGHT=PODS`, such as 25%=8 or bake=8; may be repeated")
}

// read gives what happens, in the order of the flags.
func (f *faults) read() ([]simulate.Fault, error) {
	var (
		all   []simulate.Fault
		wrong []error
	)
	for _, flag := range []struct {
		name, value string
		what        simulate.Deed
	}{{"crash-at", f.crash, simulate.Crash}, {"not-ready-at", f.notReady, simulate.NotReady}, {"abort-at", f.abort, simulate.Abort}} {
		if flag.value == "" {
			continue
		}
		fault, err := readPlace(flag.value)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("--%s %w", flag.name, err))
		}
		fault.What = flag.what
		all = append(all, fault)
	}
	for _, value := range f.scale {
		text, size, found := strings.Cut(value, "=")
		fault, err := readPlace(text)
		n, failed := strconv.ParseInt(size, 10, 32)
		if !found || err != nil || failed != nil || n < 0 {
			wrong = append(wrong, fmt.Errorf("--scale-at %q is not a weight and a number of pods; write for example --scale-at 25%%=8", value))
		}
		fault.What, fault.Size = simulate.Rescaled, int32(n)
		all = append(all, fault)
	}
	return all, errors.Join(wrong...)
}

// readPlace reads when something happens: at a weight, or in the bake.
func readPlace(text string) (simulate.Fault, error) {
	if text == "bake" {
		return simulate.Fault{At: rollout.Full, Bake: true}, nil
	}
	percent, err := strconv.ParseFloat(strings.TrimSuffix(text, "%"), 64)
	if err != nil || math.IsNaN(percent) || percent <= 0 || percent > 100 {
		return simulate.Fault{}, fmt.Errorf("%q is not a weight above 0 and at most 100, nor the bake; write for example 25%% or bake", text)
	}
	return simulate.Fault{At: rollout.Weight(math.Round(10 * percent))}, nil
}

// startup reads a time, or two with a hyphen between them.
func (f *faults) startup() (simulate.Range, error) {
	least, most, ranged := strings.Cut(f.ready, "-")
	if !ranged {
		most = least
	}
	from, err := time.ParseDuration(strings.TrimSpace(least))
	to, failed := time.ParseDuration(strings.TrimSpace(most))
	if err != nil || failed != nil || from < 0 || to < from {
		return simulate.Range{}, fmt.Errorf("--pods-ready-after %q is not a time; write for example 10s, or 10s-2m for a time that is drawn for each pod", f.ready)
	}
	return simulate.Range{Least: from, Most: to}, nil
}
