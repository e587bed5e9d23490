// SPDX-License-Identifier: Apache-2.0

package share

import (
	"fmt"
	"math"
	"time"

	"github.com/serin-dev/serin/pkg/analysis"
)

// Followed is what requests tell of a weight.
type Followed struct {
	// Since is when the requests began to go where the weight says; zero where
	// that is not known, for want of requests or because they do not.
	Since time.Time
	// Off says, with the numbers, that they do not; empty where that is not known.
	Off string
}

// Follow reads requests that were counted since a weight (from 0 to 1) should
// have been followed. Intervals that began before are left out, and so are those
// that do not count.
//
// One surprise is taken for chance once the weight was seen to be followed, and
// two in a row are not: of a thousand intervals one surprises, of a million one
// pair does.
func Follow(weight float64, traffic []analysis.Interval, from time.Time) (f Followed) {
	var canary, all float64
	surprises := 0
	for _, i := range traffic {
		if i.From.Before(from) || !counted(i) || i.Canary.Total+i.Stable.Total <= 0 {
			continue
		}
		canary += i.Canary.Total
		all += i.Canary.Total + i.Stable.Total
		if credible(weight, canary, all) {
			surprises, f.Off = 0, ""
			if f.Since.IsZero() {
				f.Since = i.From
			}
			continue
		}
		surprises++
		if surprises > 1 || f.Since.IsZero() {
			f = Followed{Off: fmt.Sprintf("%.0f of %.0f requests went to the canary (%.1f%%), and its weight is %.4g%%",
				canary, all, 100*canary/all, 100*weight)}
		}
		canary, all = 0, 0
	}
	return f
}

// counted: one without a request to the canary counts here.
func counted(i analysis.Interval) bool {
	return i.State == analysis.Usable || i.State == analysis.NoTraffic || i.State == analysis.WarmingUp
}

// credible: within the band, or so near to the weight that nobody is misled. With
// a million requests the band is narrower than what retries and sessions that
// stick to a pod do to it.
func credible(weight, canary, all float64) bool {
	return Within(weight, canary, all) || math.Abs(canary/all-weight) <= slack(weight)
}

// slack is a tenth of the smaller share, and from a weight of 5 % on at least
// half a percent of all requests.
func slack(weight float64) float64 {
	least := 0.0
	if weight >= 0.05 {
		least = 0.005
	}
	return max(least, min(weight, 1-weight)/10)
}
