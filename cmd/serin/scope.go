// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation"
)

// scope is whose Deployments are looked after.
type scope struct {
	selector   string
	namespaces []string
	flags      *pflag.FlagSet
}

const (
	selectorFlag   = "namespace-selector"
	namespacesFlag = "namespaces"
)

func (s *scope) add(flags *pflag.FlagSet, selector, namespaces string) {
	s.flags = flags
	flags.StringVar(&s.selector, selectorFlag, "", selector)
	flags.StringSliceVar(&s.namespaces, namespacesFlag, nil, namespaces)
}

// read returns the labels of the namespaces, and everything that is wrong with the flags.
func (s *scope) read() (selector labels.Selector, problems []error) {
	selector, err := labels.Parse(s.selector)
	if err != nil {
		problems = append(problems, fmt.Errorf("--%s: %w", selectorFlag, err))
	}
	if s.selector != "" && len(s.namespaces) > 0 {
		problems = append(problems, fmt.Errorf("--%s and --%s exclude each other: a controller that may read its own namespaces only cannot look for others by their labels", namespacesFlag, selectorFlag))
	}
	// Nobody who named namespaces means all of them.
	if s.flags.Changed(namespacesFlag) && len(s.namespaces) == 0 {
		problems = append(problems, fmt.Errorf("--%s: names none; leave the flag out to look after all", namespacesFlag))
	}
	return selector, append(problems, s.validateNames()...)
}

func (s *scope) validateNames() (problems []error) {
	for i, name := range s.namespaces {
		if len(validation.IsDNS1123Label(name)) > 0 {
			problems = append(problems, fmt.Errorf("--%s: %q is not the name of a namespace", namespacesFlag, name))
		}
		if slices.Contains(s.namespaces[:i], name) {
			problems = append(problems, errors.New("--"+namespacesFlag+": "+name+" is there twice"))
		}
	}
	return problems
}
