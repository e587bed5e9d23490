// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap/zapcore"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/serin-dev/serin/pkg/controller"
	"github.com/serin-dev/serin/pkg/istiod"
	"github.com/serin-dev/serin/pkg/metrics"
)

// A leader that died is replaced within the lease, so that the next move comes
// within five seconds: a replica that waits looks at the lease after each retry
// or a little more than two of them, so that it may notice the last renewal that
// late, and that the lease has run out that late again. A leader that ends in
// order gives the lease back at once.
const (
	leaseDuration = 3 * time.Second
	renewDeadline = 2 * time.Second
	leaseRetry    = 300 * time.Millisecond
)

const leaseName = "serin"

type flags struct {
	kubeconfig, namespace, domain string
	serving                       serving
	istiod                        []string
	istiodToken                   string
	prometheus                    prometheus
	tracing                       tracing
	scope                         scope
	elect                         bool
	workers, verbosity            int
}

// defaultNamespace is where deploy/ installs the controller.
const defaultNamespace = "serin-system"

// home says where the lease lives. A controller that runs outside of the
// cluster may find that nobody has made its usual namespace yet.
func (f flags) home() home {
	return home{namespace: f.namespace, elect: f.elect, make: f.kubeconfig != "" && f.namespace == defaultNamespace}
}

func command() *cobra.Command {
	var f flags
	c := &cobra.Command{
		Use:           "serin",
		Short:         "Progressive delivery for plain Deployments",
		Long:          "serin watches Deployments annotated with serin.dev/canary: \"true\" and sends each new pod template out as a canary.",
		Example:       "  serin --kubeconfig ~/.kube/config --leader-elect=false",
		Version:       fmt.Sprintf("%s (commit %s, %s)", version, commit, runtime.Version()),
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(c *cobra.Command, _ []string) error {
			selector, err := f.validate()
			if err != nil {
				return err
			}
			return f.run(c.Context(), selector)
		},
	}
	c.CompletionOptions.DisableDefaultCmd = true
	c.AddCommand(leaveCommand(), checkCommand())
	c.Flags().StringVar(&f.kubeconfig, "kubeconfig", "", "kubeconfig file; empty: the cluster that the controller runs in")
	c.Flags().StringVar(&f.namespace, "namespace", defaultNamespace, "namespace of the lease")
	c.Flags().StringVar(&f.domain, "cluster-domain", "cluster.local", "domain of the cluster's Services")
	f.serving.add(c.Flags())
	c.Flags().StringSliceVar(&f.istiod, "istiod", nil, "istiod's debug address, such as http://istiod.istio-system.svc:15014: proxies are then asked for, not assumed, to follow routes; more than one for more revisions")
	c.Flags().StringVar(&f.istiodToken, "istiod-token-file", "", "file with the ServiceAccount token to show to istiod; empty: none")
	f.prometheus.add(c.Flags())
	f.tracing.add(c.Flags())
	f.scope.add(c.Flags(), "look after the Deployments of namespaces with these labels only, such as team=web or serin!=off; several controllers can share a cluster that way, each with a lease of its own",
		"look after the Deployments of these namespaces only, such as web,shop, and read nothing of any other: Roles in each of them are enough")
	c.Flags().BoolVar(&f.elect, "leader-elect", true, "act only while holding the lease, so that several replicas can run")
	c.Flags().IntVar(&f.workers, "workers", 16, "rollouts that are looked at side by side")
	c.Flags().IntVarP(&f.verbosity, "verbosity", "v", 0, "0: one line for each move; 1: what prepares them, too")
	return c
}

// validate returns the labels of the namespaces to look after, or everything
// that is wrong with the flags, in one line.
func (f *flags) validate() (labels.Selector, error) {
	problems := f.serving.validate()
	problems = append(problems, f.validateIstiod()...)
	problems = append(problems, f.prometheus.validate()...)
	problems = append(problems, f.tracing.Validate()...)
	selector, wrong := f.scope.read()
	problems = append(problems, wrong...)
	if f.workers < 1 {
		problems = append(problems, fmt.Errorf("--workers: %d must be at least 1", f.workers))
	}
	if f.verbosity < 0 {
		problems = append(problems, fmt.Errorf("--verbosity: %d must be 0 or more", f.verbosity))
	}
	if f.domain == "" {
		problems = append(problems, errors.New("--cluster-domain: must not be empty; most clusters have cluster.local"))
	}
	if f.elect && f.namespace == "" {
		problems = append(problems, errors.New("--namespace: must not be empty with --leader-elect"))
	}
	return selector, oneLine(problems)
}

