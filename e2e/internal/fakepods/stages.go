// SPDX-License-Identifier: Apache-2.0

package fakepods

import (
	"bytes"
	_ "embed"
	"fmt"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"
)

//go:embed status.tmpl
var statusTemplate string

//go:embed node.tmpl
var nodeTemplate string

// afterMark is what may follow a mark at the end of an image's name or tag: a duration, a version.
const (
	beforeMark = `(^|[^a-z])`
	afterMark  = `(-[0-9]+s)?(-?v?[0-9][0-9.]*)?([:@]|$)`
)

func imagePattern(mark string) string { return beforeMark + mark + afterMark }

// Stages returns KWOK's configuration: all stages of all behaviours, and of pods that have none.
func Stages() ([]byte, error) {
	objects := []any{nodeReady(), deletion(), healthy()}
	for _, b := range behaviours {
		objects = append(objects, b.object(stage{name: "start", when: isFresh, then: b.first}))
		for _, s := range b.later {
			objects = append(objects, b.object(s))
		}
	}
	var documents bytes.Buffer
	for _, object := range objects {
		document, err := yaml.Marshal(object)
		if err != nil {
			return nil, fmt.Errorf("writing a stage: %w", err)
		}
		documents.WriteString("---\n")
		documents.Write(document)
	}
	return documents.Bytes(), nil
}

const (
	isFresh  = `($s == null)`
	isGoing  = `.metadata.deletionTimestamp != null`
	noMark   = `healthy`
	noImages = `^$`
)

// nodeReady makes a node ready that is not. KWOK looks after no node unless there is a stage for nodes.
func nodeReady() any {
	ready := `.status.conditions.[] | select(.type == "Ready") | .status`
	selector := []any{map[string]any{"key": ready, "operator": "NotIn", "values": []string{"True"}}}
	return object("Node", "node-ready", selector, nil, map[string]any{"statusTemplate": nodeTemplate})
}

func deletion() any {
	return object("Pod", "pod-delete", []any{isTrue(isGoing)}, nil, map[string]any{"delete": true})
}

func healthy() any {
	selector := []any{isTrue(isGoing + ` | not`), markIs(noMark), isTrue(`.status.containerStatuses == null`)}
	return object("Pod", "pod-start", selector, nil, statusPatch(noImages, running, noMark))
}

func (b behaviour) object(s stage) any {
	selector := []any{isTrue(isGoing + ` | not`), markIs(b.mark), isTrue(b.bind() + "(" + s.when + ")")}
	var delay any
	if s.due != "" {
		delay = map[string]any{"durationMilliseconds": 0, "durationFrom": jq(b.bind() + "(" + s.due + ")")}
	}
	return object("Pod", "pod-"+b.mark+"-"+s.name, selector, delay, statusPatch(imagePattern(b.mark), s.then, b.mark))
}

// bind names, for jq, the first marked container, its status and the seconds that its image asks for.
func (b behaviour) bind() string {
	pattern := strconv.Quote(imagePattern(b.mark))
	return `first(.spec.containers[] | select(.image | test(` + pattern + `))) as $c` +
		` | (first(.status.containerStatuses[]? | select(.name == $c.name)) // null) as $s` +
		` | ((first($c.image | capture("-(?<n>[0-9]+)s(-?v?[0-9][0-9.]*)?([:@]|$)")).n | tonumber) // ` +
		strconv.Itoa(b.seconds) + `) as $seconds | `
}

// markIs selects pods by the first behaviour that one of their images asks for, so that never two stages compete.
func markIs(mark string) any {
	var marks []string
	for _, b := range behaviours {
		marks = append(marks, strconv.Quote(b.mark))
	}
	key := `[.spec.containers[].image] as $images | first((` + strings.Join(marks, ",") + `) as $mark` +
		` | select(any($images[]; test(` + strconv.Quote(beforeMark) + ` + $mark + ` + strconv.Quote(afterMark) + `))) | $mark)` +
		` // ` + strconv.Quote(noMark)
	return map[string]any{"key": key, "operator": "In", "values": []string{mark}}
}

func isTrue(expression string) any {
	return map[string]any{"key": expression, "operator": "In", "values": []string{"true"}}
}

func jq(expression string) any {
	return map[string]any{"expressionFrom": expression}
}

// precondition makes the API server refuse what was worked out from an outdated pod: KWOK may play a stage twice, and would give
// the pod a second address. The newer pod is on its way to KWOK in any case.
const precondition = `metadata:
  uid: {{ .metadata.uid | Quote }}
  resourceVersion: {{ .metadata.resourceVersion | Quote }}
status:
  `

// statusPatch sets the status of the containers whose image matches; the template says what each state looks like.
func statusPatch(pattern string, then state, mark string) any {
	variables := fmt.Sprintf("{{ $marked := %q }}{{ $then := %q }}{{ $mark := %q }}\n", pattern, then, mark)
	patch := map[string]any{
		"subresource": "status",
		"type":        "strategic",
		"template":    variables + precondition + strings.ReplaceAll(statusTemplate, "\n", "\n  "),
	}
	return map[string]any{"patches": []any{patch}}
}

func object(kind, name string, selector []any, delay, next any) any {
	spec := map[string]any{
		"resourceRef": map[string]any{"apiGroup": "v1", "kind": kind},
		"selector":    map[string]any{"matchExpressions": selector},
		"next":        next,
	}
	if delay != nil {
		spec["delay"] = delay
	}
	return map[string]any{
		"apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "Stage", "metadata": map[string]any{"name": name}, "spec": spec,
	}
}
