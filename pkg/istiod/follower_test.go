// SPDX-License-Identifier: Apache-2.0

package istiod_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/serin-dev/serin/pkg/istiod"
)

var (
	key   = types.NamespacedName{Namespace: "web", Name: "shop"}
	began = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
)

const settle = 5 * time.Second

// control is an istiod with the two answers that are asked for.
type control struct {
	mu      sync.Mutex
	proxies []istiod.Proxy
	routes  map[string]string // by proxy
	asked   map[string]int    // by path
	status  int
	stuck   chan struct{} // not nil: answers come when it is closed
	token   string
}

func (c *control) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	c.asked[r.URL.Path]++
	stuck, status := c.stuck, c.status
	if c.token != "" && r.Header.Get("Authorization") != "Bearer "+c.token {
		status = http.StatusUnauthorized
	}
	c.mu.Unlock()
	if stuck != nil {
		select {
		case <-stuck:
		case <-r.Context().Done():
		}
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	dump, found := c.routes[r.URL.Query().Get("proxyID")]
	switch {
	case status != 0:
		w.WriteHeader(status)
	case r.URL.Path == "/debug/syncz":
		_ = json.NewEncoder(w).Encode(c.proxies)
	case !found:
		w.WriteHeader(http.StatusNotFound)
	default:
		_, _ = w.Write([]byte(dump))
	}
}

func (c *control) change(do func(*control)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	do(c)
}

func (c *control) questions() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asked["/debug/syncz"] + c.asked["/debug/config_dump"]
}

func setup(t *testing.T) (*control, *istiod.Follower) {
	t.Helper()
	c := &control{routes: map[string]string{}, asked: map[string]int{}}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	return c, &istiod.Follower{Client: &istiod.Client{Addresses: []string{server.URL}}}
}

// follows is a proxy that acknowledged what it was sent.
func follows(id string) istiod.Proxy {
	return istiod.Proxy{ID: id, RouteSent: "1", RouteAcked: "1"}
}

// lags is a proxy that did not.
func lags(id string) istiod.Proxy {
	return istiod.Proxy{ID: id, RouteSent: "2", RouteAcked: "1"}
}

// weighted is a configuration that splits calls of shop.
func weighted(stable, canary int) string {
	return fmt.Sprintf(`{"configs":[{"virtualHosts":[{"routes":[{"route":{"weightedClusters":{"clusters":[
		{"name":"outbound|80|serin-stable|shop.web.svc.cluster.local","weight":%d},
		{"name":"outbound|80|serin-canary|shop.web.svc.cluster.local","weight":%d},
		{"name":"outbound|80||legacy.web.svc.cluster.local","weight":7}]}}}]}]}]}`, stable, canary)
}

const plain = `{"configs":[{"virtualHosts":[{"routes":[{"route":{"cluster":"outbound|80||shop.web.svc.cluster.local"}}]}]}]}`

const elsewhere = `{"configs":[{"virtualHosts":[{"routes":[{"route":{"cluster":"outbound|80||other.web.svc.cluster.local"}}]}]}]}`

func split(permille int) istiod.Want {
	return istiod.Want{Host: "shop.web.svc.cluster.local", Split: true, Permille: permille, Print: fmt.Sprint(permille)}
}

func after(d time.Duration) time.Time { return began.Add(d) }

// follow asks, and fails the test unless the answer begins as it should.
func follow(t *testing.T, f *istiod.Follower, want istiod.Want, at time.Duration, lagging string) istiod.Answer {
	t.Helper()
	answer := f.Follow(t.Context(), key, want, settle, after(at))
	if (lagging == "") != (answer.Lagging == "") || !strings.Contains(answer.Lagging, lagging) {
		t.Fatalf("after %s the answer is %q and should tell %q", at, answer.Lagging, lagging)
	}
	return answer
}

