// SPDX-License-Identifier: Apache-2.0

package offline

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	appsv1 "k8s.io/api/apps/v1"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/plan"
	"github.com/serin-dev/serin/pkg/simulate"
)

// simulation is what the flags of simulate say.
type simulation struct {
	input
	format string
	faults faults
	load   load
	seed   uint64
	runs   int
}

// SimulateCommand plays a rollout in memory.
func SimulateCommand() *cobra.Command {
	var s simulation
	command := &cobra.Command{
		Use: "simulate [NAME] -f FILE...", Short: "Play a whole rollout in memory, with faults and modelled requests",
		Long: "Play a whole rollout in memory and print what the controller would say, line by line, and how it ends.\n" +
			"The controller's own packages decide; pods, people and requests are modelled. A step that waits for a person is passed at once.\n" +
			"With --rps the checks judge modelled requests by the controller's own rules; without it pod health alone is judged.\n" +
			"Requests come and fail independently of each other; PromQL is taken to be good. With --runs it is played many times,\n" +
			"and the odds are printed, with the median of how long after the canary's first traffic a check failed, and how many of\n" +
			"the canary's requests failed in the mean.",
		Example: "  # Does it roll back, and how many requests has the canary had by then?\n" +
			"  kubectl serin simulate -f shop.yaml --crash-at 25% --rps 50\n\n" +
			"  # Is a canary found that fails ten times as often, how soon, and in how many of a thousand rollouts?\n" +
			"  kubectl serin simulate -f shop.yaml --canary-error-rate 3% --stable-error-rate 0.3% --rps 50 --runs 1000\n\n" +
			"  # Is the deadline long enough for pods that take up to twelve minutes?\n" +
			"  kubectl serin simulate -f shop.yaml --pods-ready-after 30s-12m --runs 200",
		RunE: func(command *cobra.Command, names []string) error {
			scenario, err := s.scenario(command, names)
			if err != nil {
				return err
			}
			out := command.OutOrStdout()
			if s.runs > 1 {
				return s.odds(command.Context(), out, scenario)
			}
			return s.transcript(command.Context(), out, scenario)
		},
	}
	s.add(command)
	s.addImages(command)
	s.faults.add(command)
	s.load.add(command)
	s.load.addCanary(command)
	flags := command.Flags()
	flags.Uint64Var(&s.seed, "seed", 1, "`NUMBER` that all chance comes from; one number, one transcript")
	flags.IntVar(&s.runs, "runs", 1, "play it `N` times, with as many seeds, and print the odds")
	flags.StringVarP(&s.format, "output", "o", "", "`FORMAT` of the result: json; otherwise text")
	return command
}

// scenario checks all flags, and says everything that is wrong with them.
func (s *simulation) scenario(command *cobra.Command, names []string) (simulate.Scenario, error) {
	var wrong []string
	note := func(err error) {
		if err != nil {
			wrong = append(wrong, strings.Split(err.Error(), "\n")...)
		}
	}
	note(output(s.format, "json"))
	if s.runs < 1 {
		note(fmt.Errorf("--runs %d: play it at least once, for example --runs 1000", s.runs))
	}
	if len(s.files) == 0 {
		note(fmt.Errorf("nothing to read; type %s -f FILE", command.CommandPath()))
	}
	scenario := simulate.Scenario{Seed: s.seed}
	var err error
	scenario.Traffic, err = s.load.traffic(command)
	note(err)
	scenario.Faults, err = s.faults.read()
	note(err)
	scenario.Startup, err = s.faults.startup()
	note(err)
	if len(wrong) > 0 {
		return scenario, several("the simulation cannot begin", wrong)
	}
	return scenario, s.stage(command, names, &scenario)
}

// sampling is how often requests are counted.
const sampling = 10 * time.Second

