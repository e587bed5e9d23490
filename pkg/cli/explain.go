// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/pkg/cli/story"
	"github.com/serin-dev/serin/pkg/record"
)

func explainCommand(around Surroundings, connect connector) *cobra.Command {
	number, format := 1, output{}
	command := &cobra.Command{
		Use: "explain NAME", Short: "Tell the story of a rollout: each move, its evidence, what was written",
		Long: "Tell the story of a rollout from the Deployment's record: each move with its reason, its evidence and what was written, how long each wait was, " +
			"and of a canary that failed its last words.\nThe rollout under way, or the last one, is number 1; 'kubectl serin history' has the numbers of those before.",
		Example:           "  kubectl serin explain shop -n shop\n\n  # The one before\n  kubectl serin explain shop --rollout 2",
		Args:              oneName,
		ValidArgsFunction: completeName(connect),
		RunE: func(command *cobra.Command, args []string) error {
			all, frame, err := around.recorded(command, connect, args[0], &format)
			if err != nil {
				return err
			}
			if number < 1 || number > len(all) {
				return fmt.Errorf("there is no rollout %d of %s; its record has %d, of which 1 is the newest", number, args[0], len(all))
			}
			one := all[len(all)-number]
			if format.data() {
				return format.print(command.OutOrStdout(), one, []string{args[0]})
			}
			_, err = io.WriteString(command.OutOrStdout(), story.Explain(frame, one, number, len(all)))
			return err
		},
	}
	command.Flags().IntVar(&number, "rollout", 1, "`NUMBER` of the rollout, counted back from the newest")
	format.add(command)
	return command
}

func historyCommand(around Surroundings, connect connector) *cobra.Command {
	format := output{}
	command := &cobra.Command{
		Use: "history NAME", Short: "List past rollouts: when, revision, image, outcome, duration, the worst that was seen",
		Long: "List the last ten rollouts from the Deployment's record, the newest last, and the one under way.\n" +
			"PEAK is the highest weight that the canary had, WORST what it failed by or the last evidence that it was judged on.",
		Example:           "  kubectl serin history shop -n shop\n\n  # What rollout 3 of the list was about\n  kubectl serin explain shop --rollout 3",
		Args:              oneName,
		ValidArgsFunction: completeName(connect),
		RunE: func(command *cobra.Command, args []string) error {
			all, frame, err := around.recorded(command, connect, args[0], &format)
			if err != nil {
				return err
			}
			if format.data() {
				return format.print(command.OutOrStdout(), record.Record{Version: record.Version, Rollouts: all}, []string{args[0]})
			}
			_, err = io.WriteString(command.OutOrStdout(), story.History(frame, all))
			return err
		},
	}
	format.add(command)
	return command
}

// recorded reads all rollouts that are known, the newest last; there is at least one.
func (s Surroundings) recorded(command *cobra.Command, connect connector, name string, format *output) ([]record.Rollout, story.Frame, error) {
	if err := format.check(); err != nil {
		return nil, story.Frame{}, err
	}
	c, err := connect()
	if err != nil {
		return nil, story.Frame{}, err
	}
	all, gap, err := c.Rollouts(command.Context(), name)
	if gap != "" {
		fmt.Fprintln(command.ErrOrStderr(), "Not shown:", gap)
	}
	return all, story.Frame{Name: c.Namespace + "/" + name, Now: s.Now(), Width: s.frame(command.OutOrStdout(), c).Width}, err
}
