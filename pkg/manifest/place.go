// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	yamlv3 "go.yaml.in/yaml/v3"
)

// Place is where a field stands: its key, or as much of the way to it as there is.
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

// lookup finds key and value below nested maps; nil where there is no such way.
func lookup(node *yamlv3.Node, path ...string) (key, value *yamlv3.Node) {
	value = node
	for _, name := range path {
		value = resolve(value)
		if value == nil || value.Kind != yamlv3.MappingNode {
			return nil, nil
		}
		key = nil
		for i := 0; i+1 < len(value.Content); i += 2 {
			if value.Content[i].Value == name {
				key, value = value.Content[i], value.Content[i+1]
				break
			}
		}
		if key == nil {
			return nil, nil
		}
	}
	return key, value
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
	if list == nil || list.Kind != yamlv3.SequenceNode || i >= len(list.Content) {
		return nil
	}
	return resolve(list.Content[i])
}