// stage reads the files.
func (s *simulation) stage(command *cobra.Command, names []string, scenario *simulate.Scenario) error {
	k, err := s.read(command.InOrStdin(), namespace(command))
	if err != nil {
		return err
	}
	chosen, err := k.choose(names)
	if err != nil {
		return err
	}
	if len(chosen) > 1 {
		return fmt.Errorf("one Deployment at a time; name one of %s", k.listed())
	}
	wanted, err := s.wanted(chosen[0])
	if err != nil {
		return err
	}
	scenario.Target = optedIn(chosen[0])
	scenario.Others, _ = k.around(chosen[0])
	scenario.Wanted = plan.Wanted(chosen[0].Spec.Template)
	if wanted != nil {
		scenario.Wanted = *wanted
	}
	return nil
}

// optedIn is the Deployment as if it had opted in.
func optedIn(d *appsv1.Deployment) *appsv1.Deployment {
	d = d.DeepCopy()
	if d.Annotations == nil {
		d.Annotations = map[string]string{}
	}
	d.Annotations[annotations.Canary] = "true"
	return d
}

// prefix opens each line of a transcript, so that it is found among others.
const prefix = "serin: "

func (s *simulation) transcript(ctx context.Context, out io.Writer, scenario simulate.Scenario) error {
	result, err := simulate.Play(ctx, scenario)
	if err != nil {
		return fmt.Errorf("simulating Deployment %s: %w", scenario.Target.Name, err)
	}
	if s.format != "" {
		return encode(out, s.format, result)
	}
	var b strings.Builder
	for _, line := range result.Lines {
		text := "> " + line.Message
		if line.Reason != "" {
			text = fmt.Sprintf("%-11s %6s  %s: %s", line.Phase, line.Weight, line.Reason, line.Message)
		}
		fmt.Fprintf(&b, "%s%9s  %s\n", prefix, line.After, text)
	}
	for _, check := range result.Checks {
		fmt.Fprintf(&b, "%s%-12s  %s\n", prefix, check.Outcome, check.Evidence)
	}
	b.WriteString(prefix + s.verdict(result) + "\n")
	_, err = io.WriteString(out, b.String())
	return err
}

// verdict is the last line.
func (s *simulation) verdict(r simulate.Result) string {
	text := fmt.Sprintf("%s after %s", r.Outcome, r.Took)
	if r.Outcome != simulate.Promoted {
		text += fmt.Sprintf(": %s: %s", r.Reason, r.Message)
	}
	if all := r.Canary.Total + r.Stable.Total; all > 0 {
		text += fmt.Sprintf("; the canary got %.0f of %.0f requests, and %.0f of its own failed", r.Canary.Total, all, r.Canary.Bad)
	}
	if r.Detected != nil {
		text += fmt.Sprintf("; found %s after its first traffic", *r.Detected)
	}
	return text
}

func (s *simulation) odds(ctx context.Context, out io.Writer, scenario simulate.Scenario) error {
	odds, err := simulate.Repeat(ctx, scenario, s.runs)
	if err != nil {
		return fmt.Errorf("simulating Deployment %s: %w", scenario.Target.Name, err)
	}
	if s.format != "" {
		return encode(out, s.format, odds)
	}
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	requests := scenario.Traffic.RPS > 0
	heading := "Ended\tReason\tRuns\tOdds\tBetween\tFastest\tMedian\tSlowest"
	if requests {
		heading += "\tFound after\tFailed requests"
	}
	fmt.Fprintln(table, heading)
	for _, o := range odds {
		fmt.Fprintf(table, "%s\t%s\t%d\t%.1f%%\t%.1f%% and %.1f%%\t%s\t%s\t%s", o.Outcome, o.Reason, o.Runs, o.Percent, o.Low, o.High,
			o.Fastest, o.Median, o.Slowest)
		if requests {
			found := "-"
			if o.Detection != nil {
				found = o.Detection.String()
			}
			fmt.Fprintf(table, "\t%s\t%.1f", found, o.Failed)
		}
		fmt.Fprintln(table)
	}
	return table.Flush()
}
