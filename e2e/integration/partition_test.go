// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"testing"
	"time"

	"github.com/serin-dev/serin/e2e/internal/apiproxy"
	"github.com/serin-dev/serin/e2e/internal/serin"
)

// A controller that is cut off moves nothing. When it is back it goes on with what is true by then.
func TestAPartition(t *testing.T) {
	s := startSerin(t, newProxy(t, shared, shared.token), serin.Alone...)
	same, other, gone := newShop(t, shared, s).mesh(), newShop(t, shared, s).mesh(), newShop(t, shared, s).mesh()
	for _, p := range []*shop{same, other, gone} {
		p.open(4, slow())
		p.deploy("v2")
		p.at(250)
	}
	s.Decide("", func(apiproxy.Call) apiproxy.Fate { return apiproxy.Cut })
	s.HangUp()
	from := s.Count()
	same.annotate("steps", "25,50,100")
	other.annotate("steps", "50,100")
	other.deploy("v3")
	gone.deploy("v1")
	tries(t, s, from)
	for _, p := range []*shop{same, other, gone} {
		p.at(250)
	}
	s.Decide("", func(apiproxy.Call) apiproxy.Fate { return apiproxy.Passes })
	same.promoted("v2")
	other.promoted("v3")
	other.neverStable("v2")
	gone.promoted("v1")
	gone.neverStable("v2")
	for _, p := range []*shop{same, other, gone} {
		p.neverBeyondCapacity()
	}
}

// tries waits until the controller has asked for something often, in vain.
func tries(t *testing.T, s *controller, from int) {
	t.Helper()
	deadline, tick := time.After(time.Minute), time.NewTicker(50*time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if s.Count() > from+20 {
				return
			}
		case <-deadline:
			t.Fatalf("only %d requests", s.Count()-from)
		}
	}
}
