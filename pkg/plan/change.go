// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/pmezard/go-difflib/difflib"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/model"
	"github.com/serin-dev/serin/pkg/workload"
)

// changes makes one of all writes of an object, and leaves out those that only
// touch what Serin remembers.
func changes(writes []model.Write) []Change {
	type span struct{ before, after client.Object }
	spans := map[string]*span{}
	var order []string
	for _, write := range writes {
		object := write.After
		if object == nil {
			object = write.Before
		}
		name := workload.Kind(object) + " " + client.ObjectKeyFromObject(object).String()
		if spans[name] == nil {
			spans[name] = &span{before: write.Before}
			order = append(order, name)
		}
		spans[name].after = write.After
	}
	all := []Change{}
	for _, name := range order {
		if change, differs := compare(name, fields(spans[name].before), fields(spans[name].after)); differs {
			all = append(all, change)
		}
	}
	return all
}

// compare tells two states of an object apart; nil is absence.
func compare(name string, before, after map[string]any) (change Change, differs bool) {
	if reflect.DeepEqual(before, after) {
		return Change{}, false
	}
	kind, name, _ := strings.Cut(name, " ")
	change = Change{Verb: model.Update, Kind: kind, Name: name, Object: after}
	from, to := "a/"+kind+"/"+name, "b/"+kind+"/"+name
	switch {
	case before == nil:
		change.Verb, from = model.Create, "/dev/null"
	case after == nil:
		change.Verb, to = model.Delete, "/dev/null"
	}
	change.Diff = unified(from, to, text(before), text(after))
	return change, true
}

// unified is the form that patch and code hosts read.
func unified(from, to, before, after string) string {
	lines := func(text string) []string { return slices.Collect(strings.Lines(text)) }
	text, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{FromFile: from, ToFile: to, A: lines(before), B: lines(after), Context: 3})
	if err != nil {
		return err.Error() // writing into memory never fails
	}
	return text
}

func text(fields map[string]any) string {
	if fields == nil {
		return ""
	}
	raw, err := yaml.Marshal(fields)
	if err != nil {
		return fmt.Sprintf("# it cannot be shown: %v\n", err)
	}
	return string(raw)
}

// bookkeeping is what API servers write, and what Serin remembers.
var bookkeeping = [][]string{
	{"status"},
	{"metadata", "uid"},
	{"metadata", "resourceVersion"},
	{"metadata", "generation"},
	{"metadata", "creationTimestamp"},
	{"metadata", "managedFields"},
	{"metadata", "ownerReferences"},
	{"metadata", "annotations", annotations.Rollout},
	{"metadata", "annotations", annotations.Journal},
	{"metadata", "annotations", corev1.LastAppliedConfigAnnotation},
	{"spec", "template", "metadata", "creationTimestamp"},
	{"data", workload.RecordKey},
}

// fields is an object as a person would write it; nil where there is none.
func fields(object client.Object) map[string]any {
	if object == nil {
		return nil
	}
	all, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		return map[string]any{"error": err.Error()} // a typed object always converts
	}
	all = runtime.DeepCopyJSON(all)
	for _, path := range bookkeeping {
		unstructured.RemoveNestedField(all, path...)
	}
	if kept, found, _ := unstructured.NestedMap(all, "metadata", "annotations"); found && len(kept) == 0 {
		unstructured.RemoveNestedField(all, "metadata", "annotations")
	}
	if strategy, found, _ := unstructured.NestedMap(all, "spec", "strategy"); found && len(strategy) == 0 {
		unstructured.RemoveNestedField(all, "spec", "strategy")
	}
	return all
}
