// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/analysis/reach"
	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/checks"
)

// policy is what the target's comparisons are, by its annotations and the
// ConfigMap that they name. The model says what is wrong with that.
func policy(target *appsv1.Deployment, others []client.Object) analysis.Policy {
	read, _ := annotations.Read(target.Annotations)
	if read.ChecksOff {
		return analysis.Policy{}
	}
	usual := checks.Default()
	usual.WarmUp = read.WarmUp
	for _, object := range others {
		m, ok := object.(*corev1.ConfigMap)
		if !ok || m.Namespace != target.Namespace || m.Name != read.Checks {
			continue
		}
		if written, problems := checks.FromData(m.Data, usual); len(problems) == 0 {
			return written.Policy
		}
	}
	return usual
}

// reach says of each step what can be found in it.
func (w *writer) reach() {
	if w.load == nil || len(w.judged.Checks) == 0 {
		return
	}
	w.plan.Load, w.plan.Traffic = w.load, w.traffic
	before := 0
	for i := range w.plan.Steps {
		step := &w.plan.Steps[i]
		if step.part > 0 {
			counts := time.Duration(step.Seconds) * time.Second
			if step.Canary > before { // new pods warm up first
				counts = max(0, counts-w.judged.WarmUp)
			}
			step.Finds = reach.Of(w.judged, *w.load, reach.Step{Share: step.part, Time: counts})
		}
		before = step.Canary
	}
}

// printReach prints what can be found, check by check.
func (p Plan) printReach(b *strings.Builder) {
	if p.Load == nil || p.checks() == 0 {
		return
	}
	fmt.Fprintf(b, "\nWhat is found at %s requests a second, %s%% of which fail at stable\n\n", number(p.Load.Rate), number(100*p.Load.Errors))
	p.printTraffic(b)
	table := tabwriter.NewWriter(b, 0, 0, 3, ' ', 0)
	fmt.Fprint(table, "Check\tStep\tCounts for\tRequests\tSmallest")
	for _, ratio := range reach.Ratios {
		fmt.Fprintf(table, "\t×%s after", number(ratio))
	}
	fmt.Fprintln(table)
	for i := range p.checks() {
		for _, s := range p.Steps {
			if len(s.Finds) > 0 {
				row(table, s.Name, s.Finds[i])
			}
		}
	}
	_ = table.Flush() // into memory
	b.WriteString("\nSmallest is how many times as often as stable's the canary's requests have to be bad to be found within the step, by\n" +
		"that step alone; the last columns are how long it takes, from when requests count, to find a canary that is so many times as\n" +
		"bad. Requests are taken to come and to be bad exactly as often as is to be expected: chance makes it longer in somewhat more than half of all rollouts.\n")
}

// printTraffic prints what the load was counted from.
func (p Plan) printTraffic(b *strings.Builder) {
	t := p.Traffic
	if t == nil {
		return
	}
	fmt.Fprintf(b, "Prometheus at %s has counted by the preset %s: %.0f requests in %s, ", t.Prometheus, t.Preset, t.Requests, span(int(math.Round(t.Seconds))))
	if t.Requests > t.Stable {
		fmt.Fprintf(b, "%.0f of them to stable, ", t.Stable)
	}
	fmt.Fprintf(b, "%.0f of which failed", t.Bad)
	switch {
	case p.Load.Errors != t.Bad/t.Stable:
		b.WriteString("; the rate above is taken instead")
	case t.Bad == 0:
		b.WriteString(".\nNothing is so many times as often as never: say with --stable-error-rate how many usually fail")
	}
	fmt.Fprintf(b, ". Asked for, over the last %s:\n", span(int(t.Over)))
	for _, selector := range t.Asked {
		fmt.Fprintf(b, "  %s\n", selector)
	}
	b.WriteByte('\n')
}

// checks is how many comparisons there are.
func (p Plan) checks() int {
	for _, s := range p.Steps {
		if len(s.Finds) > 0 {
			return len(s.Finds)
		}
	}
	return 0
}

func row(table *tabwriter.Writer, step string, f reach.Found) {
	smallest := "-"
	if f.Smallest > 0 {
		smallest = "×" + number(f.Smallest)
	}
	fmt.Fprintf(table, "%s\t%s\t%s\t%.0f\t%s", f.Check, step, span(int(f.Seconds)), f.Requests, smallest)
	for _, seconds := range f.After {
		after := "-"
		if seconds > 0 {
			after = span(int(seconds))
		}
		fmt.Fprintf(table, "\t%s", after)
	}
	fmt.Fprintln(table)
}

func number(x float64) string {
	if x >= 1000 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'g', 4, 64)
}
