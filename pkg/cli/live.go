// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/pkg/cli/cluster"
	"github.com/serin-dev/serin/pkg/cli/model"
	"github.com/serin-dev/serin/pkg/cli/view"
)

// screen is the live view: the frame of package view, drawn again for each
// change and each second of a countdown. It decides nothing.
type screen struct {
	frame   view.Frame
	height  int
	now     func() time.Time
	known   bool
	rollout model.Rollout
	trouble error
	since   time.Time // of the trouble
	over    bool      // it ends, and the last view stays
}

// seen is news of the rollout, or that there is none.
type seen struct {
	rollout model.Rollout
	trouble error
}

type second struct{}

// over ends the view.
type over struct{}

func tick() tea.Cmd { return tea.Tick(time.Second, func(time.Time) tea.Msg { return second{} }) }

// Init implements tea.Model.
func (s screen) Init() tea.Cmd { return tick() }

// Update implements tea.Model.
func (s screen) Update(message tea.Msg) (tea.Model, tea.Cmd) {
	switch m := message.(type) {
	case tea.WindowSizeMsg:
		s.frame.Width, s.height = m.Width, m.Height
	case tea.KeyPressMsg:
		if key := m.String(); key == "q" || key == "esc" || key == "ctrl+c" {
			s.over = true
			return s, tea.Quit
		}
	case second:
		return s, tick()
	case over:
		s.over = true
		return s, tea.Quit
	case seen:
		if m.trouble != nil && s.trouble == nil {
			s.since = s.now()
		}
		s.trouble = m.trouble
		if m.rollout.Name != "" {
			s.rollout, s.known = m.rollout, true
		}
	}
	return s, nil
}

// View implements tea.Model.
func (s screen) View() tea.View {
	if !s.known {
		return tea.NewView("Reading …\n")
	}
	s.frame.Now = s.now()
	text := s.frame.Status(s.rollout)
	if s.trouble != nil {
		text = fmt.Sprintf("The API server does not answer since %s; what follows was known before.\n\n", s.since.UTC().Format(time.TimeOnly)) + text
	}
	if s.over {
		return tea.NewView(text)
	}
	return tea.NewView(fit(text, s.height-1) + "q: quit")
}

// fit cuts what does not fit on the screen, and says so: its top is what matters.
func fit(text string, height int) string {
	lines := strings.SplitAfter(text, "\n")
	if height <= 1 || len(lines) <= height {
		return text
	}
	return strings.Join(lines[:height-1], "") + fmt.Sprintf("… %d more lines\n", len(lines)-height)
}

// live draws the rollout until a person has seen enough, or it is over.
func (s *statusFlags) live(ctx context.Context, command *cobra.Command, around Surroundings, c *cluster.Cluster, name string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	begin := screen{frame: around.frame(command.OutOrStdout(), c), now: c.Now}
	program := tea.NewProgram(begin, tea.WithContext(ctx), tea.WithInput(command.InOrStdin()), tea.WithOutput(command.OutOrStdout()), tea.WithoutSignalHandler())
	var outcome model.Outcome
	ended := make(chan error, 1)
	go func() {
		err := c.Watch(ctx, name, func(r model.Rollout, trouble error) (bool, error) {
			outcome = r.Outcome
			program.Send(seen{r, trouble})
			return s.wait && trouble == nil && r.Outcome.Over(), nil
		})
		program.Send(over{})
		ended <- err
	}()
	_, err := program.Run()
	cancel()
	watched := <-ended
	switch {
	case watched != nil && !errors.Is(watched, context.Canceled):
		return watched
	case err != nil && !errors.Is(err, tea.ErrProgramKilled) && !errors.Is(err, context.Canceled):
		return fmt.Errorf("drawing the view: %w", err)
	case s.wait && !outcome.Over():
		return context.Canceled
	case s.wait && outcome == model.RolledBack:
		return &Ended{Code: 1}
	}
	return nil
}
