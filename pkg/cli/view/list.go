// SPDX-License-Identifier: Apache-2.0

package view

import (
	"fmt"
	"strings"

	"github.com/serin-dev/serin/pkg/cli/model"
)

// List draws one row for each rollout.
func (f Frame) List(all []model.Rollout, everywhere, wide bool) string {
	head := []string{"NAME", "PHASE", "STEP", "WEIGHT", "OBSERVED", "VERDICT", "AGE", "REASON"}
	if everywhere {
		head = append([]string{"NAMESPACE"}, head...)
	}
	if wide {
		head = append(head, "BY", "STABLE", "WANTED", "MESSAGE")
	}
	rows := [][]string{head}
	for _, r := range all {
		phase, t := f.phase(r)
		row := []string{r.Name, f.paint(t, phase), stepOf(r), share(r.Weight), share(r.Observed), f.verdict(r), f.age(r), dash(r.Reason)}
		if everywhere {
			row = append([]string{r.Namespace}, row...)
		}
		if wide {
			row = append(row, dash(string(r.Mode)), dash(strings.Join(r.Stable.Images, ",")), strings.Join(r.Wanted, ","), dash(r.Message))
		}
		rows = append(rows, row)
	}
	var b strings.Builder
	f.table(&b, "", rows)
	return b.String()
}

// phase is one word for the table. "Held" is no phase of the controller's: it
// has said nothing yet.
func (f Frame) phase(r model.Rollout) (string, tint) {
	_, t := standing(r)
	switch {
	case r.Held:
		return "(held)", t
	case r.Phase == "":
		return "-", t
	}
	return string(r.Phase), t
}

// verdict is one word for the table, or two.
func (f Frame) verdict(r model.Rollout) string {
	switch r.Verdict {
	case model.ChecksPassed:
		return f.paint(good, string(r.Verdict))
	case model.ChecksFailed:
		return f.paint(bad, string(r.Verdict))
	case model.PodsOnly:
		return "pods only"
	default:
		return dash(string(r.Verdict))
	}
}

// age is for how long the rollout goes on, or the state after it lasts.
func (f Frame) age(r model.Rollout) string {
	if r.Outcome == model.UnderWay && !r.Started.IsZero() {
		return f.ago(r.Started)
	}
	return f.ago(r.Since)
}

func stepOf(r model.Rollout) string {
	for i, step := range r.Steps {
		if step.Current {
			return fmt.Sprintf("%d/%d", i+1, len(r.Steps))
		}
	}
	if r.Bake != nil && r.Bake.Current {
		return "bake"
	}
	return "-"
}

func share(p *model.Percent) string {
	if p == nil {
		return "-"
	}
	return p.String()
}

func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// Line tells a rollout in one line, without anything that changes by itself
// with time: two lines that differ tell of a change.
func Line(r model.Rollout) string {
	text, _ := standing(r)
	if step := stepOf(r); step != "-" {
		text += ", step " + step
	}
	if r.Weight != nil {
		text += ", observed " + share(r.Observed)
	}
	text += fmt.Sprintf(", stable %d/%d ready", r.Stable.Ready, r.Stable.Desired)
	if r.Canary != nil {
		text += fmt.Sprintf(", canary %d/%d ready", r.Canary.Ready, r.Canary.Desired)
	}
	if r.Reason != "" {
		text += "; " + r.Reason + ": " + r.Message
	}
	return r.Namespace + "/" + r.Name + ": " + text
}
