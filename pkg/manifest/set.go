// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"
)

// Place is a place in a file. Lines and columns begin at 1.
type Place struct {
	File   string
	Line   int
	Column int
}

// String is the form that editors and compilers know: file:line.
func (p Place) String() string { return fmt.Sprintf("%s:%d", p.File, p.Line) }

// Problem is something in a file that cannot be read as it stands.
type Problem struct {
	Rule    Rule
	Place   Place
	Message string
}

// Rule names what a Problem is about.
type Rule string

// The rules.
const (
	Unreadable Rule = "Unreadable" // it is no Kubernetes object
	NotQuoted  Rule = "NotQuoted"  // an annotation or label that is no string
	Repeated   Rule = "Repeated"   // the object is there already
)

func (p Problem) String() string { return p.Place.String() + ": " + p.Message }

// Object is one Kubernetes object, and where it stands.
type Object struct {
	*unstructured.Unstructured
	file  string
	above int // lines of the file above its document
	node  *yamlv3.Node
}

// Set is what was read.
type Set struct {
	Objects  []Object
	Problems []Problem
}

// Add reads the documents of one file.
func (s *Set) Add(file string, text []byte) {
	for _, doc := range documents(text) {
		s.addDocument(file, doc.above, doc.text)
	}
}

// Find gives the first object of a kind and name. Objects that name no namespace
// are in the fallback.
func (s *Set) Find(kind, namespace, name, fallback string) (Object, bool) {
	for _, o := range s.Objects {
		place := o.GetNamespace()
		if place == "" {
			place = fallback
		}
		if o.GetKind() == kind && o.GetName() == name && place == namespace {
			return o, true
		}
	}
	return Object{}, false
}

type document struct {
	above int
	text  []byte
}

// documents splits where kubectl does: at lines that begin with three dashes.
func documents(text []byte) []document {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	var found []document
	current, line := document{}, 0
	for raw := range bytes.SplitAfterSeq(text, []byte("\n")) {
		if bytes.HasPrefix(raw, []byte("---")) {
			found = append(found, current)
			current = document{above: line + 1}
		} else {
			current.text = append(current.text, raw...)
		}
		line++
	}
	return append(found, current)
}

func (s *Set) addDocument(file string, above int, text []byte) {
	values, err := parse(text)
	if err != nil {
		s.Problems = append(s.Problems, syntax(file, above, err))
		return
	}
	if values == nil { // nothing but comments
		return
	}
	var node yamlv3.Node
	if err := yamlv3.Unmarshal(text, &node); err != nil || len(node.Content) == 0 {
		node = yamlv3.Node{Content: []*yamlv3.Node{{Line: 1, Column: 1}}} // the two readers differ; the place is then the document
	}
	fields, ok := values.(map[string]any)
	if !ok {
		s.problem(Unreadable, Place{file, above + 1, 1}, "this is no Kubernetes object; write apiVersion, kind, metadata and spec")
		return
	}
	s.addObject(Object{&unstructured.Unstructured{Object: fields}, file, above, node.Content[0]})
}

// parse reads a document as kubectl does: by way of JSON.
func parse(text []byte) (any, error) {
	raw, err := yaml.YAMLToJSON(text)
	if err != nil {
		return nil, err
	}
	var values any
	if err := utiljson.Unmarshal(raw, &values); err != nil {
		return nil, err
	}
	return values, nil
}

func (s *Set) problem(rule Rule, at Place, format string, args ...any) {
	s.Problems = append(s.Problems, Problem{rule, at, fmt.Sprintf(format, args...)})
}

var lineInError = regexp.MustCompile(`line ([0-9]{1,9})(: ?)?`)

// syntax makes the parser's line, which counts from the document's beginning,
// one of the file.
func syntax(file string, above int, err error) Problem {
	message := strings.TrimPrefix(strings.TrimPrefix(err.Error(), "error converting YAML to JSON: "), "yaml: ")
	at := Place{file, above + 1, 1}
	if found := lineInError.FindStringSubmatch(message); found != nil {
		n, _ := strconv.Atoi(found[1])
		at.Line = above + n
		message = strings.Replace(message, found[0], "", 1)
	}
	return Problem{Unreadable, at, "the YAML cannot be read: " + strings.TrimSpace(message)}
}

// addObject takes the items of a List apart, and looks for what every object needs.
func (s *Set) addObject(o Object) {
	items, isList := o.Object["items"].([]any)
	kind, _ := o.Object["kind"].(string)
	if isList && strings.HasSuffix(kind, "List") {
		_, list := lookup(o.node, "items")
		for i, item := range items {
			fields, ok := item.(map[string]any)
			if !ok {
				s.problem(Unreadable, o.Place("items"), "item %d of the %s is no object", i, kind)
				continue
			}
			s.addObject(Object{&unstructured.Unstructured{Object: fields}, o.file, o.above, element(list, i)})
		}
		return
	}
	version, _ := o.Object["apiVersion"].(string)
	metadata, _ := o.Object["metadata"].(map[string]any)
	name, _ := metadata["name"].(string)
	for _, need := range []struct{ field, value string }{{"apiVersion", version}, {"kind", kind}, {"metadata.name", name}} {
		if need.value == "" {
			s.problem(Unreadable, o.Place(), "%s is missing", need.field)
			return
		}
	}
	s.quote(o, metadata)
	s.Objects = append(s.Objects, o)
}

// quote finds annotations and labels that are no strings, which the API server
// refuses: the most common slip there is. They are read as what was meant.
func (s *Set) quote(o Object, metadata map[string]any) {
	for _, field := range []string{"annotations", "labels"} {
		values, _ := metadata[field].(map[string]any)
		keys := make([]string, 0, len(values))
		for key := range values {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		for _, key := range keys {
			if _, ok := values[key].(string); ok {
				continue
			}
			text := fmt.Sprint(values[key])
			if values[key] == nil {
				text = ""
			}
			s.problem(NotQuoted, o.Place("metadata", field, key), "%s: the value is no string, and the API server refuses it; put it in quotes: %s: %q", key, key, text)
			values[key] = text
		}
	}
}
