// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/pkg/cli/cluster"
	"github.com/serin-dev/serin/pkg/cli/model"
)

func listCommand(around Surroundings, connect connector) *cobra.Command {
	var everywhere bool
	format := output{wide: true}
	command := &cobra.Command{
		Use: "list [-A]", Aliases: []string{"ls"}, Short: "List the Deployments that opted in, and where their rollouts stand",
		Long: "List every Deployment that opted in: its phase, the step under way, the canary's weight as wanted and as observed, the verdict, for how long, and the reason.\n" +
			"VERDICT is what the checks said last of the rollout under way: passed, failed, inconclusive, or \"pods only\" where no check judges it.\n" +
			"\"(held)\" means that the wanted template waits, and that the controller has not answered yet.",
		Example: "  kubectl serin list\n\n  # Everywhere, with images and messages\n  kubectl serin list -A -o wide",
		Args:    cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if err := format.check(); err != nil {
				return err
			}
			c, err := connect()
			if err != nil {
				return err
			}
			namespace := c.Namespace
			if everywhere {
				namespace = ""
			}
			all, gaps, err := survey(command.Context(), c, namespace)
			if err != nil {
				return err
			}
			if err := around.printList(command, c, all, everywhere, format); err != nil {
				return err
			}
			for _, gap := range gaps {
				fmt.Fprintln(command.ErrOrStderr(), "Not shown:", gap)
			}
			return nil
		},
	}
	command.Flags().BoolVarP(&everywhere, "all-namespaces", "A", false, "in all namespaces")
	format.add(command)
	return command
}

func (s Surroundings) printList(command *cobra.Command, c *cluster.Cluster, all []model.Rollout, everywhere bool, format output) error {
	out := command.OutOrStdout()
	switch {
	case format.data():
		var names []string
		for _, r := range all {
			names = append(names, r.Name)
		}
		return format.print(out, map[string]any{"items": all}, names)
	case len(all) == 0:
		place := "in namespace " + c.Namespace
		if everywhere {
			place = "in any namespace"
		}
		_, err := fmt.Fprintf(command.ErrOrStderr(), "No Deployment %s has opted in; to opt one in: kubectl annotate deployment NAME%s serin.dev/canary=true\n", place, c.Where)
		return err
	}
	_, err := fmt.Fprint(out, s.frame(out, c).List(all, everywhere, format.format == "wide"))
	return err
}

// survey reads all that the table shows with a few requests, however many
// Deployments there are.
func survey(ctx context.Context, c *cluster.Cluster, namespace string) ([]model.Rollout, []string, error) {
	opted, err := c.List(ctx, namespace)
	if err != nil || len(opted) == 0 {
		return []model.Rollout{}, nil, err
	}
	shared, gaps := c.Shared(ctx, namespace)
	all := make([]model.Rollout, 0, len(opted))
	for i := range opted {
		all = append(all, model.Of(shared.Of(&opted[i]), c.Now()))
	}
	return all, gaps, nil
}
