// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/pkg/cli/orders"
)

// answerFor is how long an answer is waited for. A controller that runs answers
// within a second.
const answerFor = 30 * time.Second

// waiting is the flags of a command that waits for an answer.
type waiting struct {
	timeout time.Duration
	none    bool
}

func (w *waiting) add(command *cobra.Command) {
	command.Flags().DurationVar(&w.timeout, "timeout", answerFor, "longest `TIME` to wait for the controller's answer; without one it ends with 2")
	command.Flags().BoolVar(&w.none, "no-wait", false, "do not wait for the controller's answer")
}

func (w *waiting) wait() orders.Wait {
	if w.none {
		return 0
	}
	return orders.Wait(w.timeout)
}

// give gives the order, and has the exit code tell of an answer that did not come.
func (w *waiting) give(command *cobra.Command, connect connector, name string, order orders.Order) error {
	c, err := connect()
	if err != nil {
		return err
	}
	err = order.Give(command.Context(), c, name, w.wait(), command.OutOrStdout())
	if errors.Is(err, orders.ErrNoAnswer) {
		return &Ended{timedOut, err}
	}
	return err
}

// simple are the commands that take nothing but the name.
var simple = []struct {
	use, short, long, example string
	order                     func() orders.Order
}{
	{"abort NAME", "Roll back: all traffic to stable, then the canary goes",
		"Send all traffic back to the stable version and reject the new template. It stays rejected until it changes or is retried.",
		"  kubectl serin abort shop -n shop", orders.Abort},
	{"pause NAME", "Hold the rollout where it is",
		"Hold the rollout at the weight that it has, until it is resumed. Where none is under way, the next one stands still at its beginning.",
		"  kubectl serin pause shop -n shop", orders.Pause},
	{"resume NAME", "Take back a pause",
		"Take back a pause that was asked for with 'kubectl serin pause'.\nA step of the plan that waits for a person is passed with 'kubectl serin approve'.",
		"  kubectl serin resume shop -n shop", orders.Resume},
	{"retry NAME", "Try a template again that was rolled back",
		"Begin a new rollout of the template that was rolled back, or of one that failed and waits (on-failure: pause), from the first step.",
		"  kubectl serin retry shop -n shop", orders.Retry},
}

func orderCommands(connect connector) []*cobra.Command {
	all := []*cobra.Command{promoteCommand(connect), approveCommand(connect)}
	for _, s := range simple {
		var w waiting
		command := &cobra.Command{
			Use: s.use, Short: s.short, Long: s.long, Example: s.example, Args: oneName, ValidArgsFunction: completeName(connect),
			RunE: func(command *cobra.Command, args []string) error { return w.give(command, connect, args[0], s.order()) },
		}
		w.add(command)
		all = append(all, command)
	}
	return all
}

func promoteCommand(connect connector) *cobra.Command {
	var w waiting
	var full bool
	command := &cobra.Command{
		Use: "promote NAME [--full]", Short: "Pass the step under way, or with --full all that are left",
		Long: "Pass the step or the bake under way without waiting for its time, or for the person that it waits for.\n" +
			"With --full pass all steps that are left: the canary's template is promoted as soon as that can be done without failing a request.",
		Example: "  # Go on from the step under way, whichever that is\n  kubectl serin promote shop\n\n" +
			"  # Promote now\n  kubectl serin promote shop --full -n shop",
		Args: oneName, ValidArgsFunction: completeName(connect),
		RunE: func(command *cobra.Command, args []string) error {
			order := orders.PromoteStep()
			if full {
				order = orders.PromoteFull()
			}
			return w.give(command, connect, args[0], order)
		},
	}
	command.Flags().BoolVar(&full, "full", false, "pass all steps that are left")
	w.add(command)
	return command
}

func approveCommand(connect connector) *cobra.Command {
	var w waiting
	command := &cobra.Command{
		Use: "approve NAME STEP", Short: "Let one step pass that waits for a person, and no other",
		Long: "Let the step pass that waits for a person at the weight STEP, written as in the plan.\n" +
			"It is refused where another step is under way, also if that came about a moment ago: two people cannot approve one step after the other by accident.",
		Example: "  # The plan says: 5, 25:10m, 50:pause, 100\n  kubectl serin approve shop 50",
		Args: func(command *cobra.Command, args []string) error {
			if len(args) != 2 {
				return fmt.Errorf("name the Deployment and the step that it waits at: %s NAME STEP, for example shop 50", command.CommandPath())
			}
			return nil
		},
		ValidArgsFunction: completeStep(connect),
		RunE: func(command *cobra.Command, args []string) error {
			order, err := orders.Approve(args[1])
			if err != nil {
				return err
			}
			return w.give(command, connect, args[0], order)
		},
	}
	w.add(command)
	return command
}
