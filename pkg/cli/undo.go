// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/pkg/cli/cluster"
	"github.com/serin-dev/serin/pkg/cli/model"
	"github.com/serin-dev/serin/pkg/cli/orders"
)

func undoCommand(connect connector) *cobra.Command {
	var w waiting
	command := &cobra.Command{
		Use: "undo NAME", Short: "Put the stable template back into the Deployment",
		Long: "Put the template that serves users back into the Deployment. A rollout under way is cancelled, a rejected template is forgotten.\n" +
			"'kubectl rollout undo' refuses to work on a paused Deployment, which one with a held template is.",
		Example: "  kubectl serin undo shop -n shop",
		Args:    oneName, ValidArgsFunction: completeName(connect),
		RunE: func(command *cobra.Command, args []string) error {
			c, err := connect()
			if err != nil {
				return err
			}
			changed, err := orders.Undo(command.Context(), c, args[0], command.OutOrStdout())
			if err != nil || !changed || w.none {
				return err
			}
			return awaitRest(command.Context(), c, args[0], w, command.OutOrStdout())
		},
	}
	w.add(command)
	return command
}

// awaitRest waits until the controller says that the template serves everybody.
func awaitRest(ctx context.Context, c *cluster.Cluster, name string, w waiting, out io.Writer) error {
	limited, cancel := context.WithTimeoutCause(ctx, w.timeout, cluster.ErrTimeout)
	defer cancel()
	err := c.Follow(limited, name, func(step cluster.Step) (bool, error) {
		return step.Target != nil && c.Judge(limited, step.Target).OutcomeOf() == model.Promoted, nil
	})
	if errors.Is(err, cluster.ErrTimeout) {
		return &Ended{timedOut, fmt.Errorf("%s is not at rest after %s; to follow it: kubectl serin status %s%s -w", name, w.timeout, name, c.Where)}
	}
	if err == nil {
		_, err = fmt.Fprintln(out, "It serves everybody; nothing of the rollout is left.")
	}
	return err
}
