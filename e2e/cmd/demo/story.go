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

// story follows one namespace, and remembers what has to be told of an act. What people read is the plugin's.
type story struct {
	*cluster
	out       *paper
	namespace string
	changes   <-chan news

	now     look // as of the last news
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
	return s, err
}

// begin forgets the act before.
func (s *story) begin() { s.last, s.weights, s.reasons = nil, nil, nil }

// until looks until the act has ended, and fails when it ends otherwise.
func (s *story) until(ctx context.Context, ended func(*story) (bool, error)) error {
	limit := time.NewTimer(patience)
	defer limit.Stop()
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
		}
		if done, err := ended(s); done || err != nil {
			return err
		}
	}
}

// hear looks again.
func (s *story) hear(ctx context.Context, change news) (err error) {
	if s.now, err = s.take(ctx, s.namespace); err != nil {
		return err
	}
	if change.split != "" && (len(s.weights) == 0 || s.weights[len(s.weights)-1] != change.split) {
		s.weights = append(s.weights, change.split)
	}
	if change.event != nil {
		s.last, s.reasons = change.event, append(s.reasons, change.event.Reason)
	}
	return nil
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
