// SPDX-License-Identifier: Apache-2.0

package panels

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"sigs.k8s.io/yaml"
)

// Files is where the chart has them, from the root of the repository.
const Files = "charts/serin/files"

// Question is one query.
type Question struct {
	File  string // such as rollout.json
	Where string // the panel, variable, annotation or alert
	Expr  string // PromQL, with the dashboard's variables in it
	Label string // of a variable: the label whose values are asked for
}

// String names it.
func (q Question) String() string { return q.File + ": " + q.Where }

// With puts values in the place of variables.
func (q Question) With(values map[string]string) Question {
	q.Expr = variable.ReplaceAllStringFunc(q.Expr, func(text string) string {
		if value, found := values[strings.Trim(text, "${}")]; found {
			return value
		}
		return text
	})
	return q
}

var variable = regexp.MustCompile(`\$(\{[a-z_]+\}|[a-z_]+)`)

// All are the questions of all the files; root is that of the repository.
func All(root string) ([]Question, error) {
	dir := filepath.Join(root, Files)
	all, err := alerts(filepath.Join(dir, "alerts.yaml"))
	if err != nil {
		return nil, err
	}
	found, err := filepath.Glob(filepath.Join(dir, "dashboards", "*.json"))
	if err != nil || len(found) == 0 {
		return nil, fmt.Errorf("no dashboards in %s: %w", dir, err)
	}
	for _, file := range found {
		asked, err := dashboard(file)
		if err != nil {
			return nil, err
		}
		all = append(all, asked...)
	}
	return all, nil
}

func alerts(file string) (all []Question, err error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var rules struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	if err := yaml.Unmarshal(content, &rules); err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	for _, group := range rules.Groups {
		for _, rule := range group.Rules {
			all = append(all, Question{File: filepath.Base(file), Where: rule.Alert, Expr: rule.Expr})
		}
	}
	return all, nil
}

// board is what is read of a dashboard.
type board struct {
	Panels []struct {
		Title   string
		Targets []struct{ RefID, Expr string }
	}
	Annotations struct {
		List []struct{ Name, Expr string }
	}
	Templating struct {
		List []struct{ Name, Type, Definition string }
	}
}

func dashboard(file string) (all []Question, err error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var b board
	if err := json.Unmarshal(content, &b); err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	add := func(where, expr, label string) {
		all = append(all, Question{File: filepath.Base(file), Where: where, Expr: expr, Label: label})
	}
	for _, p := range b.Panels {
		for _, target := range p.Targets {
			add(p.Title+" / "+target.RefID, target.Expr, "")
		}
	}
	for _, a := range b.Annotations.List {
		if a.Expr != "" {
			add("annotation "+a.Name, a.Expr, "")
		}
	}
	for _, v := range b.Templating.List {
		if v.Type != "query" {
			continue
		}
		match := values.FindStringSubmatch(v.Definition)
		if match == nil {
			return nil, fmt.Errorf("%s: the variable %s asks for %q, and not for label_values(SELECTOR, LABEL)", file, v.Name, v.Definition)
		}
		add("variable "+v.Name, match[1], match[2])
	}
	return all, nil
}

var values = regexp.MustCompile(`^label_values\((.+), ([a-z_]+)\)$`)
