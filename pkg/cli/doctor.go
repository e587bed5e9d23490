// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/pkg/cli/doctor"
)

func doctorCommand(around Surroundings, connect connector) *cobra.Command {
	var (
		format     output
		everywhere bool
		options    doctor.Options
	)
	command := &cobra.Command{
		Use: "doctor [-A]", Short: "Look at everything that rollouts rely on",
		Long: "Look at the guard, the controller and its permissions, the mesh, Prometheus, and the Deployments that opted in, with their Services, routes,\n" +
			"autoscalers and budgets; say of each finding what to do. It changes nothing. The exit code is 1 when something is broken.",
		Example: "  kubectl serin doctor -n shop\n\n  # Everything\n  kubectl serin doctor -A",
		Args:    cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if err := format.check(); err != nil {
				return err
			}
			c, err := connect()
			if err != nil {
				return err
			}
			if options.Namespace = c.Namespace; everywhere {
				options.Namespace = ""
			}
			findings := doctor.Examine(command.Context(), c, options)
			out := command.OutOrStdout()
			if format.data() {
				err = format.print(out, map[string]any{"findings": findings}, nil)
			} else {
				_, err = fmt.Fprint(out, around.frame(out, c).Findings(findings))
			}
			if err == nil && doctor.IsBroken(findings) {
				err = doctor.ErrBroken
			}
			return err
		},
	}
	flags := command.Flags()
	flags.BoolVarP(&everywhere, "all-namespaces", "A", false, "look at the Deployments of all namespaces")
	flags.StringVar(&options.Controller, "controller-namespace", "serin-system", "`NAMESPACE` of the controller")
	flags.StringVar(&options.Account, "controller-account", "serin", "`NAME` of the controller's ServiceAccount")
	format.add(command)
	return command
}