func TestRoutesAreServedWhenProxiesAreSentThem(t *testing.T) {
	c, f := setup(t)
	c.proxies, c.routes["a.web"] = []istiod.Proxy{follows("a.web")}, weighted(100, 0)
	follow(t, f, split(50), 0, "does not serve the routes to shop.web.svc.cluster.local yet (seen at proxy a.web)")
	c.change(func(c *control) { c.routes["a.web"] = weighted(95, 5) })
	follow(t, f, split(50), 500*time.Millisecond, "does not serve") // no more than one question a second
	if served := follow(t, f, split(50), 2*time.Second, "").Served; !served.Equal(after(2 * time.Second)) {
		t.Errorf("served since %s", served)
	}
}

func TestRestoredRoutesAreServedWhenNoProxySeesOurSubsets(t *testing.T) {
	c, f := setup(t)
	c.proxies, c.routes["a.web"] = []istiod.Proxy{follows("a.web")}, weighted(100, 0)
	restored := istiod.Want{Host: "shop.web.svc.cluster.local"}
	follow(t, f, restored, 0, "does not serve")
	c.change(func(c *control) { c.routes["a.web"] = plain })
	follow(t, f, restored, 2*time.Second, "")
}

func TestEveryProxyHasToAcknowledgeAfterTheSettleTime(t *testing.T) {
	c, f := setup(t)
	c.routes["a.web"] = weighted(95, 5)
	c.proxies = []istiod.Proxy{follows("a.web"), lags("b.web"), lags("c.far")}
	follow(t, f, split(50), 0, "")
	follow(t, f, split(50), settle, "2 of 3 connected proxies have not acknowledged what istiod sent them: b.web, c.far")
	c.change(func(c *control) { c.proxies = []istiod.Proxy{lags("a.web"), follows("b.web"), lags("c.far")} })
	follow(t, f, split(50), settle+2*time.Second, "1 of 3 connected proxies have not acknowledged what istiod sent them: c.far")
	c.change(func(c *control) { c.proxies = []istiod.Proxy{follows("a.web"), lags("b.web")} })
	follow(t, f, split(50), settle+4*time.Second, "")
}

func TestARefusalIsToldInTheProxysWords(t *testing.T) {
	c, f := setup(t)
	c.routes["a.web"] = weighted(95, 5)
	var refusing []istiod.Proxy
	text := `[{"proxy":"a.web","route_sent":"2","route_acked":"1","resources":{"type.googleapis.com/envoy.config.route.v3.RouteConfiguration":{"lastError":"unknown cluster"}}}]`
	if err := json.Unmarshal([]byte(text), &refusing); err != nil {
		t.Fatal(err)
	}
	c.proxies = refusing
	follow(t, f, split(50), 0, "")
	follow(t, f, split(50), settle, "a.web (refuses: unknown cluster)")
}

func TestNothingIsAskedOnceProxiesFollow(t *testing.T) {
	c, f := setup(t)
	c.proxies, c.routes["a.web"] = []istiod.Proxy{follows("a.web")}, weighted(95, 5)
	follow(t, f, split(50), 0, "")
	follow(t, f, split(50), settle, "")
	asked := c.questions()
	follow(t, f, split(50), time.Hour, "")
	if c.questions() != asked {
		t.Error("istiod was asked although nothing is awaited")
	}
	c.change(func(c *control) { c.status = http.StatusInternalServerError })
	follow(t, f, split(100), time.Hour, "istiod cannot be asked")
}

func TestAProxyThatCannotReachTheServiceNeedNotShowIt(t *testing.T) {
	c, f := setup(t)
	c.proxies = []istiod.Proxy{follows("a.web"), follows("gone.web")}
	c.routes["a.web"] = elsewhere
	follow(t, f, split(50), 0, "")
	follow(t, f, split(50), settle, "")
}

