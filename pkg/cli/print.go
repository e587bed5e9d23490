// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/rollout"
)

// print writes the block: what is the case, the plan, the pods, the story.
func (v *view) print(out io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Deployment %s/%s\n", v.target.Namespace, v.target.Name)
	v.printVerdict(&b)
	v.printPlan(&b)
	v.printPods(&b)
	v.printEvents(&b)
	for _, gap := range v.gaps {
		fmt.Fprintf(&b, "\nNot shown: %s\n", gap)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

var headlines = map[standing]string{
	unseen:    "Serin has not said anything yet; is it running? kubectl get pods -n serin-system",
	atRest:    "Promoted",
	underWay:  "Under way",
	rejected:  "Rejected",
	unknowing: "Unknown",
}

func (v *view) printVerdict(b *strings.Builder) {
	at := stand(v.target)
	fmt.Fprintf(b, "  %s", headlines[at])
	if said := condition(v.target); said != nil {
		fmt.Fprintf(b, ": %s, for %s", said.Reason, duration.HumanDuration(v.now.Sub(said.LastTransitionTime.Time)))
		if said.Message != "" {
			fmt.Fprintf(b, "\n  %s", said.Message)
		}
	}
	b.WriteByte('\n')
	if !annotations.OptedIn(v.target.Annotations) {
		b.WriteString("  It has opted out and is let go.\n")
	}
	for _, key := range slices.Concat([]string{annotations.Pause}, annotations.Commands) {
		if value, set := v.target.Annotations[key]; set {
			fmt.Fprintf(b, "  Asked for: %s=%s\n", key, value)
		}
	}
	if at == rejected {
		fmt.Fprintf(b, "  To try the same template again: kubectl serin retry %s%s\n", v.target.Name, v.where)
	}
}

// printPlan shows the steps, and during a rollout the one under way.
func (v *view) printPlan(b *strings.Builder) {
	plan, problems := annotations.Read(v.target.Annotations)
	memo, err := annotations.ReadMemo(v.target.Annotations[annotations.Rollout])
	if err != nil {
		problems = append(problems, rollout.Problem{Message: err.Error()})
	}
	if len(problems) > 0 {
		b.WriteString("\nTo put right\n")
	}
	for _, problem := range problems {
		fmt.Fprintf(b, "  %s\n", problem.Message)
	}
	b.WriteString("\nSteps")
	if memo.Mode != "" && !memo.Started.IsZero() {
		fmt.Fprintf(b, " (by %s)", modes[memo.Mode])
	}
	b.WriteByte('\n')
	current := v.current(plan, memo)
	for i, step := range plan.Steps {
		mark := " "
		if i == current {
			mark = ">"
		}
		fmt.Fprintf(b, "  %s %-6s %s\n", mark, step.Weight, ends(step))
	}
}

var modes = map[rollout.Mode]string{
	rollout.Istio:    "Istio weights",
	rollout.Replicas: "the ratio of pods",
	rollout.Surge:    "the ratio of pods, the Deployment's own size untouched",
}

// current is the index of the step under way, -1 outside of a rollout. A plan
// that was edited meanwhile may not have the memo's weight any more; the next
// higher one is then where the rollout goes.
func (v *view) current(plan rollout.Plan, memo rollout.Memo) int {
	if stand(v.target) != underWay || memo.Started.IsZero() || memo.Weight == 0 {
		return -1
	}
	return slices.IndexFunc(plan.Steps, func(step rollout.Step) bool { return step.Weight >= memo.Weight })
}

// ends says what ends a step.
func ends(step rollout.Step) string {
	switch {
	case step.Pause:
		return "until a person promotes it"
	case step.Hold == 0:
		return "passes at once"
	}
	return "for " + duration.ShortHumanDuration(step.Hold)
}

func (v *view) printPods(b *strings.Builder) {
	b.WriteByte('\n')
	table := tabwriter.NewWriter(b, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "Deployment\tReady\tImages")
	wanted := strings.Join(images(v.target.Spec.Template), ", ")
	serving := strings.Join(v.images, ", ")
	if serving == "" {
		serving = wanted
	}
	row(table, v.target, serving)
	if v.canary != nil {
		row(table, v.canary, strings.Join(images(v.canary.Spec.Template), ", "))
	}
	_ = table.Flush() // into memory
	if serving != wanted {
		fmt.Fprintf(b, "Wanted: %s\n", wanted)
	}
}

func row(table io.Writer, deployment *appsv1.Deployment, images string) {
	desired := int32(1) // what the API server takes an absent number for
	if deployment.Spec.Replicas != nil {
		desired = *deployment.Spec.Replicas
	}
	fmt.Fprintf(table, "%s\t%d/%d\t%s\n", deployment.Name, deployment.Status.ReadyReplicas, desired, images)
}

func (v *view) printEvents(b *strings.Builder) {
	if len(v.events) == 0 {
		return
	}
	b.WriteByte('\n')
	table := tabwriter.NewWriter(b, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "Ago\tType\tReason\tEvent")
	for _, event := range v.events {
		ago := duration.HumanDuration(v.now.Sub(happened(event)))
		// One line each: a message with line breaks would break the table.
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", ago, event.Type, event.Reason, strings.Join(strings.Fields(event.Message), " "))
	}
	_ = table.Flush() // into memory
}
