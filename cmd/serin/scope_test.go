// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

func TestWhoseDeploymentsAreLookedAfter(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args  []string
		words []string // of what is wrong
	}{
		"everybody's":           {nil, nil},
		"those of labels":       {[]string{"--namespace-selector=team=web"}, nil},
		"those of namespaces":   {[]string{"--namespaces=web,api"}, nil},
		"both":                  {[]string{"--namespaces=web", "--namespace-selector=team=web"}, []string{"exclude each other"}},
		"nobody's":              {[]string{"--namespaces="}, []string{"names none"}},
		"labels that are none":  {[]string{"--namespace-selector=a=b=c"}, []string{"--namespace-selector: "}},
		"all at once":           {[]string{"--namespaces=Web,api,api"}, []string{`"Web" is not the name`, "api is there twice"}},
		"a name with a segment": {[]string{"--namespaces=web/shop"}, []string{`"web/shop" is not the name`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s scope
			flags := pflag.NewFlagSet("", pflag.ContinueOnError)
			s.add(flags, "", "")
			if err := flags.Parse(test.args); err != nil {
				t.Fatal(err)
			}
			_, problems := s.read()
			said := oneLine(problems)
			if (said != nil) != (len(test.words) > 0) {
				t.Fatalf("it says %v", said)
			}
			for _, word := range test.words {
				if !strings.Contains(said.Error(), word) {
					t.Errorf("it does not say %q: %v", word, said)
				}
			}
		})
	}
}
