// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/cli/cluster"
	"github.com/serin-dev/serin/pkg/cli/live"
	"github.com/serin-dev/serin/pkg/cli/model"
	"github.com/serin-dev/serin/pkg/cli/view"
	"github.com/serin-dev/serin/pkg/rollout"
)

const statusLong = `Show where the rollout of a Deployment stands: what the controller last said and what would let it go on, the steps,
the routes with their weights, the pods of both versions, and the last Events.

With -w the view is drawn again whenever something changes; q ends it. Where the output is no terminal, or with -o json,
each change is one line or one object.

With --wait it ends when the wanted template serves everybody (exit code 0), was rolled back (1), or the time is up (2).
An older word about another template does not count: just after a change it waits until the controller has answered.`

// statusFlags are what the command status is told.
type statusFlags struct {
	format  output
	watch   bool
	wait    bool
	timeout time.Duration
}

func statusCommand(around Surroundings, connect connector) *cobra.Command {
	var s statusFlags
	command := &cobra.Command{
		Use: "status NAME [-w]", Short: "Show where the rollout of a Deployment stands, and why", Long: statusLong,
		Example: "  kubectl serin status shop -n shop\n\n  # Live\n  kubectl serin status shop -w\n\n" +
			"  # Wait for the end in a script, after kubectl apply\n  kubectl serin status shop --wait --timeout 1h\n\n" +
			"  # One word\n  kubectl serin status shop -o jsonpath='{.phase}'",
		Args: oneName, ValidArgsFunction: completeName(connect),
		RunE: func(command *cobra.Command, args []string) error {
			if err := s.check(); err != nil {
				return err
			}
			c, err := connect()
			if err != nil {
				return err
			}
			ctx := command.Context()
			if s.timeout > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeoutCause(ctx, s.timeout, cluster.ErrTimeout)
				defer cancel()
			}
			return s.ended(s.do(ctx, command, around, c, args[0]), args[0])
		},
	}
	flags := command.Flags()
	flags.BoolVarP(&s.watch, "watch", "w", false, "draw it again whenever something changes")
	flags.BoolVar(&s.wait, "wait", false, "end when the wanted template is promoted (0) or rolled back (1)")
	flags.DurationVar(&s.timeout, "timeout", 0, "with --wait or -w, the longest `TIME` to go on (exit code 2); 0 is no limit")
	s.format.add(command)
	return command
}

func (s *statusFlags) check() error {
	if err := s.format.check(); err != nil {
		return err
	}
	if s.watch && s.format.data() && s.format.format != "json" {
		return fmt.Errorf("-w prints lines or -o json, and no %s", s.format.format)
	}
	if s.timeout > 0 && !s.wait && !s.watch {
		return errors.New("--timeout goes with --wait or -w")
	}
	return nil
}

func (s *statusFlags) do(ctx context.Context, command *cobra.Command, around Surroundings, c *cluster.Cluster, name string) error {
	out := command.OutOrStdout()
	first, err := s.first(ctx, c, name)
	if err != nil {
		return err
	}
	switch {
	case s.watch && terminal(out) != nil && !s.format.data():
		return s.judge(live.Run(ctx, c, name, around.frame(out, c), command.InOrStdin(), out, s.wait))
	case s.watch:
		return s.lines(ctx, command, c, name)
	case s.wait:
		if first, err = s.await(ctx, command, c, name); err != nil {
			return err
		}
	}
	return s.judge(first.Outcome, s.print(out, around.frame(out, c), first))
}

func (s *statusFlags) print(out io.Writer, frame view.Frame, r model.Rollout) (err error) {
	switch {
	case s.format.data():
		return s.format.print(out, r, []string{r.Name})
	case s.wait:
		_, err = fmt.Fprintln(out, view.Line(r))
	default:
		_, err = fmt.Fprint(out, frame.Status(r))
	}
	return err
}

// judge has the exit code of --wait tell of a rollback.
func (s *statusFlags) judge(outcome model.Outcome, err error) error {
	switch {
	case err != nil || !s.wait || outcome == model.Promoted:
		return err
	case outcome == model.RolledBack:
		return &Ended{Code: 1}
	}
	return context.Canceled // a person has seen enough of the live view
}

// first refuses a Deployment that has not opted in, unless it is being let go.
func (s *statusFlags) first(ctx context.Context, c *cluster.Cluster, name string) (model.Rollout, error) {
	target, err := c.Target(ctx, name)
	if err != nil {
		return model.Rollout{}, err
	}
	letGo := model.PhaseOf(target) != "" && model.PhaseOf(target) != rollout.Idle && target.Annotations[annotations.Rollout] != ""
	if !annotations.OptedIn(target.Annotations) && (!letGo || s.wait) {
		return model.Rollout{}, c.NotOptedIn(target)
	}
	return model.Of(c.Read(ctx, target), c.Now()), nil
}

// await follows the Deployment alone: everything else is read once, at the end.
func (s *statusFlags) await(ctx context.Context, command *cobra.Command, c *cluster.Cluster, name string) (model.Rollout, error) {
	var end model.Rollout
	lost := false
	err := c.Follow(ctx, name, func(step cluster.Step) (bool, error) {
		if step.Trouble != nil {
			if !lost {
				fmt.Fprintf(command.ErrOrStderr(), "The API server does not answer, and is asked again every second: %v\n", step.Trouble)
			}
			lost = true
			return false, nil
		}
		lost = false
		if !annotations.OptedIn(step.Target.Annotations) {
			return false, c.NotOptedIn(step.Target)
		}
		if !c.Judge(ctx, step.Target).OutcomeOf().Over() {
			return false, nil
		}
		end = model.Of(c.Read(ctx, step.Target), c.Now())
		return end.Outcome.Over(), nil
	})
	return end, err
}

// lines prints a line or an object for each change that can be seen in it.
func (s *statusFlags) lines(ctx context.Context, command *cobra.Command, c *cluster.Cluster, name string) error {
	var last string
	out := command.OutOrStdout()
	var outcome model.Outcome
	err := c.Watch(ctx, name, func(r model.Rollout, trouble error) (bool, error) {
		if trouble != nil {
			fmt.Fprintf(command.ErrOrStderr(), "The API server does not answer: %v\n", trouble)
			return false, nil
		}
		line := view.Line(r)
		if line == last {
			return false, nil
		}
		last, outcome = line, r.Outcome
		over := s.wait && r.Outcome.Over()
		if s.format.data() {
			return over, printLine(out, r)
		}
		_, err := fmt.Fprintf(out, "%s %s\n", c.Now().UTC().Format(time.TimeOnly), line)
		return over, err
	})
	return s.judge(outcome, err)
}

// ended tells of the time that is up; a person who interrupts has seen enough.
func (s *statusFlags) ended(err error, name string) error {
	switch {
	case errors.Is(err, cluster.ErrTimeout) && s.wait:
		return &Ended{timedOut, fmt.Errorf("%s is neither promoted nor rolled back after %s", name, s.timeout)}
	case errors.Is(err, cluster.ErrTimeout), errors.Is(err, context.Canceled) && s.watch && !s.wait:
		return nil
	case errors.Is(err, context.Canceled):
		return &Ended{interrupted, errors.New("interrupted")}
	}
	return err
}
