// SPDX-License-Identifier: Apache-2.0

package istiod_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/serin-dev/serin/pkg/istiod"
)

// running makes the follower believe that these pods run, and counts the questions.
func running(f *istiod.Follower, pods ...string) (asked *int) {
	asked = new(int)
	f.Runs = func(_ context.Context, pod types.NamespacedName, _ time.Time) (bool, error) {
		*asked++
		return slices.Contains(pods, pod.Name+"."+pod.Namespace), nil
	}
	return asked
}

func TestAnIstiodThatHasJustStartedKnowsNobody(t *testing.T) {
	c, f := setup(t)
	running(f, "a.web", "b.1.web")
	everybody := []istiod.Proxy{follows("a.web"), follows("b.1.web"), follows("gone.web")}
	c.proxies, c.routes["a.web"] = everybody, weighted(95, 5)
	follow(t, f, split(50), 0, "")
	follow(t, f, split(50), settle, "")

	at := 20 * time.Second
	c.change(func(c *control) { c.status = http.StatusInternalServerError })
	follow(t, f, split(100), at, "cannot be asked")
	c.change(func(c *control) { c.status, c.proxies, c.routes["a.web"] = 0, nil, weighted(90, 10) })
	for end := at + 30*time.Minute; at < end; at += 4 * time.Second { // however long they stay away
		f.Follow(t.Context(), key, split(100), settle, after(at))
	}
	follow(t, f, split(100), at, "lost their connection to istiod, and are not known to have gone: a.web, b.1.web")

	// One that has just come was sent nothing yet.
	c.change(func(c *control) { c.proxies = []istiod.Proxy{{ID: "a.web"}, {ID: "b.1.web"}} })
	back := at + 4*time.Second
	if served := follow(t, f, split(100), back, "").Served; !served.Equal(after(back)) {
		t.Errorf("served since %s, and the last proxy came back at %s", served, after(back))
	}
	c.change(func(c *control) { c.proxies = []istiod.Proxy{follows("a.web"), lags("b.1.web")} })
	follow(t, f, split(100), back+settle, "1 of 2 connected proxies have not acknowledged what istiod sent them: b.1.web")
	c.change(func(c *control) { c.proxies = everybody[:2] })
	last := back + settle + 2*time.Second
	if served := follow(t, f, split(100), last, "").Served; !served.Add(settle).Equal(after(last)) {
		t.Errorf("with the settle time, a hold begins at %s, and the last proxy followed at %s", served.Add(settle), after(last))
	}
}

func TestAProxyWhosePodIsGoneIsNotWaitedFor(t *testing.T) {
	c, f := setup(t)
	asked := running(f)
	c.proxies, c.routes["a.web"] = []istiod.Proxy{follows("a.web"), follows("b.web")}, weighted(95, 5)
	follow(t, f, split(50), 0, "")
	c.change(func(c *control) { c.proxies = c.proxies[:1] })
	follow(t, f, split(50), settle, "")
	if *asked != 1 {
		t.Errorf("%d pods were looked up, and one proxy had gone", *asked)
	}
}

func TestOnlyWhoWasWaitedForIsWaitedFor(t *testing.T) {
	c, f := setup(t)
	running(f, "a.web", "b.web")
	c.proxies, c.routes["a.web"] = []istiod.Proxy{follows("a.web"), lags("b.web")}, weighted(95, 5)
	follow(t, f, split(50), 0, "")
	follow(t, f, split(50), settle, "b.web")
	c.change(func(c *control) { c.proxies = []istiod.Proxy{follows("b.web")} }) // a.web had followed before it left
	follow(t, f, split(50), settle+2*time.Second, "")
}

func TestAPodThatCannotBeLookedUpIsTakenToRun(t *testing.T) {
	c, f := setup(t)
	f.Runs = func(context.Context, types.NamespacedName, time.Time) (bool, error) {
		return false, errors.New("no answer")
	}
	c.proxies, c.routes["a.web"] = []istiod.Proxy{follows("a.web"), follows("b.web")}, weighted(95, 5)
	follow(t, f, split(50), 0, "")
	c.change(func(c *control) { c.proxies = c.proxies[:1] })
	follow(t, f, split(50), settle, "lost their connection to istiod, and are not known to have gone: b.web")
}

