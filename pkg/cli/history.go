// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/pkg/cli/story"
	"github.com/serin-dev/serin/pkg/record"
)

func historyCommand(connect connector) *cobra.Command {
	format := ""
	command := &cobra.Command{
		Use: "history NAME", Short: "List past rollouts: when, revision, image, outcome, duration, the worst that was seen",
		Long: "List the last ten rollouts from the Deployment's record, the newest last, and the one under way.\n" +
			"PEAK is the highest weight that the canary had, WORST what it failed by or the last evidence that it was judged on.",
		Example: "  kubectl serin history shop -n shop\n\n  # What rollout 3 of the list was about\n  kubectl serin explain shop --rollout 3",
		Args:    oneName,
		RunE: func(command *cobra.Command, args []string) error {
			all, frame, err := recorded(command, connect, args[0], format)
			if err != nil {
				return err
			}
			if format == "json" {
				return asJSON(command.OutOrStdout(), record.Record{Version: record.Version, Rollouts: all})
			}
			_, err = io.WriteString(command.OutOrStdout(), story.History(frame, all))
			return err
		},
	}
	command.Flags().StringVarP(&format, "output", "o", "", "print as `FORMAT`: json")
	return command
}
