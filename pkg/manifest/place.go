// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"strconv"

	yamlv3 "go.yaml.in/yaml/v3"
)

// Place is where a field stands: its key, or as much of the way to it as there
// is. The elements of a list are numbers: "spec", "http", "2".
func (o Object) Place(path ...string) Place {
	at := o.node
	for i := range path {
		key, _ := lookup(o.node, path[:i+1]...)
		if key == nil {
			break
		}
		at = key
	}
	if at == nil {
		return Place{o.file, o.above + 1, 1}
	}
	return Place{o.file, o.above + max(at.Line, 1), max(at.Column, 1)}
}

// Within is the place of a line of the text that a field has: where the text is
// written line by line, as it is after a vertical bar, and else the field's.
func (o Object) Within(line int, path ...string) Place {
	at := o.Place(path...)
	_, value := lookup(o.node, path...)
	if value = resolve(value); line > 0 && value != nil && value.Kind == yamlv3.ScalarNode && value.Style&yamlv3.LiteralStyle != 0 {
		return Place{o.file, o.above + value.Line + line, 1}
	}
	return at
}

// lookup finds key and value below nested maps and lists, of which elements are
// their own keys; nil where there is no such way.
func lookup(node *yamlv3.Node, path ...string) (key, value *yamlv3.Node) {
	value = node
	for _, name := range path {
		if key, value = child(resolve(value), name); key == nil {
			return nil, nil
		}
	}
	return key, value
}

func child(node *yamlv3.Node, name string) (key, value *yamlv3.Node) {
	if node == nil {
		return nil, nil
	}
	if i, err := strconv.Atoi(name); err == nil && node.Kind == yamlv3.SequenceNode {
		found := element(node, i)
		return found, found
	}
	if node.Kind != yamlv3.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == name {
			return node.Content[i], node.Content[i+1]
		}
	}
	return nil, nil
}

// resolve follows an alias to what it stands for. One that leads to itself is refused by the parser.
func resolve(node *yamlv3.Node) *yamlv3.Node {
	if node != nil && node.Kind == yamlv3.AliasNode {
		return node.Alias
	}
	return node
}

func element(list *yamlv3.Node, i int) *yamlv3.Node {
	list = resolve(list)
	if list == nil || list.Kind != yamlv3.SequenceNode || i < 0 || i >= len(list.Content) {
		return nil
	}
	return resolve(list.Content[i])
}
