// SPDX-License-Identifier: Apache-2.0

package offline

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	appsv1 "k8s.io/api/apps/v1"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/observe"
	"github.com/serin-dev/serin/pkg/plan"
	"github.com/serin-dev/serin/pkg/rollout"
)

// planning are the flags of plan.
type planning struct {
	input
	load    load
	present present
	format  string
	server  bool
}

// PlanCommand says beforehand what rollouts will do.
func PlanCommand(connect Connect) *cobra.Command {
	p := &planning{}
	command := &cobra.Command{
		Use: "plan [NAME...] -f FILE...", Short: "Say beforehand what a rollout will do, step by step",
		Long: "Say beforehand what a rollout will do: for each step the objects that it creates, the exact differences that it makes to\n" +
			"VirtualServices, the pods that it needs and the time that it takes; and what is in the way, and what cannot be split.\n" +
			"The controller's own packages play the rollout in memory, with pods that are available at once.\n\n" +
			"The files have the Deployments as they serve, and what is around them. With --server the cluster has that, and a Deployment\n" +
			"in a file is what is wanted next. With --rps it says of each step and each comparison with stable how much worse a canary has\n" +
			"to be to be found within the step, and how long it takes to find one that is two, three or ten times as bad. With --prometheus\n" +
			"it says so by the requests that the Deployment gets now, as the controller would count them; --stable-error-rate takes the\n" +
			"place of the failures that were counted.",
		Example: "  kubectl serin plan -f shop.yaml -f istio.yaml --new-image shop=registry.example/shop:v2\n\n" +
			"  # What would applying this file do here and now?\n  kubectl serin plan -f shop.yaml --server -n web\n\n" +
			"  # Do the steps take long enough to find anything?\n  kubectl serin plan -f shop.yaml --rps 50 --stable-error-rate 0.3%\n\n" +
			"  # The same at the present traffic\n  kubectl serin plan -f shop.yaml --prometheus http://localhost:9090 --over 1h\n\n" +
			"  # A Deployment that has not opted in yet\n  kubectl serin plan shop --server -n web",
		RunE: func(command *cobra.Command, names []string) error { return p.run(command, names, connect) },
	}
	p.add(command)
	p.addImages(command)
	p.load.add(command)
	p.present.add(command)
	command.Flags().BoolVar(&p.server, "server", false, "read what serves, and everything around it, from the cluster")
	command.Flags().StringVarP(&p.format, "output", "o", "", "`FORMAT` of the plan: json or yaml; otherwise text")
	return command
}

func (p *planning) run(command *cobra.Command, names []string, connect Connect) error {
	if err := output(p.format, "json", "yaml"); err != nil {
		return err
	}
	ask, problems := p.present.wanted(command)
	users, err := p.load.reach(command, ask, problems)
	if err != nil {
		return err
	}
	inputs, err := p.plans(command, names, p.server, connect)
	if err != nil {
		return err
	}
	if ask {
		if err := p.present.count(command.Context(), inputs); err != nil {
			return err
		}
	}
	for i := range inputs {
		inputs[i].Load = users.instead(inputs[i].Load)
	}
	return makePlans(command.Context(), command.OutOrStdout(), p.format, inputs)
}

// plans gathers what each plan is made from.
func (in *input) plans(command *cobra.Command, names []string, server bool, connect Connect) ([]plan.Input, error) {
	if server {
		reader, place, err := connect()
		if err != nil {
			return nil, err
		}
		c := cluster{reader: reader, namespace: place}
		return c.plans(command.Context(), in, names, command.InOrStdin())
	}
	if len(in.files) == 0 {
		return nil, fmt.Errorf("nothing to read; type %s -f FILE, or %s NAME --server", command.CommandPath(), command.CommandPath())
	}
	k, err := in.read(command.InOrStdin(), namespace(command))
	if err != nil {
		return nil, err
	}
	chosen, err := k.choose(names)
	if err != nil {
		return nil, err
	}
	var inputs []plan.Input
	for _, target := range chosen {
		wanted, err := in.wanted(target)
		if err != nil {
			return nil, err
		}
		others, notes := k.around(target)
		inputs = append(inputs, plan.Input{Target: target, Others: others, Wanted: wanted, Notes: append(notes, offlineNotes(k, target)...)})
	}
	return inputs, nil
}

// offlineNotes say what files alone cannot tell of a Deployment: whether it is
// in the mesh, where neither its annotations nor a VirtualService say so.
func offlineNotes(k known, target *appsv1.Deployment) []string {
	if traffic := target.Annotations[annotations.Traffic]; traffic != "" && traffic != string(rollout.Auto) {
		return nil
	}
	for _, object := range k.objects {
		routes := object.GetObjectKind().GroupVersionKind().Kind == observe.VirtualServiceKind.Kind
		if routes || object.GetName() == target.Namespace && object.GetNamespace() == "" {
			return nil
		}
	}
	return []string{fmt.Sprintf("Namespace %s is not in the files, so whether it asks for Istio's injection is not known; give its file with -f, too, or set %s",
		target.Namespace, annotations.Traffic)}
}

// makePlans prints all plans. One that cannot come to its end makes the command fail, at last.
func makePlans(ctx context.Context, out io.Writer, format string, inputs []plan.Input) error {
	plans := []plan.Plan{}
	var stopped []string
	for _, input := range inputs {
		p, err := plan.Make(ctx, input)
		if err != nil {
			return fmt.Errorf("planning Deployment %s: %w", input.Target.Name, err)
		}
		plans = append(plans, p)
		if p.StoppedBy != "" {
			stopped = append(stopped, fmt.Sprintf("the rollout of Deployment %s would not come to its end: %s", p.Deployment, p.StoppedBy))
		}
	}
	if err := printPlans(out, format, plans); err != nil {
		return err
	}
	if len(stopped) > 0 {
		return several("not every rollout would come to its end", stopped)
	}
	return nil
}

func printPlans(out io.Writer, format string, plans []plan.Plan) error {
	if format != "" {
		return encode(out, format, plans)
	}
	for i, p := range plans {
		if i > 0 {
			fmt.Fprintln(out)
		}
		if err := p.Print(out); err != nil {
			return err
		}
	}
	return nil
}
