// SPDX-License-Identifier: Apache-2.0

package sample

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/e2e/sample/internal/faults"
	"github.com/serin-dev/serin/e2e/sample/internal/server"
)

// drain is longer than an endpoint takes to leave every proxy.
const drain = "4s"

func serveCommand() *cobra.Command {
	var options server.Options
	command := &cobra.Command{
		Use:   "serve",
		Short: "Answer HTTP and gRPC with version and pod",
		Long: "Answer HTTP and gRPC with version and pod.\n\n" +
			"  /         {\"version\":…,\"pod\":…}, as does the gRPC method serin.lab.Echo/Echo\n" +
			"  /ready    for the readiness probe; the gRPC health service says the same\n" +
			"  /live     for the liveness probe\n" +
			"  /metrics  Istio's and gRPC's metrics\n" +
			"  /faults   GET shows the faults, POST sets them\n\n" +
			environment + "\n" +
			"  SERVICE    the Service that leads here, for the metrics; by default the app\n" +
			"  DRAIN      how long to serve on after SIGTERM, and as long again while users still come; by default " + drain + "\n" +
			"  FAULTS     what to do wrong, such as error-rate=0.1,latency=200ms,crash-after=5s,\n" +
			"             of " + strings.Join(faults.Names(), ", "),
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error { return serve(command.Context(), options) },
	}
	command.Flags().StringVar(&options.HTTP, "http", ":8080", "`address` for HTTP")
	command.Flags().StringVar(&options.GRPC, "grpc", ":9090", "`address` for gRPC")
	return command
}

func serve(ctx context.Context, options server.Options) error {
	if err := readEnvironment(&options); err != nil {
		return err
	}
	s, err := server.Listen(ctx, options)
	if err != nil {
		return err
	}
	fmt.Printf("%s of %s serves HTTP on %s and gRPC on %s\n", options.Identity.Pod, options.Identity.Version, s.HTTPAddress(), s.GRPCAddress())
	return s.Run(ctx)
}

func readEnvironment(options *server.Options) error {
	options.Identity = whoAmI()
	options.Service = cmp.Or(os.Getenv("SERVICE"), options.Identity.App)
	options.Exit = os.Exit
	var problems []error
	var err error
	if options.Faults, err = faults.Parse(os.Getenv("FAULTS")); err != nil {
		problems = append(problems, fmt.Errorf("FAULTS: %w", err))
	}
	if options.Drain, err = time.ParseDuration(cmp.Or(os.Getenv("DRAIN"), drain)); err != nil || options.Drain < 0 {
		problems = append(problems, fmt.Errorf("DRAIN: %q is not a duration such as 4s", os.Getenv("DRAIN")))
	}
	return errors.Join(problems...)
}
