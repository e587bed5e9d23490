// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"maps"
	"math"
)

// What the numbers of a split say. Nothing but the rule itself is needed to take a split back.
//
// The only destination of its rule (Istio ignores its weight, but the user may have written one):
//
//	user wrote      first    sum of the pair              at 5 %     at 33.3 %
//	no weight       stable   100, in tenths 1000          95 +  5     667 + 333
//	100             canary   100, in tenths 1000           5 + 95     333 + 667
//	0               canary   5000                        250 + 4750  1665 + 3335
//	w <= 214748     canary   w x 10000 (7: 70000)       3500 + 66500
//	w above         stable   w (rounded to the nearest whole weight)
//
// One of several destinations of its rule:
//
//	all parts whole     stable   w                 80 -> 76 + 4, legacy 20 stays 20
//	some part broken    canary   w x 1000          80 -> 26640 + 53360 at 33.3 %, legacy 20 -> 20000
//	too heavy for that  stable   w (rounded)
const (
	hundred     = 100
	zeroWritten = 5000
	unit        = 10000
)

// roundable is the least weight that may be rounded where a rule is too heavy to be multiplied: half a unit of 10000 is a
// twentieth of a thousandth.
const roundable = 10000

// singleSum is the sum of a pair, and its order, for the only destination of a rule.
func singleSum(w weight, permille int64) (sum int64, first half) {
	sum = hundred
	if permille%10 != 0 {
		sum = fine
	}
	switch {
	case w.form == absent:
		return sum, stable
	case w.value == hundred:
		return sum, canary
	case w.value == 0:
		return zeroWritten, canary
	case w.value <= math.MaxInt32/unit:
		return w.value * unit, canary
	default:
		return w.value, stable
	}
}

// singleWeight is the reverse of singleSum. Sums that singleSum never makes come from an edit, and are taken as they are.
func singleWeight(first half, sum weight) weight {
	short := sum.value == hundred || sum.value == fine
	switch {
	case first == stable && short:
		return weight{}
	case first == stable:
		return sum
	case short:
		return weight{value: hundred, form: sum.form}
	case sum.value == zeroWritten:
		return weight{form: sum.form}
	case sum.value%unit == 0:
		return weight{value: sum.value / unit, form: sum.form}
	default:
		return sum
	}
}

// encode writes a rule in which the branches that want marks as pairs are split.
func (r rule) encode() []any {
	if r.single() {
		return r.branches[0].encodeSingle()
	}
	factor, first := int64(1), stable
	if !r.whole() && r.total()*fine <= math.MaxInt32 {
		factor, first = fine, canary
	}
	route := make([]any, 0, 2*len(r.branches))
	for _, b := range r.branches {
		if b.entry == nil {
			route = append(route, b.raw)
			continue
		}
		total := b.weight.value * factor
		if b.pair {
			part := (b.canary*factor + fine/2) / fine
			route = append(route, b.halves(first, total, part)...)
			continue
		}
		route = append(route, b.plain(total))
	}
	return route
}

func (b branch) encodeSingle() []any {
	if b.entry == nil {
		return []any{b.raw}
	}
	if !b.pair {
		return []any{b.plain(b.weight.value)}
	}
	sum, first := singleSum(b.weight, b.permille)
	return b.halves(first, sum, (sum*b.permille+fine/2)/fine)
}

// whole reports whether each part of each pair is a whole number without any factor.
func (r rule) whole() bool {
	for _, b := range r.branches {
		if b.pair && b.canary%fine != 0 {
			return false
		}
	}
	return true
}

// fits reports whether the rule can be written with the thousandths it holds: exactly, or with a rounding nobody can see.
func (r rule) fits() bool {
	if !r.readable() {
		return false
	}
	if r.single() || r.whole() || r.total()*fine <= math.MaxInt32 {
		return true
	}
	for _, b := range r.branches {
		if b.pair && b.canary%fine != 0 && b.weight.value < roundable {
			return false
		}
	}
	return true
}

// halves is the branch split in two, the canary with part of total.
func (b branch) halves(first half, total, part int64) []any {
	stableEntry := b.write(b.subset.derived(stable), b.weight.form.number(total-part))
	canaryEntry := b.write(b.subset.derived(canary), b.weight.form.number(part))
	if first == canary {
		return []any{canaryEntry, stableEntry}
	}
	return []any{stableEntry, canaryEntry}
}

// plain is the branch in one piece, at most its weight changed; or the lone half of another Service's pair.
func (b branch) plain(total int64) any {
	name := any(b.subset.name)
	switch {
	case b.half != neither:
		name = b.subset.derived(b.half)
	case !b.subset.written:
		name = nil
	}
	if b.weight.form == absent || b.weight.form == unreadable {
		return b.write(name, nil)
	}
	return b.write(name, b.weight.form.number(total))
}

// write is a copy of the entry with another subset, nil for none, and another weight, nil for the one that the user had
// if we cannot read it, else for none. It shares the fields below.
func (b branch) write(subset, weight any) map[string]any {
	entry := maps.Clone(b.entry)
	if destination, ok := entry["destination"].(map[string]any); ok && b.host != "" {
		destination = maps.Clone(destination)
		put(destination, "subset", subset)
		entry["destination"] = destination
	}
	if weight != nil {
		entry["weight"] = weight
	} else if b.weight.form == absent {
		delete(entry, "weight")
	}
	return entry
}

func put(fields map[string]any, key string, value any) {
	if value == nil {
		delete(fields, key)
		return
	}
	fields[key] = value
}
