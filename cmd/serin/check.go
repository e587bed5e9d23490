// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"

	"github.com/serin-dev/serin/pkg/cli/installation"
	"github.com/serin-dev/serin/pkg/cli/model"
	"github.com/serin-dev/serin/pkg/permissions"
)

// checked is an installation as it should be.
type checked struct {
	flags
	account      string
	guard, fence bool
	timeout      time.Duration
}

// checkCommand is what the chart's test runs.
func checkCommand() *cobra.Command {
	var f checked
	c := &cobra.Command{
		Use:   "check",
		Short: "Look at an installation: guard, fence, leader, permissions, mesh, Prometheus",
		Long: "check looks at the controller's installation, says of each part whether it is well, and ends with 1 where one is not.\n" +
			"What is not well yet is looked at again until the time is up: an installation may have been made just now. It changes nothing.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := f.validate(); err != nil {
				return err
			}
			return f.check(c.Context(), c.OutOrStdout())
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.kubeconfig, "kubeconfig", "", "kubeconfig file; empty: the cluster that the command runs in")
	flags.StringVar(&f.namespace, "namespace", defaultNamespace, "the controller's")
	flags.StringVar(&f.account, "account", "serin", "the controller's ServiceAccount, whose permissions are asked about")
	f.scope.add(flags, "the controller's", "the controller's: permissions are looked for in these")
	flags.BoolVar(&f.guard, "guard", false, "the guard has to be there: without it Deployments are held by being kept paused, which is not what was installed")
	flags.BoolVar(&f.fence, "fence", false, "the fence has to be there, all of it, for this account")
	flags.BoolVar(&f.serving.secure, permissions.MetricsSecure, false, "the controller's: the permissions that it takes are asked about, too")
	f.prometheus.add(flags)
	flags.DurationVar(&f.timeout, "timeout", time.Minute, "how long an installation may take to become well")
	return c
}

func (f *checked) validate() error {
	_, problems := f.scope.read()
	problems = append(problems, f.prometheus.validate()...)
	if f.timeout <= 0 {
		problems = append(problems, fmt.Errorf("--timeout: %s is no time to wait", f.timeout))
	}
	return oneLine(problems)
}

const (
	again   = 2 * time.Second  // until what was not well is looked at again
	oneLook = 30 * time.Second // the longest that one look may take
)

func (f *checked) check(ctx context.Context, out io.Writer) error {
	look, err := f.looker()
	if err != nil {
		return err
	}
	findings := look(ctx)
	for end := time.Now().Add(f.timeout); slices.ContainsFunc(findings, isBad) && time.Now().Before(end); findings = look(ctx) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(again):
		}
	}
	for _, finding := range findings {
		tell(out, finding)
	}
	if slices.ContainsFunc(findings, isBad) {
		return errors.New("the installation is not well; what is marked broken or unknown above says why")
	}
	return nil
}

// isBad: a test that could not look has not passed.
func isBad(f model.Finding) bool { return f.Level == model.Broken || f.Level == model.Unknown }

func tell(out io.Writer, f model.Finding) {
	fmt.Fprintf(out, "%-8s %s: %s\n", f.Level, f.About, f.Text)
	if f.Do != "" {
		fmt.Fprintf(out, "         To do: %s\n", f.Do)
	}
}

// looker looks at everything once.
func (f *checked) looker() (func(context.Context) []model.Finding, error) {
	config, err := f.config()
	if err != nil {
		return nil, err
	}
	api, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", config.Host, err)
	}
	objects, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", config.Host, err)
	}
	i := &installation.Installation{API: api, Any: objects, Now: time.Now, Namespace: f.namespace, Account: f.account,
		Namespaces: f.scope.namespaces, Flags: f.serving.needs(), Explain: installation.Explain}
	return func(ctx context.Context) []model.Finding {
		ctx, cancel := context.WithTimeout(ctx, oneLook)
		defer cancel()
		_, guard := i.Guard(ctx)
		_, mesh, _ := i.Mesh(ctx) // the finding says so, too
		return slices.Concat([]model.Finding{demanded(guard, f.guard), demanded(i.Fence(ctx), f.fence)}, i.Leader(ctx), i.Permissions(ctx), []model.Finding{mesh}, f.prometheus.look(ctx))
	}, nil
}

// demanded: what is a note to others is a fault where it was installed.
func demanded(f model.Finding, is bool) model.Finding {
	if is && f.Level == model.Note {
		f.Level = model.Broken
	}
	return f
}

// look asks Prometheus for what every one of them knows.
func (p *prometheus) look(ctx context.Context) []model.Finding {
	const about = "Prometheus"
	if p.Source.Address == "" {
		return []model.Finding{{About: about, Level: model.Note, Text: "none was given: canaries are judged by the health of their pods alone"}}
	}
	client, err := p.Client()
	if err == nil {
		now := time.Now()
		_, err = client.Range(ctx, "vector(1)", now, now, time.Second)
	}
	if err != nil {
		return []model.Finding{{About: about, Level: model.Broken, Text: err.Error()}}
	}
	return []model.Finding{{About: about, Level: model.OK, Text: p.Source.Address + " answers"}}
}
