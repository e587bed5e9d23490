// SPDX-License-Identifier: Apache-2.0

package offline

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/pkg/lint"
	"github.com/serin-dev/serin/pkg/manifest"
)

// LintCommand finds what is wrong with manifests.
func LintCommand(version string) *cobra.Command {
	var (
		in     input
		format string
		strict bool
	)
	command := &cobra.Command{
		Use: "lint -f FILE...", Short: "Find everything that is wrong with manifests, line by line",
		Long: "Find everything that is wrong with the annotations of Deployments, and with what is around them: Services, VirtualServices,\n" +
			"DestinationRules, volumes, ConfigMaps with checks. It asks no cluster. Errors keep a rollout from moving and end the command\n" +
			"with 1; warnings are what a person should know before traffic moves; notes are what could not be looked at.",
		Example: "  kubectl serin lint -f shop.yaml -f istio/\n\n" +
			"  # In a pipeline, with the lines marked by the code host\n  kubectl serin lint -f deploy/ -o sarif > serin.sarif\n\n" +
			"  # What a chart makes\n  helm template shop | kubectl serin lint -f -",
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if err := output(format, "json", "sarif"); err != nil {
				return err
			}
			if len(in.files) == 0 {
				return fmt.Errorf("nothing to read; type %s -f FILE", command.CommandPath())
			}
			set, err := manifest.ReadAll(in.files, command.InOrStdin())
			if err != nil {
				return err
			}
			found, err := lint.Check(command.Context(), &set, namespace(command))
			if err != nil {
				return err
			}
			if err := report(command.OutOrStdout(), format, version, found); err != nil {
				return err
			}
			return failed(found, strict)
		},
	}
	in.add(command)
	command.Flags().StringVarP(&format, "output", "o", "", "`FORMAT` of the findings: json or sarif; otherwise one line each")
	command.Flags().BoolVar(&strict, "strict", false, "end with 1 on warnings, too")
	return command
}

func report(out io.Writer, format, version string, found []lint.Finding) error {
	switch format {
	case "sarif":
		return lint.SARIF(out, found, version)
	case "json":
		if found == nil {
			found = []lint.Finding{}
		}
		return encode(out, format, found)
	}
	for _, f := range found {
		if _, err := fmt.Fprintln(out, f); err != nil {
			return err
		}
	}
	return nil
}

// failed is the error that ends the command with 1; nil where all is well.
func failed(found []lint.Finding, strict bool) error {
	errors, warnings := 0, 0
	for _, f := range found {
		switch f.Level {
		case lint.Error:
			errors++
		case lint.Warning:
			warnings++
		case lint.Note:
		}
	}
	if errors == 0 && (warnings == 0 || !strict) {
		return nil
	}
	return fmt.Errorf("%s and %s", count(errors, "error"), count(warnings, "warning"))
}

func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
