// SPDX-License-Identifier: Apache-2.0

// Package live draws the view of a rollout on a terminal, again for each change
// and each second of a countdown. It decides nothing: package view draws, and
// package cluster tells what there is to draw.
package live

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/serin-dev/serin/pkg/cli/model"
	"github.com/serin-dev/serin/pkg/cli/view"
)

// screen is what the terminal shows.
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

// second passes, so that a countdown goes on.
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
		return s.press(m.String())
	case second:
		return s, tick()
	case over:
		s.over = true
		return s, tea.Quit
	case seen:
		return s.learn(m), nil
	}
	return s, nil
}

func (s screen) press(key string) (tea.Model, tea.Cmd) {
	if key == "q" || key == "esc" || key == "ctrl+c" {
		s.over = true
		return s, tea.Quit
	}
	return s, nil
}

func (s screen) learn(news seen) screen {
	if news.trouble != nil && s.trouble == nil {
		s.since = s.now()
	}
	s.trouble = news.trouble
	if news.rollout.Name != "" {
		s.rollout, s.known = news.rollout, true
	}
	return s
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