func TestManyProxiesThatLeftAreLookedUpAFewAtATime(t *testing.T) {
	c, f := setup(t)
	asked := running(f)
	c.routes["a.web"] = weighted(95, 5)
	c.proxies = []istiod.Proxy{follows("a.web")}
	for i := range 25 {
		c.proxies = append(c.proxies, follows(fmt.Sprintf("z%02d.web", i)))
	}
	follow(t, f, split(50), 0, "")
	c.change(func(c *control) { c.proxies = c.proxies[:1] })
	at := settle
	for _, left := range []string{"z12.web, 12 more", "z22.web, 2 more", ""} {
		follow(t, f, split(50), at, left)
		at += 2 * time.Second
	}
	if *asked != 25 {
		t.Errorf("%d pods were looked up", *asked)
	}
}

func TestWhoWasThereLongAgoIsForgotten(t *testing.T) {
	c, f := setup(t)
	asked := running(f, "b.web")
	c.proxies, c.routes["a.web"] = []istiod.Proxy{follows("a.web"), follows("b.web")}, weighted(95, 5)
	follow(t, f, split(50), 0, "")
	follow(t, f, split(50), settle, "")
	c.change(func(c *control) { c.proxies, c.routes["a.web"] = c.proxies[:1], weighted(90, 10) })
	follow(t, f, split(100), time.Hour, "")
	follow(t, f, split(100), time.Hour+settle, "")
	if *asked != 0 {
		t.Errorf("%d pods were looked up", *asked)
	}
}

func TestEachConnectionOfAProxyHasToComeBack(t *testing.T) {
	c, f := setup(t)
	running(f, "a.web")
	three := []istiod.Proxy{follows("a.web"), follows("a.web"), follows("a.web")}
	c.proxies, c.routes["a.web"] = three, weighted(95, 5)
	follow(t, f, split(50), 0, "")
	follow(t, f, split(50), settle, "")
	c.change(func(c *control) { c.proxies, c.routes["a.web"] = three[:1], weighted(90, 10) })
	at := 20 * time.Second
	follow(t, f, split(100), at, "")
	follow(t, f, split(100), at+settle, "lost their connection")
	c.change(func(c *control) { c.proxies = three })
	back := at + settle + 2*time.Second
	follow(t, f, split(100), back, "")
	if served := follow(t, f, split(100), back+settle, "").Served; served.Before(after(back)) {
		t.Errorf("served since %s", served)
	}
}

func TestAConnectionThatWasClosedForGoodIsNotWaitedForLong(t *testing.T) {
	c, f := setup(t)
	running(f, "a.web")
	two := []istiod.Proxy{follows("a.web"), follows("a.web")}
	c.proxies, c.routes["a.web"] = two, weighted(95, 5)
	follow(t, f, split(50), 0, "")
	follow(t, f, split(50), settle, "")
	c.change(func(c *control) { c.proxies, c.routes["a.web"] = two[:1], weighted(90, 10) })
	at := 20 * time.Second
	follow(t, f, split(100), at, "")
	follow(t, f, split(100), at+140*time.Second, "lost their connection")
	follow(t, f, split(100), at+150*time.Second, "")
}

func TestAProxyThatChangesIstiodsIsSeenTwiceForAMoment(t *testing.T) {
	c, f := setup(t)
	running(f, "a.web")
	once := []istiod.Proxy{follows("a.web")}
	c.proxies, c.routes["a.web"] = once, weighted(95, 5)
	follow(t, f, split(50), 0, "")
	c.change(func(c *control) { c.proxies = slices.Concat(once, once) })
	follow(t, f, split(50), settle, "")
	c.change(func(c *control) { c.proxies, c.routes["a.web"] = once, weighted(90, 10) })
	follow(t, f, split(100), 20*time.Second, "")
	follow(t, f, split(100), 20*time.Second+settle, "")
}
