// SPDX-License-Identifier: Apache-2.0

package traffic

import "math"

// form is how a weight stands in the object. It is kept, so that what was absent stays absent and a float stays a float.
type form int

const (
	absent form = iota
	integer
	float
	unreadable // null, text, negative, a fraction, beyond int32: the API server takes none of these
)

// weight is a destination's weight. Istio's weights are int32 and relative: 995 and 5 are 99.5 % and 0.5 %.
type weight struct {
	value int64 // 0 when absent
	form  form
}

func weightOf(entry map[string]any) weight {
	raw, found := entry["weight"]
	if !found {
		return weight{}
	}
	w := weight{form: unreadable}
	switch n := raw.(type) {
	case int64:
		w = weight{value: n, form: integer}
	case float64:
		if n == math.Trunc(n) && math.Abs(n) <= math.MaxInt32 {
			w = weight{value: int64(n), form: float}
		}
	}
	if w.value < 0 || w.value > math.MaxInt32 {
		return weight{form: unreadable}
	}
	return w
}

// number is n in the form that the user's weight had; a weight we add is an integer.
func (f form) number(n int64) any {
	if f == float {
		return float64(n)
	}
	return n
}

// joined is the form of a pair's weight: a float only when both are.
func joined(a, b form) form {
	if a == float && b == float {
		return float
	}
	return integer
}
