// SPDX-License-Identifier: Apache-2.0

package live

import (
	"context"
	"errors"
	"fmt"
	"io"

	tea "charm.land/bubbletea/v2"

	"github.com/serin-dev/serin/pkg/cli/cluster"
	"github.com/serin-dev/serin/pkg/cli/model"
	"github.com/serin-dev/serin/pkg/cli/view"
)

// Run draws the rollout until a person has seen enough, or, where its end is
// waited for, until it is over. It gives the outcome that was drawn last.
func Run(ctx context.Context, c *cluster.Cluster, name string, frame view.Frame, in io.Reader, out io.Writer, wait bool) (model.Outcome, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	program := tea.NewProgram(screen{frame: frame, now: c.Now}, tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(out), tea.WithoutSignalHandler())
	var outcome model.Outcome
	ended := make(chan error, 1)
	go func() {
		err := c.Watch(ctx, name, func(r model.Rollout, trouble error) (bool, error) {
			outcome = r.Outcome
			program.Send(seen{r, trouble})
			return wait && trouble == nil && r.Outcome.Over(), nil
		})
		program.Send(over{})
		ended <- err
	}()
	_, err := program.Run()
	cause := context.Cause(ctx) // of an end that came from outside
	cancel()
	watched := <-ended
	switch {
	case cause != nil:
		return outcome, cause
	case watched != nil && !errors.Is(watched, context.Canceled):
		return outcome, watched
	case err != nil:
		return outcome, fmt.Errorf("drawing the view: %w", err)
	}
	return outcome, nil
}
