// SPDX-License-Identifier: Apache-2.0

package presets

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Selector selects series of one metric by conditions on labels. Its String is PromQL.
type Selector struct {
	metric  string
	fixed   []string // conditions
	choices []choice
}

// choice is a label of which some values are wanted, each a regular expression
// of a whole value.
type choice struct {
	label  string
	values []string
}

// String is the selector as PromQL writes it.
func (s Selector) String() string {
	matchers := slices.Clone(s.fixed)
	for _, c := range s.choices {
		matchers = append(matchers, matcher(c.label, "=~", strings.Join(c.values, "|")))
	}
	return s.metric + "{" + strings.Join(matchers, ",") + "}"
}

// Kind is the same for selectors that differ in nothing but the values that
// they choose, and that can be together.
func (s Selector) Kind() string {
	return s.metric + "{" + strings.Join(append(slices.Clone(s.fixed), s.Labels()...), ",") + "}"
}

// Labels are those whose values the selector chooses.
func (s Selector) Labels() []string {
	var labels []string
	for _, c := range s.choices {
		labels = append(labels, c.label)
	}
	return labels
}

// Together selects what each of some selectors of one kind does. It may select
// more, where they choose by several labels: Takes tells what is whose.
func Together(all []Selector) Selector {
	one := all[0]
	one.choices = slices.Clone(one.choices)
	for i := range one.choices {
		var values []string
		for _, s := range all {
			values = append(values, s.choices[i].values...)
		}
		slices.Sort(values)
		one.choices[i].values = slices.Compact(values)
	}
	return one
}

// Takes reports which series of Together are the selector's own, by the labels
// that it chooses by.
func (s Selector) Takes() func(labels map[string]string) bool {
	plain := make([]map[string]bool, len(s.choices))
	other := make([]*regexp.Regexp, len(s.choices))
	for i, c := range s.choices {
		var rest []string
		plain[i] = map[string]bool{}
		for _, value := range c.values {
			if word, whole := regexp.MustCompile(value).LiteralPrefix(); whole {
				plain[i][word] = true
				continue
			}
			rest = append(rest, value)
		}
		if len(rest) > 0 {
			other[i] = regexp.MustCompile("^(?:" + strings.Join(rest, "|") + ")$")
		}
	}
	return func(labels map[string]string) bool {
		for i, c := range s.choices {
			value := labels[c.label]
			if !plain[i][value] && (other[i] == nil || !other[i].MatchString(value)) {
				return false
			}
		}
		return true
	}
}

// and adds a label of which some values are wanted, none of which is a regular expression.
func (s Selector) and(label string, words ...string) Selector {
	values := make([]string, 0, len(words))
	for _, word := range words {
		values = append(values, regexp.QuoteMeta(word))
	}
	s.choices = append(slices.Clone(s.choices), choice{label, values})
	return s
}

// bucketed selects the buckets of a histogram, those with some bounds; all where none are given.
func bucketed(metric string, of Selector, bounds []string) Selector {
	of.metric = metric + "_bucket"
	if len(bounds) == 0 {
		return of
	}
	return of.and("le", bounds...)
}

// matcher is one condition on a label.
func matcher(label, operator, value string) string { return label + operator + strconv.Quote(value) }
