// SPDX-License-Identifier: Apache-2.0

package offline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/utils/clock"

	"github.com/serin-dev/serin/pkg/analysis/reach"
	"github.com/serin-dev/serin/pkg/measure"
	"github.com/serin-dev/serin/pkg/measure/presets"
	"github.com/serin-dev/serin/pkg/measure/setup"
	"github.com/serin-dev/serin/pkg/measure/source"
	"github.com/serin-dev/serin/pkg/plan"
	"github.com/serin-dev/serin/pkg/workload"
)

// The times over which present traffic can be counted.
const (
	shortest = time.Minute
	longest  = 24 * time.Hour
)

// present are the flags that let Prometheus say what users send.
type present struct {
	setup.Prometheus
	over  time.Duration
	clock clock.PassiveClock
}

func (p *present) add(command *cobra.Command) {
	p.clock = clock.RealClock{}
	flags := command.Flags()
	p.Add(flags, "`URL` of the Prometheus that knows what users send to the Deployment now, such as http://localhost:9090; instead of --rps")
	flags.DurationVar(&p.over, "over", 30*time.Minute, "with --prometheus: the `TIME` up to now over which requests are counted")
}

// wanted reports whether Prometheus is to be asked, or what is wrong with the flags.
func (p *present) wanted(command *cobra.Command) (bool, []error) {
	problems := p.Validate()
	given := p.Source.Address != ""
	if given && command.Flags().Changed("rps") {
		problems = append(problems, errors.New("--prometheus finds out what --rps says; leave one of them out"))
	}
	if p.over < shortest || p.over > longest {
		problems = append(problems, fmt.Errorf("--over %s: requests can be counted over at least 1m and at most 24h", p.over))
	} else if !given && command.Flags().Changed("over") {
		problems = append(problems, errors.New("--over is about what Prometheus has counted; add --prometheus URL"))
	}
	return given, problems
}

// without is what helps when Prometheus does not.
const without = "--rps N needs no Prometheus"

// count asks for the traffic of each target.
func (p *present) count(ctx context.Context, inputs []plan.Input) error {
	client, err := p.Client()
	if err != nil {
		return err
	}
	var missing []string
	for i := range inputs {
		target := inputs[i].Target
		found, err := measure.Present(ctx, client, p.Presets(), subject(target), p.over, p.clock.Now())
		if err != nil {
			return fmt.Errorf("asking for the requests of Deployment %s/%s: %w; a Prometheus inside of the cluster is reached through kubectl port-forward, and %s",
				target.Namespace, target.Name, err, without)
		}
		if text := complaint(client, target, found); text != "" {
			missing = append(missing, text)
			continue
		}
		inputs[i].Load = &reach.Load{Rate: found.Requests / found.Seconds, Errors: found.Bad / found.Stable}
		inputs[i].Traffic = &plan.Traffic{Traffic: found, Prometheus: client.Host()}
	}
	if len(missing) > 0 {
		return several("not every Deployment has requests to plan by", missing)
	}
	return nil
}

// subject are the pods of a target, of whichever template: what is counted may
// be older than the version that serves.
func subject(target *appsv1.Deployment) presets.Subject {
	return presets.Subject{Namespace: target.Namespace, Target: target.Name, Canary: workload.CanaryName(target.Name), AnyStable: true}
}

// complaint says why what was found is no traffic, and what to do about it.
func complaint(client *source.Client, target *appsv1.Deployment, found measure.Traffic) string {
	who := fmt.Sprintf("Deployment %s/%s", target.Namespace, target.Name)
	over := plan.Span(time.Duration(found.Over) * time.Second)
	asked := strings.Join(found.Asked, "\n      ")
	switch {
	case found.Preset == "":
		return fmt.Sprintf("prometheus at %s has no requests of %s in the last %s; looked for were\n      %s\n    Is it scraped? --namespace-label, --pod-label and --http-requests-metric "+
			"say what labels and metrics are called where they have other names, --over looks further back, and %s", client.Host(), who, over, asked, without)
	case found.Stable == 0 || found.Seconds == 0:
		return fmt.Sprintf("prometheus at %s counts the requests of %s by the preset %s, and there was none in the last %s:\n      %s\n    --over looks further back, and %s",
			client.Host(), who, found.Preset, over, asked, without)
	}
	return ""
}
