// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/serin-dev/serin/pkg/leave"
)

// leaveCommand is what the chart runs before it is uninstalled.
func leaveCommand() *cobra.Command {
	var f flags
	var timeout time.Duration
	c := &cobra.Command{
		Use:   "leave",
		Short: "Roll back every rollout under way, before the controller is taken away",
		Long: "leave asks every rollout under way to roll back (serin.dev/abort), and waits until the controller, which has to run, has done it.\n" +
			"Then it holds the controller's lease for a minute, so that no other rollout begins while the controller is taken away.\n" +
			"It resumes no Deployment: a template that was held or rejected stays held.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if timeout <= 0 {
				return fmt.Errorf("--timeout: %s is no time to wait", timeout)
			}
			ctx, cancel := context.WithTimeout(c.Context(), timeout)
			defer cancel()
			return f.leave(ctx)
		},
	}
	c.Flags().StringVar(&f.kubeconfig, "kubeconfig", "", "kubeconfig file; empty: the cluster that the command runs in")
	c.Flags().StringVar(&f.namespace, "namespace", defaultNamespace, "namespace of the controller's lease")
	f.scope.add(c.Flags(), "the controller's: Deployments of other namespaces are left alone", "the controller's: nothing is read in others")
	c.Flags().DurationVar(&timeout, "timeout", 4*time.Minute, "longest time to wait")
	return c
}

func (f flags) leave(ctx context.Context) error {
	selector, problems := f.scope.read()
	if err := oneLine(problems); err != nil {
		return err
	}
	config, err := f.config()
	if err != nil {
		return err
	}
	c, err := client.New(config, client.Options{})
	if err != nil {
		return fmt.Errorf("connecting to %s: %w", config.Host, err)
	}
	l := leave.Leaver{
		Client: c, Selector: selector, Namespaces: f.scope.namespaces, Lease: client.ObjectKey{Namespace: f.namespace, Name: leaseName},
		Writes: leaseDuration, Every: time.Second, Log: zap.New(),
	}
	return l.Leave(ctx)
}
