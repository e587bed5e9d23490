// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

//go:generate go test . -run TestTheReferencePageIsCurrent -update

const opening = `<!-- Generated from pkg/cli. Do not edit; run: go test ./pkg/cli -run TestTheReferencePageIsCurrent -update -->

# kubectl serin

One binary, ` + "`kubectl-serin`" + `. On the PATH it is the kubectl plugin ` + "`kubectl serin`" + `. It needs the user's own permissions only, and works
against any version of the controller, or none: what it can read it shows.

Completion of commands and of the names of opted-in Deployments: ` + "`kubectl-serin completion bash --help`" + ` and the like. For completion behind
` + "`kubectl`" + `, put an executable file ` + "`kubectl_complete-serin`" + ` on the PATH with the two lines

` + "```sh\n#!/bin/sh\nexec kubectl-serin __complete \"$@\"\n```" + `

`

// Reference is the page docs/cli.md, made from the commands themselves.
func Reference(root *cobra.Command) string {
	var page strings.Builder
	page.WriteString(opening)
	for _, group := range root.Groups() {
		fmt.Fprintf(&page, "- %s", group.Title)
		for _, command := range root.Commands() {
			if command.GroupID == group.ID {
				fmt.Fprintf(&page, " [`%s`](#%s)", command.Name(), "kubectl-serin-"+command.Name())
			}
		}
		page.WriteByte('\n')
	}
	for _, command := range root.Commands() {
		if command.IsAvailableCommand() && command.Name() != "completion" {
			describe(&page, command)
		}
	}
	page.WriteString("\n## Flags of every command\n\nAll of kubectl's flags that say where and as whom, among them:\n\n")
	table(&page, root.PersistentFlags())
	return page.String()
}

func describe(page *strings.Builder, command *cobra.Command) {
	fmt.Fprintf(page, "\n## kubectl serin %s\n\n%s.\n\n```\nkubectl serin %s\n```\n\n", command.Name(), command.Short, command.Use)
	if command.Long != "" {
		fmt.Fprintf(page, "%s\n\n", command.Long)
	}
	fmt.Fprintf(page, "```sh\n%s\n```\n", strings.ReplaceAll(strings.TrimPrefix(command.Example, "  "), "\n  ", "\n"))
	if command.LocalNonPersistentFlags().HasAvailableFlags() {
		page.WriteByte('\n')
		table(page, command.LocalNonPersistentFlags())
	}
}

func table(page *strings.Builder, flags *pflag.FlagSet) {
	page.WriteString("| Flag | Default | Meaning |\n|---|---|---|\n")
	flags.VisitAll(func(flag *pflag.Flag) {
		if flag.Hidden || flag.Name == "help" {
			return
		}
		name := "`--" + flag.Name
		if value, _ := pflag.UnquoteUsage(flag); value != "" {
			name += " " + value
		}
		if flag.Shorthand != "" {
			name = "`-" + flag.Shorthand + "`, " + name
		}
		_, usage := pflag.UnquoteUsage(flag)
		fmt.Fprintf(page, "| %s` | %s | %s |\n", name, shown(flag.DefValue), strings.ReplaceAll(usage, "|", `\|`))
	})
}

func shown(value string) string {
	if value == "" || value == "[]" || value == "false" {
		return "–"
	}
	return "`" + value + "`"
}
