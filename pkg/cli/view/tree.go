// SPDX-License-Identifier: Apache-2.0

package view

import (
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/serin-dev/serin/pkg/cli/model"
	"github.com/serin-dev/serin/pkg/rollout"
)

// Status draws everything about one rollout.
func (f Frame) Status(r model.Rollout) string {
	var b strings.Builder
	f.headline(&b, r)
	f.steps(&b, r)
	f.traffic(&b, r)
	f.checks(&b, r)
	f.tree(&b, r)
	f.events(&b, r)
	for _, missing := range r.Gaps {
		b.WriteByte('\n')
		f.prose(&b, "", "Not shown: "+missing)
	}
	return b.String()
}

func (f Frame) headline(b *strings.Builder, r model.Rollout) {
	f.row(b, f.paint(strong, fmt.Sprintf("Deployment %s/%s", r.Namespace, r.Name)))
	text, t := standing(r)
	if r.Reason != "" {
		text += ": " + r.Reason
		switch {
		case r.Outcome.Over():
			text += ", for " + f.ago(r.Since)
		case !r.Said.IsZero():
			text += ", said " + f.ago(r.Said) + " ago"
		}
	}
	f.prose(b, "  ", f.paint(t, text))
	if r.Message != "" {
		f.prose(b, "  ", r.Message)
	}
	if r.Leaving {
		f.prose(b, "  ", "It has opted out and is let go.")
	}
	for _, wish := range r.Asked {
		f.prose(b, "  ", "Asked for: "+wish)
	}
	if advice := f.advice(r); advice != "" {
		f.prose(b, "  ", f.paint(busy, "To do: ")+advice)
	}
	if len(r.Problems) > 0 {
		b.WriteString("\nTo put right\n")
	}
	for _, problem := range r.Problems {
		f.prose(b, "  ", problem)
	}
}

// advice is what to type, where there is a command for it, or else the table's words.
func (f Frame) advice(r model.Rollout) string {
	command := func(verb string) string { return "kubectl serin " + verb + " " + r.Name + f.Where }
	switch {
	case r.Outcome == model.RolledBack:
		return "change the template; put the old one back with " + command("undo") + "; or try the same once more with " + command("retry")
	case r.Held:
		return "nothing, if a controller runs; to find out: kubectl serin doctor" + f.Where
	case r.Status == "" && r.Phase == "":
		return "is a controller running? kubectl serin doctor" + f.Where
	case r.Reason == "StepPaused":
		return fmt.Sprintf("kubectl serin approve %s %s%s, or %s", r.Name, currentStep(r), f.Where, command("abort"))
	case r.Reason == "PauseRequested":
		return command("resume")
	case r.Phase == rollout.Idle:
		return ""
	}
	return r.Advice
}

func currentStep(r model.Rollout) string {
	for _, step := range r.Steps {
		if step.Current {
			return strings.TrimSuffix(step.Weight.String(), "%")
		}
	}
	return "STEP"
}

// standing says in a few words where the rollout is.
func standing(r model.Rollout) (string, tint) {
	switch {
	case r.Status == "" && r.Held:
		return "Held: the template waits, and the controller has not said anything yet", busy
	case r.Status == "":
		return "The controller has not said anything yet", busy
	case r.Held:
		return "Held: the template waits, and the controller has not answered yet", busy
	case r.Outcome == model.RolledBack:
		return "RolledBack", bad
	case r.Outcome == model.Promoted:
		return "Promoted", good
	}
	return goingOn(r)
}

func goingOn(r model.Rollout) (string, tint) {
	text := string(r.Phase)
	switch r.Phase {
	case rollout.RollingBack:
		return text, bad
	case rollout.Progressing, rollout.Paused:
		if r.Weight != nil {
			text += " at " + r.Weight.String()
		}
	default:
	}
	return text, busy
}

var means = map[rollout.Mode]string{
	rollout.Istio:    "Istio weights",
	rollout.Replicas: "the ratio of pods",
	rollout.Surge:    "the ratio of pods, the Deployment's own size untouched",
}

func (f Frame) steps(b *strings.Builder, r model.Rollout) {
	title := "Steps"
	if r.Mode != "" && !r.Started.IsZero() {
		title = fmt.Sprintf("Steps (by %s, begun %s ago)", means[r.Mode], f.ago(r.Started))
	}
	b.WriteByte('\n')
	f.row(b, title)
	for _, step := range r.Steps {
		f.step(b, r, fmt.Sprintf("%-6s %s", step.Weight, ends(step)), step.Current, step.Passed)
	}
	if r.Bake != nil {
		f.step(b, r, fmt.Sprintf("%-6s %s", "bake", keeps(r)), r.Bake.Current, r.Bake.Passed)
	}
}

