// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/client-go/util/jsonpath"
	"sigs.k8s.io/yaml"
)

// output is the flag -o.
type output struct {
	format string
	wide   bool // whether wide is one of the formats
}

func (o *output) add(command *cobra.Command) {
	formats := "json, yaml, name or jsonpath=TEMPLATE"
	if o.wide {
		formats = "wide, " + formats
	}
	command.Flags().StringVarP(&o.format, "output", "o", "", "print as `FORMAT`: "+formats)
}

func (o *output) check() error {
	switch kind, template, _ := strings.Cut(o.format, "="); {
	case o.format == "", kind == "json" && template == "", kind == "yaml" && template == "", kind == "name" && template == "":
		return nil
	case kind == "wide" && o.wide, kind == "jsonpath" && template != "":
		return nil
	}
	return fmt.Errorf("%q is no format; write -o json, yaml, name or jsonpath='{.phase}'", o.format)
}

// data reports whether programs read what is printed.
func (o *output) data() bool { return o.format != "" && o.format != "wide" }

// print writes the value, or in the format name the names.
func (o *output) print(out io.Writer, value any, names []string) error {
	kind, template, _ := strings.Cut(o.format, "=")
	switch kind {
	case "name":
		for _, name := range names {
			fmt.Fprintln(out, "deployment.apps/"+name)
		}
		return nil
	case "yaml":
		text, err := yaml.Marshal(value)
		if err != nil {
			return fmt.Errorf("writing YAML: %w", err)
		}
		_, err = out.Write(text)
		return err
	case "jsonpath":
		return printPath(out, template, value)
	}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false) // people read it
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// printLine writes one JSON object in one line.
func printLine(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

func printPath(out io.Writer, template string, value any) error {
	path := jsonpath.New("output").AllowMissingKeys(true)
	if err := path.Parse(template); err != nil {
		return fmt.Errorf("reading the template of -o jsonpath: %w", err)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	var data any
	if err := json.Unmarshal(text, &data); err != nil {
		return err
	}
	if err := path.Execute(out, data); err != nil {
		return fmt.Errorf("following the template of -o jsonpath: %w", err)
	}
	_, err = fmt.Fprintln(out)
	return err
}
