// SPDX-License-Identifier: Apache-2.0

package sample

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	"github.com/serin-dev/serin/e2e/sample/internal/bootstrap"
	"github.com/serin-dev/serin/e2e/sample/internal/load"
	"github.com/serin-dev/serin/e2e/sample/internal/metrics"
)

// loadFlags are the flags of "load".
type loadFlags struct {
	http, grpc, istiod, service string
	clients                     int
	options                     load.Options
}

func loadCommand() *cobra.Command {
	flags := &loadFlags{}
	command := &cobra.Command{
		Use:   "load (--http URL | --grpc TARGET [--xds-server HOST:PORT])",
		Short: "Ask a service at a steady rate and remember every answer",
		Long: "Ask a service at a steady rate and remember every answer.\n\n" +
			"  /requests?from=…&to=…            sums up the requests that started from then (RFC 3339) until then\n" +
			"  /failures?from=…&to=…            lists those of them that failed\n" +
			"  /timeline?from=…&to=…&bucket=1s  counts them for each bucket\n" +
			"  /ready                           once a request has succeeded\n" +
			"  /metrics                         Istio's and gRPC's metrics, as a client has them\n\n" + environment,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error { return generate(command.Context(), flags) },
	}
	f := command.Flags()
	f.StringVar(&flags.http, "http", "", "get this `URL`, over a new connection each time")
	f.StringVar(&flags.grpc, "grpc", "", "call the echo service of this gRPC `target`, such as xds:///shop.demo.svc.cluster.local:9090 or passthrough:///10.96.0.10:9090")
	f.StringVar(&flags.istiod, "xds-server", os.Getenv("XDS_SERVER"), "`HOST:PORT` of istiod's plaintext xDS, for a target that begins with xds: (by default XDS_SERVER)")
	f.StringVar(&flags.service, "service", "", "`NAME.NAMESPACE` of the Service that is asked, for the metrics; by default what the target tells")
	f.IntVar(&flags.clients, "clients", 4, "gRPC clients that take turns")
	f.StringVar(&flags.options.Listen, "listen", ":8080", "`address` for questions")
	f.Float64Var(&flags.options.Rate, "rate", 200, "requests per second")
	f.DurationVar(&flags.options.Timeout, "timeout", 20*time.Second, "how long a request may take before it counts as lost")
	f.IntVar(&flags.options.MaxInFlight, "max-in-flight", 4096, "requests at the same time; those beyond fail")
	f.IntVar(&flags.options.Records, "records", 4_000_000, "requests to remember, at 24 bytes each; then the oldest are forgotten")
	return command
}

// validate names every problem.
func (f *loadFlags) validate() error {
	var problems []error
	if (f.http == "") == (f.grpc == "") {
		problems = append(problems, errors.New("give either --http or --grpc"))
	}
	if !(f.options.Rate > 0) || math.IsInf(f.options.Rate, 0) {
		problems = append(problems, fmt.Errorf("--rate is a number of requests per second and cannot be %v", f.options.Rate))
	}
	if f.options.Timeout <= 0 {
		problems = append(problems, fmt.Errorf("--timeout is a duration above 0 and cannot be %v", f.options.Timeout))
	}
	for _, number := range []struct {
		flag  string
		value int
	}{{"--clients", f.clients}, {"--max-in-flight", f.options.MaxInFlight}, {"--records", f.options.Records}} {
		if number.value < 1 {
			problems = append(problems, fmt.Errorf("%s is a number from 1 and cannot be %d", number.flag, number.value))
		}
	}
	return errors.Join(problems...)
}

func generate(ctx context.Context, flags *loadFlags) error {
	if err := flags.validate(); err != nil {
		return err
	}
	options := flags.options
	options.Identity = whoAmI()
	options.Service, options.Namespace = serviceOf(cmp.Or(flags.service, flags.grpc, flags.http), options.Identity.Namespace)
	measured, err := metrics.New()
	if err != nil {
		return err
	}
	caller, err := flags.caller(&options, measured)
	if err != nil {
		return err
	}
	generator, err := load.Listen(ctx, options, measured, caller)
	if err != nil {
		return err
	}
	fmt.Printf("%v requests/s to %s; questions are answered on %s\n", options.Rate, flags.http+flags.grpc, generator.Address())
	return generator.Run(ctx)
}

func (f *loadFlags) caller(options *load.Options, measured *metrics.Metrics) (load.Caller, error) {
	if f.http != "" {
		options.Protocol = metrics.HTTP
		return load.NewHTTP(f.http)
	}
	options.Protocol = metrics.GRPC
	dial := []grpc.DialOption{measured.DialOption()}
	if strings.HasPrefix(f.grpc, "xds:") {
		resolver, err := bootstrap.Resolver(f.istiod, options.Identity)
		if err != nil {
			return nil, err
		}
		dial = append(dial, grpc.WithResolvers(resolver))
	}
	return load.NewGRPC(f.grpc, f.clients, dial...)
}

// serviceOf reads the Service's name and namespace from what is called: a URL, a gRPC target or a host. An address tells none.
func serviceOf(target, namespace string) (service, in string) {
	host := target
	if parsed, err := url.Parse(target); err == nil && strings.Contains(target, "://") {
		host = cmp.Or(parsed.Host, strings.TrimPrefix(parsed.Path, "/"))
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if net.ParseIP(host) != nil {
		return "", ""
	}
	parts := strings.Split(host, ".")
	if len(parts) > 1 {
		namespace = parts[1]
	}
	return parts[0], namespace
}
