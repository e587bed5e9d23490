// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/serin-dev/serin/pkg/spelling"
)

// reader collects problems.
type reader struct {
	problems []Problem
	later    []func() // what needs the whole
}

func (r *reader) fault(at *yaml.Node, path, text string) {
	r.problems = append(r.problems, Problem{Line: at.Line, Path: path, Text: text})
}

func (r *reader) faulty(path string) bool {
	return slices.ContainsFunc(r.problems, func(p Problem) bool { return p.Path == path })
}

// object reads the fields of a mapping, and returns those that are written; nil
// where it is none.
func object[T any](r *reader, at *yaml.Node, path string, fields []field[T], into *T) map[string]*yaml.Node {
	if at.Kind != yaml.MappingNode {
		r.fault(at, path, "is not a list of fields such as \"interval: 10s\"")
		return nil
	}
	known, written := make([]string, 0, len(fields)), map[string]*yaml.Node{}
	for _, f := range fields {
		known = append(known, f.name)
	}
	for i := 0; i+1 < len(at.Content); i += 2 {
		key, value := at.Content[i], at.Content[i+1]
		place := strings.TrimPrefix(path+"."+key.Value, ".")
		which := slices.Index(known, key.Value)
		switch {
		case which < 0:
			r.fault(key, place, unknown(key.Value, known))
			continue
		case written[key.Value] != nil:
			r.fault(key, place, "is written twice")
			continue
		}
		written[key.Value] = key
		if err := fields[which].read(r, value, place, into); err != nil {
			r.fault(key, place, err.Error())
		}
	}
	return written
}

func scalar(at *yaml.Node) (string, error) {
	switch {
	case at.Kind == yaml.AliasNode:
		return "", fmt.Errorf("is an alias; write the value itself")
	case at.Kind != yaml.ScalarNode:
		return "", fmt.Errorf("is not a single value")
	case strings.TrimSpace(at.Value) == "":
		return "", fmt.Errorf("has no value; write one, or remove it")
	}
	return strings.TrimSpace(at.Value), nil
}

func float(at *yaml.Node, lowest, highest float64) (float64, error) {
	text, err := scalar(at)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return 0, fmt.Errorf("%q is not a number", short(text))
	}
	if n < lowest || n > highest {
		return 0, fmt.Errorf("%s is outside of the range from %g to %g", text, lowest, highest)
	}
	return n, nil
}

type reading[T any] = func(*reader, *yaml.Node, string, *T) error

func number[T any](place func(*T) *float64, lowest, highest float64) reading[T] {
	return func(_ *reader, at *yaml.Node, _ string, into *T) error {
		n, err := float(at, lowest, highest)
		if err == nil {
			*place(into) = n
		}
		return err
	}
}

func bound[T any](place func(*T) **float64) reading[T] {
	return func(_ *reader, at *yaml.Node, _ string, into *T) error {
		n, err := float(at, -math.MaxFloat64, math.MaxFloat64)
		if err == nil {
			*place(into) = &n
		}
		return err
	}
}

func whole[T any](place func(*T) *int) reading[T] {
	return func(_ *reader, at *yaml.Node, _ string, into *T) error {
		n, err := float(at, 0, mostReadings)
		if err == nil && n != math.Trunc(n) {
			err = fmt.Errorf("%s is not a whole number", at.Value)
		}
		if err == nil {
			*place(into) = int(n)
		}
		return err
	}
}

func span[T any](place func(*T) *time.Duration, shortest time.Duration) reading[T] {
	return func(_ *reader, at *yaml.Node, _ string, into *T) error {
		text, err := scalar(at)
		if err != nil {
			return err
		}
		d, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("%q is not a duration; write for example 30s or 5m", short(text))
		}
		if d < shortest || d > longestTime {
			return fmt.Errorf("%s is outside of the range from %s to 24h", text, shortest)
		}
		*place(into) = d
		return nil
	}
}

func word[T, V any](known map[string]V, put func(*T, V)) reading[T] {
	return func(_ *reader, at *yaml.Node, _ string, into *T) error {
		text, err := scalar(at)
		if err != nil {
			return err
		}
		value, found := known[text]
		if !found {
			words := slices.Sorted(maps.Keys(known))
			last := len(words) - 1
			return fmt.Errorf("%q cannot be; write %s or %s", short(text), strings.Join(words[:last], ", "), words[last])
		}
		put(into, value)
		return nil
	}
}

var goodName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)

func readName(at *yaml.Node, into *string) error {
	text, err := scalar(at)
	if err == nil && !goodName.MatchString(text) {
		err = fmt.Errorf("%q cannot be the name of a check; write at most 63 small letters, digits and hyphens", short(text))
	}
	if err == nil {
		*into = text
	}
	return err
}

// sample is what a query is tried with.
var sample = Names{Namespace: "web", Target: "shop", Canary: "shop-canary", Service: "shop", StablePods: "shop-.*", CanaryPods: "shop-canary-.*", Interval: "30s"}

func readQuery(at *yaml.Node, into *string) error {
	text, err := scalar(at)
	if err == nil {
		_, err = Render(text, sample)
	}
	if err == nil {
		*into = text
	}
	return err
}

// unknown says what was meant by a field that there is not.
func unknown(name string, known []string) string {
	if meant := spelling.Nearest(name, known); meant != "" {
		return "unknown field; did you mean " + meant + "?"
	}
	return "unknown field; there are " + strings.Join(known, ", ")
}

// short repeats what was found, cut to a length that leaves a message readable.
func short(text string) string {
	const longest = 60
	if runes := []rune(text); len(runes) > longest {
		return string(runes[:longest]) + "…"
	}
	return text
}