// step is one row of the plan.
func (f Frame) step(b *strings.Builder, r model.Rollout, text string, current, passed bool) {
	mark, t := " ", plain
	switch {
	case current:
		mark, t = ">", strong
	case passed:
		mark, t = "✓", faint
	}
	text = f.paint(t, mark+" "+text)
	if current && !r.HoldUntil.IsZero() {
		text += ", " + f.paint(busy, left(r.HoldUntil.Sub(f.Now))+" left at the least")
	}
	f.row(b, "  "+text)
}

// keeps says how long the bake lasts and, while it does, what is kept for a return.
func keeps(r model.Rollout) string {
	text := r.Bake.For
	if lasts, err := time.ParseDuration(text); err == nil {
		text = duration.HumanDuration(lasts)
	}
	text = "for " + text
	switch {
	case !r.Bake.Current:
	case r.Mode == rollout.Istio:
		text += fmt.Sprintf(", stable's %s kept warm", counted(r.Stable.Ready, "pod"))
	default:
		text += ", at the ratio of the last step"
	}
	return text
}

// left counts down in whole seconds.
func left(d time.Duration) string { return max(0, d).Round(time.Second).String() }

// ends says what ends a step.
func ends(step model.Step) string {
	if step.Pause {
		return "until a person approves it"
	}
	hold, err := time.ParseDuration(step.Hold)
	if err != nil || hold == 0 {
		return "passes at once"
	}
	return "for " + duration.HumanDuration(hold)
}

// barWidth is the length of the bar that shows the canary's share.
const barWidth = 40

func (f Frame) traffic(b *strings.Builder, r model.Rollout) {
	if r.Weight == nil && len(r.Routes) == 0 {
		return
	}
	b.WriteString("\nTraffic\n")
	wanted, seen := "-", "unknown"
	if r.Weight != nil {
		wanted = r.Weight.String()
	}
	if r.Observed != nil {
		seen = r.Observed.String()
		filled := int(*r.Observed*barWidth/100 + 0.5)
		f.row(b, "  stable "+f.paint(good, strings.Repeat("─", barWidth-filled))+f.paint(busy, strings.Repeat("━", filled))+" canary")
	}
	f.row(b, fmt.Sprintf("  canary's share: wanted %s, observed %s", wanted, seen))
	for _, route := range r.Routes {
		share := "not split"
		if route.Canary != nil {
			share = route.Canary.String()
		}
		if route.Partly {
			share += " in some of its routes"
		}
		f.row(b, fmt.Sprintf("  %s %s/%s: %s", route.Kind, route.Namespace, route.Name, share))
	}
}

// mostPods are shown of one workload.
const mostPods = 10

func (f Frame) tree(b *strings.Builder, r model.Rollout) {
	title := f.paint(strong, "Deployment "+r.Name)
	if wanted := strings.Join(r.Wanted, ", "); wanted != strings.Join(r.Stable.Images, ", ") {
		title += "   wants " + wanted
	}
	b.WriteByte('\n')
	f.row(b, title)
	branches := []struct {
		model.Workload
		role string
	}{{r.Stable, "stable"}}
	if r.Canary != nil {
		branches = append(branches, struct {
			model.Workload
			role string
		}{*r.Canary, "canary"})
	}
	for i, branch := range branches {
		mark, stem := "├─ ", "│  "
		if i == len(branches)-1 {
			mark, stem = "└─ ", "   "
		}
		f.row(b, fmt.Sprintf("%s%s: %s %s   %d/%d ready   %s", mark, branch.role, branch.Kind, branch.Name, branch.Ready, branch.Desired, strings.Join(branch.Images, ", ")))
		f.pods(b, stem, branch.Pods)
	}
}

func (f Frame) pods(b *strings.Builder, stem string, pods []model.Pod) {
	var rows [][]string
	for i, pod := range pods[:min(len(pods), mostPods)] {
		mark := "├─ "
		if i == len(pods)-1 {
			mark = "└─ "
		}
		ready := f.paint(bad, "not ready")
		if pod.Ready {
			ready = f.paint(good, "ready")
		}
		rows = append(rows, []string{mark + pod.Name, ready, counted(pod.Restarts, "restart"), pod.State})
	}
	f.table(b, stem, rows)
	if more := len(pods) - mostPods; more > 0 {
		f.row(b, fmt.Sprintf("%s└─ and %d more", stem, more))
	}
}

func counted(n int32, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func (f Frame) events(b *strings.Builder, r model.Rollout) {
	if len(r.Events) == 0 {
		return
	}
	b.WriteByte('\n')
	rows := [][]string{{"Ago", "Type", "Reason", "Event"}}
	for _, event := range r.Events {
		rows = append(rows, []string{f.ago(event.At), event.Type, event.Reason, event.Message})
	}
	f.table(b, "", rows)
}
