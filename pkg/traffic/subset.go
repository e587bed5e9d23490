// SPDX-License-Identifier: Apache-2.0

package traffic

import "strings"

// Subsets that our DestinationRule defines. A destination with a subset of the user's, "v1", gets "v1-serin-stable" and
// "v1-serin-canary" instead.
const (
	StableSubset = "serin-stable"
	CanarySubset = "serin-canary"
)

// EmptySubset stands for a destination that says `subset: ""`. To Istio that is no subset at all, but Restore has to
// give it back, so it must not look like a destination without the field.
const EmptySubset = "serin-empty"

// maxSubset is the longest user subset whose derived names are still valid: a subset's name is a DNS label of at most 63
// characters, and "-serin-stable" takes 13.
const maxSubset = 63 - len("-"+StableSubset)

// half is the part of a split that an entry plays.
type half int

const (
	neither half = iota // as the user wrote it
	stable
	canary
)

func (h half) name() string {
	if h == canary {
		return CanarySubset
	}
	return StableSubset
}

// subset is a destination's subset as the user wrote it.
type subset struct {
	name    string
	written bool // false: the field is absent
}

// derived is the name that a half has in the split form.
func (s subset) derived(h half) string {
	switch {
	case !s.written:
		return h.name()
	case s.name == "":
		return EmptySubset + "-" + h.name()
	default:
		return s.name + "-" + h.name()
	}
}

// splittable reports whether the derived names are valid and lead back to this subset.
func (s subset) splittable() bool {
	return len(s.name) <= maxSubset && s.name != EmptySubset
}

// key is the name that [Subsets] and [DestinationRule] use.
func (s subset) key() string {
	if s.written && s.name == "" {
		return EmptySubset
	}
	return s.name
}

func keyed(name string) subset {
	if name == EmptySubset {
		return subset{written: true}
	}
	return subset{name: name, written: name != ""}
}

// parseSubset is the reverse of derived.
func parseSubset(name string, written bool) (subset, half) {
	h := neither
	user, ok := strings.CutSuffix(name, StableSubset)
	if ok {
		h = stable
	} else if user, ok = strings.CutSuffix(name, CanarySubset); ok {
		h = canary
	}
	if ok && user == "" {
		return subset{}, h
	}
	if user, ok = strings.CutSuffix(user, "-"); h != neither && ok && user != "" {
		return keyed(user), h
	}
	return subset{name: name, written: written}, neither
}
