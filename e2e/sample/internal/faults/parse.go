// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
)

// Set is the faults of one sample. The zero value is none. Durations count from when the faults were set.
type Set struct {
	ErrorRate float64    // part of the requests that fail, from 0 to 1
	ErrorCode int        // with this HTTP status; 0 is 500
	GRPCCode  codes.Code // or with this one; 0 is Internal

	Latency     time.Duration
	LatencyRate float64 // part of the requests that take so long; 0 is all

	NotReady      bool
	NotReadyAfter time.Duration // ready until then
	SlowStart     time.Duration // ready from then on

	CrashAfter time.Duration
	OOMAfter   time.Duration // then takes memory until it is killed
	ExitCode   int           // of the crash; 0 is 1
}

// key is one fault, by the name that it has in the text.
type key struct {
	name string
	of   func(*Set) value
}

// keys drives reading, writing and the help.
var keys = []key{
	{"error-rate", func(s *Set) value { return (*rate)(&s.ErrorRate) }},
	{"error-code", func(s *Set) value { return (*number)(&s.ErrorCode).between(400, 599) }},
	{"grpc-code", func(s *Set) value { return (*grpcCode)(&s.GRPCCode) }},
	{"latency", func(s *Set) value { return (*duration)(&s.Latency) }},
	{"latency-rate", func(s *Set) value { return (*rate)(&s.LatencyRate) }},
	{"not-ready", func(s *Set) value { return (*flag)(&s.NotReady) }},
	{"not-ready-after", func(s *Set) value { return (*duration)(&s.NotReadyAfter) }},
	{"slow-start", func(s *Set) value { return (*duration)(&s.SlowStart) }},
	{"crash-after", func(s *Set) value { return (*duration)(&s.CrashAfter) }},
	{"oom-after", func(s *Set) value { return (*duration)(&s.OOMAfter) }},
	{"exit-code", func(s *Set) value { return (*number)(&s.ExitCode).between(1, 125) }},
}

// Names lists every fault that there is.
func Names() []string {
	var names []string
	for _, key := range keys {
		names = append(names, key.name)
	}
	return names
}

// Parse reads faults; empty text is none. The error names every problem.
func Parse(text string) (Set, error) {
	var set Set
	var problems []error
	seen := map[string]bool{}
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		if seen[name] {
			problems = append(problems, fmt.Errorf("%s: given twice", name))
			continue
		}
		seen[name] = true
		if err := set.read(name, value); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", name, err))
		}
	}
	problems = append(problems, contradictions(seen, set)...)
	if len(problems) > 0 {
		return Set{}, errors.Join(problems...)
	}
	return set, nil
}

func (s *Set) read(name, text string) error {
	for _, key := range keys {
		if key.name == name {
			return key.of(s).read(text)
		}
	}
	return fmt.Errorf("unknown fault; there are %s", strings.Join(Names(), ", "))
}

// contradictions finds faults that have no effect beside the others, or without them.
func contradictions(given map[string]bool, set Set) []error {
	var problems []error
	report := func(wrong bool, format string, args ...any) {
		if wrong {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	for _, pair := range [][2]string{{"error-code", "error-rate"}, {"grpc-code", "error-rate"}, {"latency-rate", "latency"}, {"exit-code", "crash-after"}} {
		report(given[pair[0]] && !given[pair[1]], "%s: does nothing without %s", pair[0], pair[1])
	}
	report(given["not-ready"] && (given["not-ready-after"] || given["slow-start"]), "not-ready: leaves nothing to not-ready-after and slow-start")
	report(set.NotReadyAfter > 0 && set.NotReadyAfter <= set.SlowStart, "not-ready-after: must be longer than slow-start, or it never is ready")
	report(given["crash-after"] && given["oom-after"], "oom-after: give either this or crash-after")
	return problems
}

// String is text that Parse reads as the same faults.
func (s Set) String() string {
	var parts []string
	for _, key := range keys {
		switch text := key.of(&s).String(); text {
		case "":
		case "true":
			parts = append(parts, key.name)
		default:
			parts = append(parts, key.name+"="+text)
		}
	}
	return strings.Join(parts, ",")
}
