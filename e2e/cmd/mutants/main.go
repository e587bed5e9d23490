// SPDX-License-Identifier: Apache-2.0

// Command mutants is the test of the journeys: it puts a fault into the controller, and the journey that is to guard against it has
// to fail for that reason. A fault that no journey notices is an error.
//
//	mutants [NAME...]
//
// It is run in the repository's root, which it does not change, with $LAB_BIN and with the images in bin/images.
package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"sigs.k8s.io/yaml"
)

//go:embed mutants.yaml
var list []byte

// mutant is one fault.
type mutant struct {
	Name    string `json:"name"`
	Breaks  string `json:"breaks"` // the invariant
	Edits   []edit `json:"edits"`
	Journey string `json:"journey"` // that has to fail, as go test's -run has it
	Says    string `json:"says"`    // what it has to print
}

// edit replaces a text that stands in a file exactly once.
type edit struct {
	File    string `json:"file"`
	Replace string `json:"replace"`
	With    string `json:"with"`
}

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, names []string) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	chosen, err := choose(names)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	survived := 0
	for _, m := range chosen {
		began := time.Now()
		fmt.Fprintf(os.Stderr, "%s: %s\n", m.Name, m.Journey)
		what := "caught"
		if err := m.try(ctx); err != nil {
			what = err.Error()
			survived++
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%.0f s\t%s\n", m.Name, m.Breaks, m.Journey, time.Since(began).Seconds(), what)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if survived > 0 {
		return fmt.Errorf("%d of %d faults were not caught", survived, len(chosen))
	}
	fmt.Printf("All %d faults were caught.\n", len(chosen))
	return nil
}

// choose reads the list, and checks it as a whole.
func choose(names []string) ([]mutant, error) {
	var all []mutant
	if err := yaml.UnmarshalStrict(list, &all); err != nil {
		return nil, fmt.Errorf("reading the list of faults: %w", err)
	}
	var known, problems []string
	for _, m := range all {
		known = append(known, m.Name)
		problems = append(problems, m.problems()...)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			problems = append(problems, fmt.Sprintf("there is no fault %q, but %s", name, strings.Join(known, ", ")))
		}
	}
	if len(problems) > 0 {
		return nil, fmt.Errorf("%s", strings.Join(problems, "\n"))
	}
	if len(names) == 0 {
		return all, nil
	}
	return slices.DeleteFunc(all, func(m mutant) bool { return !slices.Contains(names, m.Name) }), nil
}
