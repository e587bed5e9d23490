// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"math"
	"reflect"
	"slices"
)

// fine is the factor by which a rule's weights are multiplied where whole numbers are too coarse: a third of weight 5
// is 1.665, hence 1665 of 5000. With it every thousandth of every whole weight is whole.
const fine = 1000

// branch is one destination of a rule as the user wrote it, whether it stands there plain, split, or half.
type branch struct {
	raw    any            // the entry as it stands, whatever it is
	entry  map[string]any // the same where it is a map; a pair's two differ in subset and weight only
	host   string
	subset subset
	half   half   // of a lone half whose partner somebody removed
	pair   bool   // split in two
	first  half   // which half of the pair comes first
	weight weight // of both halves together
	canary int64  // a pair's canary part of weight; in thousandths of the user's unit once decoded

	permille int64 // the canary's share of the destination, as it stands
}

// ours reports whether the entry's subset, or its pair's, has a name of ours.
func (b branch) ours() bool { return b.pair || b.half != neither }

// rule is the routing part of one http, tls or tcp rule, its weights freed from the factor.
type rule struct {
	branches []branch
}

// single reports whether the rule has one destination. Istio then ignores its weight, 0 included.
func (r rule) single() bool { return len(r.branches) == 1 }

// carries reports whether a branch receives any traffic. In a rule of several, weight 0 or none at all means no.
func (r rule) carries(b branch) bool {
	return r.single() || b.weight.value > 0 || b.weight.form == unreadable
}

// readable reports whether every weight can be computed with.
func (r rule) readable() bool {
	for _, b := range r.branches {
		if b.weight.form == unreadable {
			return false
		}
	}
	return true
}

func (r rule) total() int64 {
	var sum int64
	for _, b := range r.branches {
		sum += b.weight.value
	}
	return sum
}

// decode reads a rule's list of destinations back into what the user wrote.
func decode(route []any) rule {
	var r rule
	for i := 0; i < len(route); i++ {
		b := readEntry(route[i])
		if i+1 < len(route) {
			if p, ok := join(b, readEntry(route[i+1])); ok {
				b = p
				i++
			}
		}
		r.branches = append(r.branches, b)
	}
	r.scale()
	return r
}

func readEntry(raw any) branch {
	entry, ok := raw.(map[string]any)
	if !ok {
		return branch{raw: raw, weight: weight{form: unreadable}}
	}
	b := branch{raw: raw, entry: entry, weight: weightOf(entry)}
	destination, ok := entry["destination"].(map[string]any)
	if !ok {
		return b
	}
	b.host, _ = destination["host"].(string)
	name, found := destination["subset"]
	text, ok := name.(string)
	if found && !ok {
		b.host = "" // not a destination that we understand, so nobody's
		return b
	}
	b.subset, b.half = parseSubset(text, found)
	if b.half == canary {
		b.canary, b.permille = b.weight.value, fine
	}
	return b
}

// join makes one branch of two neighbours, if they are the halves of one destination. Halves that were edited apart stay
// two destinations, and so do those whose sum would not be a valid weight.
func join(a, b branch) (branch, bool) {
	sum := a.weight.value + b.weight.value
	switch {
	case a.half == neither || b.half == neither || a.half == b.half || a.subset != b.subset,
		a.weight.form == unreadable || b.weight.form == unreadable || sum > math.MaxInt32,
		!alike(a.entry, b.entry):
		return branch{}, false
	}
	a.pair, a.first, a.half = true, a.half, neither
	a.weight = weight{value: sum, form: joined(a.weight.form, b.weight.form)}
	a.canary += b.canary
	a.permille = share(a.canary, sum)
	return a, true
}

// alike compares two entries without subset and weight.
func alike(a, b map[string]any) bool {
	destinationA, _ := a["destination"].(map[string]any)
	destinationB, _ := b["destination"].(map[string]any)
	return equalBut(a, b, "weight", "destination") && equalBut(destinationA, destinationB, "subset")
}

// equalBut compares two maps except for some keys.
func equalBut(a, b map[string]any, except ...string) bool {
	rest := len(b)
	for _, key := range except {
		if _, found := b[key]; found {
			rest--
		}
	}
	for key, value := range a {
		if slices.Contains(except, key) {
			continue
		}
		other, found := b[key]
		if !found || !reflect.DeepEqual(value, other) {
			return false
		}
		rest--
	}
	return rest == 0
}

// scale takes the factor out again, and turns each pair's canary weight into thousandths of the user's unit.
//
// 1665 + 3335 beside 20000, canary first, is 5 beside 20 with 1665 thousandths for the canary.
func (r *rule) scale() {
	if r.single() {
		if b := &r.branches[0]; b.pair {
			b.weight = singleWeight(b.first, b.weight)
		}
		return
	}
	unit := int64(1)
	if r.isFine() {
		unit = fine
	}
	for i := range r.branches {
		b := &r.branches[i]
		b.weight.value /= unit
		b.canary *= fine / unit
	}
}

// isFine reports whether the rule's weights were multiplied: every pair begins with its canary, and all weights agree. An
// edited rule in which they do not agree keeps the numbers it has; the proportions are the same.
func (r rule) isFine() bool {
	pairs := 0
	for _, b := range r.branches {
		if b.weight.form == unreadable || b.weight.value%fine != 0 || b.pair && b.first != canary {
			return false
		}
		if b.pair {
			pairs++
		}
	}
	return pairs > 0
}

// share is part's share of total in thousandths, rounded, but never to nothing or to everything while it is neither: a
// canary that gets one request in a million must not be taken for idle.
func share(part, total int64) int64 {
	if total <= 0 || part <= 0 {
		return 0
	}
	if part >= total {
		return fine
	}
	return min(max((part*fine+total/2)/total, 1), fine-1)
}
