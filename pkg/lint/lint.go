// SPDX-License-Identifier: Apache-2.0

package lint

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/manifest"
)

// Level is how bad a finding is.
type Level string

// The levels. They are SARIF's words.
const (
	Error   Level = "error"   // no rollout moves
	Warning Level = "warning" // a person should know
	Note    Level = "note"    // what could not be looked at
)

// Finding is one thing that is wrong.
type Finding struct {
	Rule    string         `json:"rule"` // CamelCase, the controller's reason where it has one
	Level   Level          `json:"level"`
	Message string         `json:"message"`
	Place   manifest.Place `json:"place"`
}

// String is the line that editors and compilers print.
func (f Finding) String() string {
	return fmt.Sprintf("%s:%d:%d: %s: %s: %s", f.Place.File, f.Place.Line, f.Place.Column, f.Level, f.Rule, f.Message)
}

// subject is a Deployment that takes part, and everything around it.
type subject struct {
	manifest.Known
	deployment *appsv1.Deployment
	all        []manifest.Known
	set        *manifest.Set
	namespace  string // of objects that name none
}

// others are the objects around it.
func (s subject) others() []client.Object {
	var others []client.Object
	for _, known := range s.all {
		if known.Value != s.Value {
			others = append(others, known.Value)
		}
	}
	return others
}

func (s subject) find(rule string, level Level, place manifest.Place, format string, args ...any) Finding {
	return Finding{rule, level, fmt.Sprintf(format, args...), place}
}

// inspections are independent of each other. What else a Deployment can refer to is
// one more of them.
var inspections = []func(context.Context, subject) ([]Finding, error){
	checkAnnotations, checkOptIn, checkGit, checkServices, checkRollout, checkJudging,
}

// Check finds everything that is wrong with the objects, by place. Objects
// that name no namespace are in the given one.
func Check(ctx context.Context, set *manifest.Set, namespace string) ([]Finding, error) {
	known := set.Known(namespace)
	var found []Finding
	for _, problem := range set.Problems {
		level := Error
		if problem.Rule == manifest.Repeated { // as bases and overlays do
			level = Warning
		}
		found = append(found, Finding{string(problem.Rule), level, problem.Message, problem.Place})
	}
	for _, k := range known {
		deployment, ok := k.Value.(*appsv1.Deployment)
		if !ok || !concerns(deployment) {
			continue
		}
		for _, inspect := range inspections {
			more, err := inspect(ctx, subject{k, deployment, known, set, namespace})
			if err != nil {
				return nil, fmt.Errorf("checking Deployment %s: %w", client.ObjectKeyFromObject(deployment), err)
			}
			found = append(found, more...)
		}
	}
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Place.File, b.Place.File), cmp.Compare(a.Place.Line, b.Place.Line), cmp.Compare(a.Place.Column, b.Place.Column),
			cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(found), nil
}

// concerns reports whether the Deployment has anything to do with Serin.
func concerns(d *appsv1.Deployment) bool {
	for key := range d.Annotations {
		if strings.HasPrefix(key, annotations.Prefix) {
			return true
		}
	}
	return false
}
