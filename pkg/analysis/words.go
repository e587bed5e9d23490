// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// This file says numbers for people.

// number has as many digits as help: whole from 1000 on, else three that count.
func number(x float64) string {
	if math.Abs(x) >= 1000 && math.Abs(x) < 1e15 {
		return strconv.FormatFloat(math.Round(x), 'f', -1, 64)
	}
	return strconv.FormatFloat(x, 'g', 3, 64)
}

// rough has two digits that count, rounded up: it says how much to expect.
func rough(x float64) string {
	unit := math.Pow(10, max(0, math.Floor(math.Log10(max(x, 1)))-1))
	return strconv.FormatFloat(math.Ceil(x/unit)*unit, 'f', 0, 64)
}

// value keeps all digits that a person wrote.
func value(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

func clock(at time.Time) string { return at.UTC().Format("15:04:05 UTC") }

func (b Bound) words() string {
	var words []string
	if b.Min != nil {
		words = append(words, "at least "+value(*b.Min))
	}
	if b.Max != nil {
		words = append(words, "at most "+value(*b.Max))
	}
	if len(words) == 0 {
		return ""
	}
	return " (" + strings.Join(words, " and ") + " is allowed)"
}

func because(state State, why string) string {
	if why == "" {
		return string(state)
	}
	return fmt.Sprintf("%s (%s)", state, why)
}

// quantile is p50, p99 or p99.9.
func quantile(q float64) string { return "p" + strconv.FormatFloat(math.Round(q*1e6)/1e4, 'f', -1, 64) }

// bad says what a bad request of a check is.
func bad(check Check) string {
	if check.Kind == Latency {
		return "were slower than stable's " + quantile(check.Quantile)
	}
	return "failed"
}

func counted(c Counts) string {
	words := fmt.Sprintf("%s of %s requests", number(c.Bad), number(c.Total))
	if c.Total > 0 && c.Bad > 0 {
		words += fmt.Sprintf(" (%s %%)", number(100*c.Bad/c.Total))
	}
	return words
}
