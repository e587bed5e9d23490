// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/pkg/annotations"
)

// completeFor is the longest that a shell is kept waiting.
const completeFor = 2 * time.Second

// completeName proposes the Deployments that opted in. A cluster that cannot be
// asked proposes nothing, and says nothing: the person is still typing.
func completeName(connect connector) cobra.CompletionFunc {
	return func(command *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		c, err := connect()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(command.Context(), completeFor)
		defer cancel()
		opted, err := c.List(ctx, c.Namespace)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var names []cobra.Completion
		for _, d := range opted {
			if strings.HasPrefix(d.Name, typed) {
				names = append(names, d.Name)
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeStep proposes the name, and then the steps that wait for a person.
func completeStep(connect connector) cobra.CompletionFunc {
	name := completeName(connect)
	return func(command *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) != 1 {
			return name(command, args, typed)
		}
		c, err := connect()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(command.Context(), completeFor)
		defer cancel()
		target, err := c.Opted(ctx, args[0])
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		plan, _ := annotations.Read(target.Annotations)
		var steps []cobra.Completion
		for _, step := range plan.Steps {
			if weight := strings.TrimSuffix(step.Weight.String(), "%"); step.Pause && strings.HasPrefix(weight, typed) {
				steps = append(steps, weight)
			}
		}
		return steps, cobra.ShellCompDirectiveNoFileComp
	}
}
