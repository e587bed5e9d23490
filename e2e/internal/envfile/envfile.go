// SPDX-License-Identifier: Apache-2.0

// Package envfile reads and writes files of KEY=value lines that a shell can source.
package envfile

import (
	"fmt"
	"os"
	"strings"
)

// Line is one variable. Their order is kept, for people read the file too.
type Line struct{ Key, Value string }

// Write writes the file, readable by its owner only: a value may be a secret.
func Write(path string, lines []Line) error {
	var text strings.Builder
	for _, line := range lines {
		fmt.Fprintf(&text, "%s=%s\n", line.Key, quote(line.Value))
	}
	return os.WriteFile(path, []byte(text.String()), 0o600)
}

// Read returns the variables of a file that Write has written.
func Read(path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	values := map[string]string{}
	for line := range strings.Lines(string(text)) {
		key, value, found := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if !found {
			return nil, fmt.Errorf("reading %s: %q is not KEY=value", path, line)
		}
		values[key] = unquote(value)
	}
	return values, nil
}

// special holds what a shell would not take as it is.
const special = " '\"\\$`&;|<>()*?[]#~!{}\t"

func quote(value string) string {
	if !strings.ContainsAny(value, special) {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}

func unquote(value string) string {
	if len(value) < 2 || value[0] != '\'' {
		return value
	}
	return strings.ReplaceAll(value[1:len(value)-1], `'\''`, "'")
}
