// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/rollout"
)

// order is a command that writes one annotation.
type order struct {
	use, short, long, example string

	key, value string // what is written; an empty value removes the key
	asked      string // what was asked for, for the report: "asked to ..."
	full       *order // what --full makes of it

	// refuse says why the order makes no sense where the rollout stands, and
	// what to type instead; empty when it does make sense.
	refuse func(target *appsv1.Deployment, where string) string
}

var promoteFull = order{
	key: annotations.Promote, value: string(rollout.PromoteFull), asked: "promote without the steps that are left",
	refuse: func(target *appsv1.Deployment, _ string) string {
		return only(target, "nothing to promote: everybody is on the wanted template", unseen, underWay, rejected)
	},
}

var orders = []order{
	{
		use: "promote NAME [--full]", short: "Pass the step under way, or with --full all that are left",
		long: "Pass the step under way without waiting for its hold, or for the person that it waits for.\n" +
			"With --full pass all steps that are left: the canary's template is promoted as soon as that can be done without failing a request.",
		example: "  # Go on from a step that waits for a person\n  kubectl serin promote shop\n\n" +
			"  # Promote now\n  kubectl serin promote shop --full -n shop",
		key: annotations.Promote, value: string(rollout.PromoteStep), asked: "pass the step under way", full: &promoteFull,
		refuse: func(target *appsv1.Deployment, where string) string {
			if stand(target) == rejected {
				return fmt.Sprintf("the template was rolled back, so no step is under way; to try it again: kubectl serin retry %s%s", target.Name, where)
			}
			return only(target, "nothing to promote: everybody is on the wanted template", unseen, underWay)
		},
	},
	{
		use: "abort NAME", short: "Roll back: all traffic to stable, then the canary goes",
		long:    "Send all traffic back to the stable version and reject the new template. It stays rejected until it changes or is retried.",
		example: "  kubectl serin abort shop -n shop",
		key:     annotations.Abort, value: "true", asked: "roll back",
		refuse: func(target *appsv1.Deployment, _ string) string {
			if stand(target) == rejected {
				return "nothing to abort: the template is already rolled back"
			}
			return only(target, "nothing to abort: no rollout is under way", unseen, underWay)
		},
	},
	{
		use: "pause NAME", short: "Hold the rollout where it is",
		long:    "Hold the rollout at the weight that it has, until it is resumed. Where none is under way, the next one stands still at its beginning.",
		example: "  kubectl serin pause shop -n shop",
		key:     annotations.Pause, value: "true", asked: "hold the rollout where it is",
	},
	{
		use: "resume NAME", short: "Take back a pause",
		long: "Take back a pause that was asked for with 'kubectl serin pause'.\n" +
			"A step of the plan that waits for a person is passed with 'kubectl serin promote'.",
		example: "  kubectl serin resume shop -n shop",
		key:     annotations.Pause, asked: "go on",
		refuse: func(target *appsv1.Deployment, where string) string {
			if _, paused := target.Annotations[annotations.Pause]; paused {
				return ""
			}
			return fmt.Sprintf("it is not paused; where a step waits for a person: kubectl serin promote %s%s", target.Name, where)
		},
	},
	{
		use: "retry NAME", short: "Try a template again that was rolled back",
		long:    "Begin a new rollout of the template that was rolled back, or of one that failed and waits (on-failure: pause), from the first step.",
		example: "  kubectl serin retry shop -n shop",
		key:     annotations.Retry, value: "true", asked: "try the rolled-back template again",
		refuse: func(target *appsv1.Deployment, _ string) string {
			if stand(target) == underWay && target.Annotations[annotations.OnFailure] == "pause" {
				return "" // a failure that was paused on can be tried again, and only the controller knows whether there is one
			}
			return only(target, "nothing to retry: the template was not rolled back", rejected)
		},
	},
}

// only refuses with the words unless the rollout stands at one of the given
// places, or at one that this build cannot tell.
func only(target *appsv1.Deployment, words string, places ...standing) string {
	at := stand(target)
	if at == unknowing || slices.Contains(places, at) {
		return ""
	}
	return words
}

func (o order) command(connect connector) *cobra.Command {
	var full bool
	command := &cobra.Command{
		Use: o.use, Short: o.short, Long: o.long, Example: o.example, Args: oneName,
		RunE: func(command *cobra.Command, args []string) error {
			s, err := connect()
			if err != nil {
				return err
			}
			order := o
			if full {
				order = *o.full
			}
			return order.give(command.Context(), s, args[0], command.OutOrStdout())
		},
	}
	if o.full != nil {
		command.Flags().BoolVar(&full, "full", false, "pass all steps that are left")
	}
	return command
}

// give looks, refuses what makes no sense, writes, and says how to follow.
func (o order) give(ctx context.Context, s *session, name string, out io.Writer) error {
	target, err := s.target(ctx, name)
	if err != nil {
		return err
	}
	if !annotations.OptedIn(target.Annotations) {
		return s.notOptedIn(target)
	}
	if o.refuse != nil {
		if why := o.refuse(target, s.where); why != "" {
			return fmt.Errorf("%s: %s", name, why)
		}
	}
	if target.Annotations[o.key] == o.value && o.value != "" {
		_, err := fmt.Fprintf(out, "Deployment %s was already asked to %s.\n%s", name, o.asked, o.follow(target, s))
		return err
	}
	if err := o.write(ctx, s, target); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "Deployment %s: asked to %s.\n%s", name, o.asked, o.follow(target, s))
	return err
}

func (o order) write(ctx context.Context, s *session, target *appsv1.Deployment) error {
	var value any // nil removes the key
	if o.value != "" {
		value = o.value
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"uid":         target.UID, // not its namesake that was made meanwhile
		"annotations": map[string]any{o.key: value},
	}})
	if err != nil {
		return fmt.Errorf("encoding the patch: %w", err)
	}
	options := metav1.PatchOptions{FieldManager: "kubectl-serin"}
	if _, err := s.client.AppsV1().Deployments(s.namespace).Patch(ctx, target.Name, types.MergePatchType, patch, options); err != nil {
		return s.explain(err, "patch", "deployments", "annotating Deployment "+target.Name)
	}
	return nil
}

// follow says what to type next. A controller that never spoke may not be there.
func (o order) follow(target *appsv1.Deployment, s *session) string {
	text := fmt.Sprintf("To follow it: kubectl serin status %s%s\n", target.Name, s.where)
	if _, paused := target.Annotations[annotations.Pause]; paused && o.key == annotations.Promote {
		text = fmt.Sprintf("It is also paused; to go on: kubectl serin resume %s%s\n%s", target.Name, s.where, text)
	}
	if stand(target) == unseen {
		text = "Serin has not said anything about this Deployment yet. Is it running? kubectl get pods -n serin-system\n" + text
	}
	return text
}
