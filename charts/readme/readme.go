// SPDX-License-Identifier: Apache-2.0

package readme

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The table stands between these two lines.
const (
	begin = "<!-- The table is written by 'make generate' from values.yaml. -->\n"
	end   = "<!-- End of the table. -->\n"
)

// Fill returns the page with its table written anew.
func Fill(page string, values []byte) (string, error) {
	head, rest, found := strings.Cut(page, begin)
	_, tail, closed := strings.Cut(rest, end)
	if !found || !closed {
		return "", fmt.Errorf("the page has no place for the table: the lines %q and %q", begin, end)
	}
	table, err := Table(values)
	if err != nil {
		return "", err
	}
	return head + begin + "\n" + table + "\n" + end + tail, nil
}

// Table is every value with its default and its meaning.
func Table(values []byte) (string, error) {
	var file yaml.Node
	if err := yaml.Unmarshal(values, &file); err != nil {
		return "", fmt.Errorf("reading the values: %w", err)
	}
	if len(file.Content) == 0 {
		return "", errors.New("reading the values: there are none")
	}
	rows, err := rows("", file.Content[0])
	if err != nil {
		return "", err
	}
	return "| Value | Default | Meaning |\n|---|---|---|\n" + strings.Join(rows, ""), nil
}

// rows of a map: of each key with a comment one, of each without those below it.
func rows(prefix string, values *yaml.Node) (all []string, err error) {
	for i := 0; i+1 < len(values.Content); i += 2 {
		key, value := values.Content[i], values.Content[i+1]
		name := prefix + key.Value
		more := []string{}
		switch meaning, found := meaning(key.HeadComment); {
		case found:
			more, err = row(name, value, meaning)
		case value.Kind == yaml.MappingNode && len(value.Content) > 0:
			more, err = rows(name+".", value)
		default:
			err = fmt.Errorf("line %d: %s has no comment that begins with --", key.Line, name)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}

// meaning is the text of a comment after "# -- ".
func meaning(comment string) (text string, found bool) {
	_, text, found = strings.Cut("\n"+comment, "\n# -- ")
	text = strings.ReplaceAll(text, "\n# ", " ")
	return strings.ReplaceAll(text, "|", `\|`), found
}

func row(name string, value *yaml.Node, meaning string) ([]string, error) {
	var usual any
	if err := value.Decode(&usual); err != nil {
		return nil, fmt.Errorf("line %d: reading %s: %w", value.Line, name, err)
	}
	text, err := json.Marshal(usual)
	if err != nil {
		return nil, fmt.Errorf("line %d: writing %s: %w", value.Line, name, err)
	}
	return []string{fmt.Sprintf("| `%s` | `%s` | %s |\n", name, text, meaning)}, nil
}
