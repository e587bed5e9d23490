// SPDX-License-Identifier: Apache-2.0

package offline

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

// Connect gives a reader of the cluster, and the namespace that is meant where
// none is named.
type Connect func() (client.Reader, string, error)

// Commands are all commands of this package. The version is told in reports.
func Commands(connect Connect, version string) []*cobra.Command {
	return []*cobra.Command{PlanCommand(connect), LintCommand(version), SimulateCommand()}
}

// output checks the value of -o.
func output(value string, allowed ...string) error {
	if value == "" || slices.Contains(allowed, value) {
		return nil
	}
	return fmt.Errorf("there is no output %q; write -o %s, or leave it out for text", value, strings.Join(allowed, " or -o "))
}

// encode writes a value as JSON or YAML.
func encode(out io.Writer, format string, value any) error {
	if format == "yaml" {
		raw, err := yaml.Marshal(value)
		if err != nil {
			return fmt.Errorf("writing YAML: %w", err)
		}
		_, err = out.Write(raw)
		return err
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	return nil
}

// several makes one error of many, each on a line of its own.
func several(what string, messages []string) error {
	if len(messages) == 1 {
		return errors.New(messages[0])
	}
	return fmt.Errorf("%s:\n  %s", what, strings.Join(messages, "\n  "))
}
