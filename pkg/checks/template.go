// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"text/template"

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

// Render fills the names into a query.
func Render(query string, names Names) (string, error) {
	parsed, err := template.New("query").Option("missingkey=error").Parse(query)
	if err != nil {
		return "", errors.New("is no template: " + strings.TrimPrefix(err.Error(), "template: "))
	}
	var text strings.Builder
	if err := parsed.Execute(&text, names); err != nil {
		return "", explain(err)
	}
	return text.String(), nil
}

// explain names the field that does not exist, and the one that was meant.
func explain(err error) error {
	_, after, found := strings.Cut(err.Error(), "can't evaluate field ")
	if !found {
		return errors.New("cannot be filled in: " + err.Error())
	}
	field, _, _ := strings.Cut(after, " ")
	known, lower := fields(), []string{}
	for _, k := range known {
		lower = append(lower, strings.ToLower(k))
	}
	meant := spelling.Nearest(field, lower)
	for _, k := range known {
		if strings.ToLower(k) == meant {
			return fmt.Errorf("names {{.%s}}, which there is not; did you mean {{.%s}}?", field, k)
		}
	}
	return fmt.Errorf("names {{.%s}}, which there is not; there are {{.%s}}", field, strings.Join(known, "}}, {{."))
}

func fields() []string {
	var names []string
	for field := range reflect.TypeFor[Names]().Fields() {
		names = append(names, field.Name)
	}
	return names
}
