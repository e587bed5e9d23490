// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	eventsv1 "k8s.io/api/events/v1"
)

// patience is how long an act may take. It plays for about twenty seconds; a busy machine takes longer.
const patience = 2 * time.Minute

// story follows one namespace and prints a line for each move.
type story struct {
	*cluster
	out       *paper
	namespace string
	changes   <-chan news
	began     time.Time

	now     look // as of the last news
	noticed look // as of the last sightings
	shown   look // as of the last line
	last    *eventsv1.Event
	weights []string // of the canary in the VirtualService, in the order in which the watch told of them
	reasons []string // of Serin's Events, in their order
}

func (c *cluster) follow(ctx context.Context, out *paper, namespace string) (*story, error) {
	s := &story{cluster: c, out: out, namespace: namespace}
	var err error
	if s.changes, err = c.watch(ctx, namespace); err != nil {
		return nil, err
	}
	s.now, err = c.take(ctx, namespace)
	s.begin()
	return s, err
}

// begin starts the clock of an act.
func (s *story) begin() {
	s.began, s.last, s.weights, s.reasons = time.Now(), nil, nil, nil
	s.noticed, s.shown = s.now, s.now
}

const columns = "%-7s %-6s %-6s %-7s %-7s %-19s %s"

func (s *story) head() {
	seen := "PODS"
	if s.now.meshed {
		seen = "ROUTED"
	}
	s.out.say(bold, columns, "TIME", "ASKED", seen, "STABLE", "CANARY", "REASON", "MESSAGE")
}

// manners is how long pods that changed wait for the Event that tells of them, which is written a moment later and says more.
const manners = 150 * time.Millisecond

// until prints what happens until the act has ended, and fails when it ends otherwise.
func (s *story) until(ctx context.Context, ended func(*story) (bool, error)) error {
	limit := time.NewTimer(patience)
	defer limit.Stop()
	var waited <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-limit.C:
			said := s.now.promoted
			return fmt.Errorf("not over after %s; the condition says %s, %s: %s", patience, said.Status, said.Reason, said.Message)
		case change := <-s.changes:
			if err := s.hear(ctx, change); err != nil {
				return err
			}
			if waited == nil {
				waited = time.After(manners)
			}
			continue
		case <-waited:
			waited = nil
			s.count()
		}
		if done, err := ended(s); done || err != nil {
			return err
		}
	}
}

// hear looks again, and prints a line for a move of Serin's.
func (s *story) hear(ctx context.Context, change news) (err error) {
	if s.now, err = s.take(ctx, s.namespace); err != nil {
		return err
	}
	if change.split != "" && (len(s.weights) == 0 || s.weights[len(s.weights)-1] != change.split) {
		s.weights = append(s.weights, change.split)
	}
	if change.event != nil {
		s.last, s.reasons = change.event, append(s.reasons, change.event.Reason)
		s.move(change.event)
	}
	if s.last != nil { // an act begins with Serin's word
		for _, words := range s.sightings() {
			s.line(grey, "(seen)", words)
		}
		s.noticed = s.now
	}
	return nil
}

// count prints that pods have come to rest in another number than the last line showed.
func (s *story) count() {
	if s.now.canary != nil && level(s.now.target) && level(s.now.canary) && state(s.now) != state(s.shown) {
		s.line(grey, "(seen)", "the pods are ready")
	}
}

func (s *story) move(e *eventsv1.Event) {
	c, reason := plain, e.Reason
	switch {
	case e.Type == "Warning":
		c, reason = yellow, "! "+reason
	case e.Reason == "Promoted":
		c = green
	}
	s.line(c, reason, e.Note)
}

func (s *story) line(c colour, reason, words string) {
	s.shown = s.now
	elapsed := fmt.Sprintf("+%.1fs", time.Since(s.began).Seconds())
	s.out.say(c, columns, elapsed, s.now.asked(), s.now.seen(), pods(s.now.target), pods(s.now.canary), reason, strings.Join(strings.Fields(words), " "))
}

// state is what a line shows of pods.
func state(l look) string { return pods(l.target) + " " + pods(l.canary) }

// sightings are the changes of objects that no Event tells of.
func (s *story) sightings() []string {
	before, now := s.noticed, s.now
	var words []string
	add := func(happened bool, format string, args ...any) {
		if happened {
			words = append(words, fmt.Sprintf(format, args...))
		}
	}
	add(!before.subsets && now.subsets, "DestinationRule %s-serin names the pods of stable and canary", app)
	add(before.split.pairs == 0 && now.split.pairs > 0, "VirtualService %s: %d destinations are split, %d that lead elsewhere are as they were", app, now.split.pairs, now.split.whole)
	add(before.split.pairs > 0 && now.split.pairs == 0, "VirtualService %s: no destination is split any more", app)
	add(before.subsets && !now.subsets, "DestinationRule %s-serin is gone", app)
	add(s.shown.canary == nil && now.canary != nil, "Deployment %s is there", canaryName)
	add(s.shown.canary != nil && now.canary == nil, "Deployment %s is gone", canaryName)
	return words
}

// table shows both Deployments: what they run, and what they are to run.
func (s *story) table(ctx context.Context) error {
	stable, canary, err := s.serving(ctx, s.namespace)
	if err != nil {
		return err
	}
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "DEPLOYMENT\tREADY\tSERVING\tTEMPLATE")
	fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", app, pods(s.now.target), stable, s.now.target.Spec.Template.Spec.Containers[0].Image)
	if s.now.canary != nil {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", canaryName, pods(s.now.canary), canary, s.now.canary.Spec.Template.Spec.Containers[0].Image)
	} else {
		fmt.Fprintf(table, "%s\t-\t-\t(none)\n", canaryName)
	}
	_ = table.Flush() // into memory
	s.out.say(plain, "%s", strings.TrimRight(text.String(), "\n"))
	return nil
}

// passed reports whether all of these were seen, in this order, others among them or not.
func passed(seen []string, wanted ...string) bool {
	for _, one := range seen {
		if len(wanted) > 0 && one == wanted[0] {
			wanted = wanted[1:]
		}
	}
	return len(wanted) == 0
}

// told reports whether Serin's Events have had the reason.
func (s *story) told(reason string) bool { return slices.Contains(s.reasons, reason) }
