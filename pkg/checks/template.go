// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"

	"github.com/serin-dev/serin/pkg/spelling"
)

// Names are what a query can name in double braces.
type Names struct {
	Namespace  string // of the Deployment
	Target     string // the Deployment
	Canary     string // the canary Deployment
	Service    string // the Service that carries the traffic
	StablePods string // a regular expression that matches the names of stable's pods, for =~
	CanaryPods string // one that matches those of the canary's
	Interval   string // of the check, such as 30s
}

// Render fills the names into a query. Nothing but names can be in the braces:
// a query is written by whoever may write a ConfigMap, and a loop would be
// carried out by the controller.
func Render(query string, names Names) (string, error) {
	parsed, err := template.New("query").Option("missingkey=error").Parse(query)
	if err != nil {
		return "", errors.New("is no template: " + strings.TrimPrefix(err.Error(), "template: "))
	}
	for _, node := range parsed.Root.Nodes {
		if err := plain(node); err != nil {
			return "", err
		}
	}
	var text strings.Builder
	if err := parsed.Execute(&text, names); err != nil {
		return "", errors.New("cannot be filled in: " + err.Error())
	}
	return text.String(), nil
}

// plain lets through text, and the name of a field that there is.
func plain(node parse.Node) error {
	if node.Type() == parse.NodeText {
		return nil
	}
	written := strings.TrimSuffix(strings.TrimPrefix(node.String(), "{{"), "}}")
	field, named := strings.CutPrefix(written, ".")
	known := fields()
	if node.Type() != parse.NodeAction || !named || strings.ContainsAny(field, " .|") {
		return fmt.Errorf("has %s, and only names can be filled in: {{.%s}}", short(node.String()), strings.Join(known, "}}, {{."))
	}
	if slices.Contains(known, field) {
		return nil
	}
	lower := make([]string, 0, len(known))
	for _, k := range known {
		lower = append(lower, strings.ToLower(k))
	}
	if which := slices.Index(lower, spelling.Nearest(field, lower)); which >= 0 {
		return fmt.Errorf("names {{.%s}}, which there is not; did you mean {{.%s}}?", short(field), known[which])
	}
	return fmt.Errorf("names {{.%s}}, which there is not; there are {{.%s}}", short(field), strings.Join(known, "}}, {{."))
}

func fields() []string {
	var names []string
	for field := range reflect.TypeFor[Names]().Fields() {
		names = append(names, field.Name)
	}
	return names
}
