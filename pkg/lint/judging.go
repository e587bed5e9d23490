// SPDX-License-Identifier: Apache-2.0

package lint

import (
	"context"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/checks"
	"github.com/serin-dev/serin/pkg/manifest"
)

// checkJudging reads the ConfigMap that the Deployment is judged by, as the
// controller does.
func checkJudging(_ context.Context, s subject) ([]Finding, error) {
	plan, _ := annotations.Read(s.deployment.Annotations)
	if plan.Checks == "" || !annotations.OptedIn(s.deployment.Annotations) {
		return nil, nil
	}
	name := "ConfigMap " + s.deployment.Namespace + "/" + plan.Checks
	source, found := s.set.Find("ConfigMap", s.deployment.Namespace, plan.Checks, s.namespace)
	if !found {
		return []Finding{s.find("ChecksNotGiven", Note, s.Place("metadata", "annotations", annotations.Analysis),
			"%s is in none of the files, so the checks in it are not looked at; give its file with -f, too", name)}, nil
	}
	data, readable := texts(source)
	if !readable {
		return []Finding{s.find(invalidChecks, Error, source.Place("data"), "%s: data has a value that is no string", name)}, nil
	}
	_, problems := checks.FromData(data, checks.Default())
	var all []Finding
	for _, p := range problems {
		all = append(all, s.find(invalidChecks, Error, placeIn(source, data, p), "%s: %s", name, checks.Problem{Path: p.Path, Text: p.Text}))
	}
	return all, nil
}

// texts are the data of a ConfigMap, where all of it is text.
func texts(source manifest.Object) (data map[string]string, readable bool) {
	data, _, err := unstructured.NestedStringMap(source.Object, "data")
	return data, err == nil
}

// invalidChecks is the controller's reason for all that is wrong with checks.
const invalidChecks = "InvalidChecks"

// placeIn is the line of the ConfigMap's file that the problem is at.
func placeIn(source manifest.Object, data map[string]string, p checks.Problem) manifest.Place {
	if key, found := checks.KeyIn(data); found {
		return source.Within(p.Line, "data", key)
	}
	return source.Place("data")
}
