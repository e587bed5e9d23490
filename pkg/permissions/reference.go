// SPDX-License-Identifier: Apache-2.0

package permissions

import (
	"fmt"
	"slices"
	"strings"
)

// The table stands between these two lines of docs/security.md.
const (
	begin = "<!-- The table is written by 'make generate' from pkg/permissions/rules.go. -->\n"
	end   = "<!-- End of the table. -->\n"
)

// Fill returns the page with its table written anew.
func Fill(page string) (string, error) {
	head, rest, found := strings.Cut(page, begin)
	_, tail, closed := strings.Cut(rest, end)
	if !found || !closed {
		return "", fmt.Errorf("the page has no place for the table: the lines %q and %q", begin, end)
	}
	return head + begin + "\n" + table() + "\n" + end + tail, nil
}

// table has a row for each rule: what is allowed, where, what for, and what the fence leaves of it.
func table() string {
	var b strings.Builder
	b.WriteString("| on | allowed | what for | what the fence leaves of it |\n|---|---|---|---|\n")
	for _, rule := range Rules {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", rule.on(), strings.Join(rule.Verbs, ", "), rule.Why, rule.left())
	}
	return b.String()
}

func (r Rule) on() string {
	words := make([]string, 0, len(r.Resources))
	for _, resource := range r.Resources {
		if r.Group != "" {
			resource += "." + r.Group
		}
		words = append(words, "`"+resource+"`")
	}
	text := strings.Join(words, ", ")
	if len(r.Names) > 0 {
		text += " named `" + strings.Join(r.Names, "`, `") + "`"
	}
	if r.Own {
		text += ", in Serin's namespace"
	}
	if r.With != "" {
		text += ", with `--" + r.With + "`"
	}
	return text
}

// left is the policies' part. Nothing is left of what only reads.
func (r Rule) left() string {
	if r.Fence != "" {
		return r.Fence
	}
	if r.reads() {
		return "it reads"
	}
	return "all of it"
}

// reads reports whether nothing is changed.
func (r Rule) reads() bool {
	return !slices.ContainsFunc(r.Verbs, func(verb string) bool { return verb != "get" && verb != "list" && verb != "watch" })
}