func TestAFewProxiesAreLookedAtAndThoseOfTheNamespaceFirst(t *testing.T) {
	c, f := setup(t)
	for i := range 200 {
		id := fmt.Sprintf("a%03d.far", i)
		c.proxies = append(c.proxies, follows(id))
		c.routes[id] = elsewhere
	}
	c.proxies, c.routes["z.web"] = append(c.proxies, follows("z.web")), weighted(100, 0)
	follow(t, f, split(50), 0, "seen at proxy z.web")
	if dumps := c.asked["/debug/config_dump"]; dumps > 10 {
		t.Errorf("%d config dumps were asked for", dumps)
	}
}

func TestARestartFindsWhenRoutesWereSent(t *testing.T) {
	c, f := setup(t)
	c.routes["a.web"] = weighted(95, 5)
	sent := fmt.Sprintf(`[{"proxy":"a.web","resources":{"type.googleapis.com/envoy.config.route.v3.RouteConfiguration":{"sentTime":%q}}}]`, after(-time.Hour).Format(time.RFC3339))
	if err := json.Unmarshal([]byte(sent), &c.proxies); err != nil {
		t.Fatal(err)
	}
	follow(t, f, split(50), 0, "")
	if served := follow(t, f, split(50), settle, "").Served; !served.Equal(after(-time.Hour)) {
		t.Errorf("served since %s, and were sent an hour ago", served)
	}
}

func TestAnIstiodThatDoesNotAnswerHoldsUpOneCallerOnce(t *testing.T) {
	c, f := setup(t)
	c.stuck = make(chan struct{})
	t.Cleanup(func() { close(c.stuck) })
	first := make(chan istiod.Answer)
	go func() { first <- f.Follow(t.Context(), key, split(50), settle, began) }()
	for c.questions() == 0 {
		time.Sleep(time.Millisecond)
	}
	other := types.NamespacedName{Namespace: "web", Name: "other"}
	if answer := f.Follow(t.Context(), other, split(50), settle, began); !strings.Contains(answer.Lagging, "another rollout") {
		t.Errorf("a second caller is told %q", answer.Lagging)
	}
	if answer := <-first; !strings.Contains(answer.Lagging, "no answer within 2s") {
		t.Errorf("the first caller is told %q", answer.Lagging)
	}
	asked := c.questions()
	if answer := f.Follow(t.Context(), other, split(50), settle, after(time.Second)); !strings.Contains(answer.Lagging, "no answer within 2s") || c.questions() != asked {
		t.Errorf("a third caller is told %q after %d more questions", answer.Lagging, c.questions()-asked)
	}
}

func TestWhatKeepsIstiodFromBeingAsked(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + listener.Addr().String()
	_ = listener.Close()
	for name, tt := range map[string]struct {
		arrange func(*control, *istiod.Client)
		says    string
	}{
		"nobody listens":          {func(_ *control, c *istiod.Client) { c.Addresses = []string{closed} }, "connection refused"},
		"the name is not known":   {func(_ *control, c *istiod.Client) { c.Addresses = []string{"http://istiod.invalid:15014"} }, "istiod.invalid is not known to DNS"},
		"the token is not known":  {func(c *control, _ *istiod.Client) { c.token = "secret" }, "DEBUG_ENDPOINT_AUTH_ALLOWED_NAMESPACES"},
		"there is no token":       {func(_ *control, c *istiod.Client) { c.TokenFile = "/nowhere/token" }, "reading the token for istiod: open /nowhere/token"},
		"it is not istiod at all": {func(c *control, _ *istiod.Client) { c.status = http.StatusTeapot }, "418"},
		"one of two is down":      {func(_ *control, c *istiod.Client) { c.Addresses = append(c.Addresses, closed) }, "connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			c, f := setup(t)
			tt.arrange(c, f.Client)
			follow(t, f, split(50), 0, tt.says)
		})
	}
}

func TestTheTokenIsReadEachTime(t *testing.T) {
	c, f := setup(t)
	f.Client.TokenFile = filepath.Join(t.TempDir(), "token")
	for i, token := range []string{"first", "second"} {
		if err := os.WriteFile(f.Client.TokenFile, []byte(token+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		c.change(func(c *control) { c.token = token })
		follow(t, f, split(50+i), 0, "")
	}
}