func (f flags) validateIstiod() (problems []error) {
	for _, address := range f.istiod {
		if u, err := url.Parse(address); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			problems = append(problems, fmt.Errorf("--istiod: %q is not an address such as http://istiod.istio-system.svc:15014", address))
		}
	}
	if f.istiodToken != "" && len(f.istiod) == 0 {
		problems = append(problems, errors.New("--istiod-token-file: there is nobody to show it to without --istiod"))
	}
	return problems
}

func oneLine(problems []error) error {
	if len(problems) == 0 {
		return nil
	}
	texts := make([]string, 0, len(problems))
	for _, p := range problems {
		texts = append(texts, p.Error())
	}
	slices.Sort(texts)
	return errors.New(strings.Join(texts, "; "))
}

func (f flags) run(ctx context.Context, selector labels.Selector) error {
	logger := zap.New(zap.Level(zapcore.Level(-f.verbosity)), zap.StacktraceLevel(zapcore.PanicLevel)) //nolint:gosec // validated
	log.SetLogger(logger)
	klog.SetLogger(logger.WithName("client"))
	config, err := f.config()
	if err != nil {
		return err
	}
	if err := preflight(ctx, config, f.home(), f.scope.namespaces, logger, f.serving.needs()...); err != nil {
		return err
	}
	mgr, err := f.connect(config)
	if err != nil {
		return err
	}
	options, err := f.controller(selector)
	if err != nil {
		return err
	}
	tracer, finish, err := f.tracing.begin(ctx, logger)
	if err != nil {
		return err
	}
	defer finish(ctx)
	options.Trace = tracer
	if err := controller.AddToManager(ctx, mgr, options); err != nil {
		return err
	}
	metrics.ShowBuild(version, commit)
	for _, add := range []func(string, healthz.Checker) error{mgr.AddHealthzCheck, mgr.AddReadyzCheck} {
		if err := add("ping", healthz.Ping); err != nil {
			return fmt.Errorf("adding a probe: %w", err)
		}
	}
	logger.Info("Starting", "version", version, "commit", commit)
	if err := mgr.Start(ctx); err != nil {
		return fmt.Errorf("running: %w", err)
	}
	return nil
}

// controller are the options of the controller itself.
func (f flags) controller(selector labels.Selector) (o controller.Options, err error) {
	o.ClusterDomain, o.Workers = f.domain, f.workers
	o.Selector, o.Namespaces = selector, f.scope.namespaces
	if len(f.istiod) > 0 {
		o.Istiod = &istiod.Client{Addresses: f.istiod, TokenFile: f.istiodToken}
	}
	o.Prometheus, err = f.prometheus.options()
	return o, err
}

// config sets no limit of its own: the API server's priority and fairness does
// that, and knows what else goes on.
func (f flags) config() (*rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", f.kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("reading the cluster's address: %w; name a file with --kubeconfig", err)
	}
	config.QPS, config.Burst = -1, -1
	config.UserAgent = "serin/" + version
	return config, nil
}

// connect makes the manager. One that has to be elected writes only while it
// is sure to lead.
func (f flags) connect(config *rest.Config) (manager.Manager, error) {
	options := f.options()
	if f.elect {
		config, options.LeaderElectionConfig = fenced(config)
	}
	mgr, err := manager.New(config, options)
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", config.Host, err)
	}
	return mgr, nil
}

func (f flags) options() manager.Options {
	return manager.Options{
		NewCache:                      controller.NewCache,
		Cache:                         controller.CacheOptions(f.scope.namespaces),
		Client:                        controller.ClientOptions(f.scope.namespaces),
		Metrics:                       f.serving.options(),
		HealthProbeBindAddress:        f.serving.probes,
		PprofBindAddress:              f.serving.pprof,
		LeaderElection:                f.elect,
		LeaderElectionID:              leaseName,
		LeaderElectionNamespace:       f.namespace,
		LeaderElectionReleaseOnCancel: true,
		LeaseDuration:                 new(leaseDuration),
		RenewDeadline:                 new(renewDeadline),
		RetryPeriod:                   new(leaseRetry),
	}
}
