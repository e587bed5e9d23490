// SPDX-License-Identifier: Apache-2.0

package gates_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"

	"github.com/serin-dev/serin/pkg/checks"
	"github.com/serin-dev/serin/pkg/gates"
	"github.com/serin-dev/serin/pkg/rollout"
)

var shop = types.NamespacedName{Namespace: "web", Name: "shop"}

// hasty is a clock on which no wait lasts longer than a moment.
type hasty struct{ clock.RealClock }

func (hasty) NewTimer(time.Duration) clock.Timer { return clock.RealClock{}.NewTimer(time.Millisecond) }

// follower asks until the test ends, and tells of news.
func follower(t *testing.T, f *gates.Follower) (*gates.Follower, <-chan struct{}) {
	t.Helper()
	news := make(chan struct{}, 10)
	f.Clock, f.Changed = hasty{}, func(context.Context, types.NamespacedName) { news <- struct{}{} }
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = f.Start(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return f, news
}

func question(at string) gates.Question {
	return gates.Question{ID: "1", Gate: checks.HTTP{URL: at, Timeout: 5 * time.Second, Retries: 2}, Body: gates.Body{ID: "1", Deployment: "shop", Weight: 25}}
}

func server(t *testing.T, handle http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(handle)
	t.Cleanup(s.Close)
	return s.URL
}

func TestAnswers(t *testing.T) {
	elsewhere := server(t, func(http.ResponseWriter, *http.Request) {})
	long := strings.Repeat("no ", 1000)
	for name, test := range map[string]struct {
		handle http.HandlerFunc
		tries  int32
		want   gates.Answer
	}{
		"passed":    {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, 1, gates.Answer{State: rollout.GatePassed}},
		"refused":   {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "not\ntoday\x00", http.StatusConflict) }, 1, gates.Answer{State: rollout.GateFailed, Words: "answered 409: not today"}},
		"broken":    {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, 3, gates.Answer{State: rollout.GateFailed, Words: "answered 500 after 3 tries"}},
		"busy":      {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }, 3, gates.Answer{State: rollout.GateFailed, Words: "answered 429 after 3 tries"}},
		"talkative": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, long, http.StatusTeapot) }, 1, gates.Answer{State: rollout.GateFailed, Words: "answered 418: " + strings.TrimSpace(long[:200])}},
		"sent away": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere, http.StatusTemporaryRedirect)
		}, 1, gates.Answer{State: rollout.GateFailed, Words: "answered 307, a redirect to " + elsewhere + " that is not followed"}},
		"hung up on": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 3, gates.Answer{State: rollout.GateFailed, Words: "no answer after 3 tries: EOF"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var tries atomic.Int32
			f, news := follower(t, &gates.Follower{Own: true})
			f.Ask(shop, question(server(t, func(w http.ResponseWriter, r *http.Request) {
				tries.Add(1)
				test.handle(w, r)
			})))
			<-news
			if got := f.Answer(shop, "1"); got != test.want || tries.Load() != test.tries {
				t.Errorf("after %d tries %+v, want %d, %+v", tries.Load(), got, test.tries, test.want)
			}
		})
	}
}

func TestASecondTryMayPass(t *testing.T) {
	var tries atomic.Int32
	at := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			http.Redirect(w, r, "/there", http.StatusPermanentRedirect) // on the same host
			return
		}
		var body gates.Body
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body.Deployment != "shop" || body.Weight != 25 || r.Method != http.MethodPost {
			t.Errorf("%s %+v: %v", r.Method, body, err)
		}
		if tries.Add(1) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	f, news := follower(t, &gates.Follower{Own: true})
	f.Ask(shop, question(at))
	f.Ask(shop, question(at))
	<-news
	f.Ask(shop, question(at))
	if got := f.Answer(shop, "1"); got.State != rollout.GatePassed || tries.Load() != 2 {
		t.Errorf("after %d tries %+v", tries.Load(), got)
	}
	if got := f.Answer(shop, "2"); got != (gates.Answer{}) {
		t.Errorf("another question has an answer: %+v", got)
	}
}

func TestATryHasItsTime(t *testing.T) {
	at := server(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	f, news := follower(t, &gates.Follower{Own: true})
	q := question(at)
	q.Gate.Timeout, q.Gate.Retries = 50*time.Millisecond, 1
	f.Ask(shop, q)
	<-news
	want := gates.Answer{State: rollout.GateFailed, Words: "no answer within 50ms after 2 tries"}
	if got := f.Answer(shop, "1"); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestAQuestionThatIsDroppedIsBrokenOff(t *testing.T) {
	begun, ended := make(chan struct{}), make(chan struct{})
	at := server(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		close(begun)
		<-r.Context().Done()
		close(ended)
	})
	f, news := follower(t, &gates.Follower{Own: true})
	f.Ask(shop, question(at))
	<-begun
	f.Keep(shop, []string{"1", "2"})
	if got := f.Answer(shop, "1"); got.State != rollout.GatePending {
		t.Errorf("a question that is kept is %+v", got)
	}
	f.Keep(shop, nil)
	<-ended
	if got := f.Answer(shop, "1"); got != (gates.Answer{}) || len(news) > 0 {
		t.Errorf("a question that was dropped has an answer: %+v (%d news)", got, len(news))
	}
}

func TestThisMachineIsNotAsked(t *testing.T) {
	at := server(t, func(http.ResponseWriter, *http.Request) { t.Error("it was asked") })
	_, port, _ := strings.Cut(strings.TrimPrefix(at, "http://"), ":")
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "169.254.169.254"} {
		f, news := follower(t, &gates.Follower{})
		f.Ask(shop, question("http://"+host+":"+port))
		<-news
		if got := f.Answer(shop, "1"); got.State != rollout.GateFailed || !strings.Contains(got.Words, "the controller's own machine") {
			t.Errorf("%s: %+v", host, got)
		}
	}
}

func TestSignature(t *testing.T) {
	at := server(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("Serin-Signature") != gates.Sign([]byte("key"), r.Header.Get("Serin-Timestamp"), body) {
			w.WriteHeader(http.StatusForbidden)
		}
	})
	f, news := follower(t, &gates.Follower{Own: true, Secrets: func(_ context.Context, key types.NamespacedName) (map[string][]byte, error) {
		if key != (types.NamespacedName{Namespace: "web", Name: "board"}) {
			t.Errorf("Secret %s was read", key)
		}
		return map[string][]byte{"hmac": []byte("key")}, nil
	}})
	q := question(at)
	q.Gate.Secret = "board"
	f.Ask(shop, q)
	<-news
	if got := f.Answer(shop, "1"); got.State != rollout.GatePassed {
		t.Errorf("got %+v", got)
	}
	// By another implementation: printf '1700000000.{}' | openssl dgst -sha256 -hmac key
	if got, want := gates.Sign([]byte("key"), "1700000000", []byte("{}")), "sha256=9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae"; got != want {
		t.Errorf("the signature is %s, want %s", got, want)
	}
}

func TestWithoutItsSecretAGateWaits(t *testing.T) {
	secrets := schema.GroupResource{Resource: "secrets"}
	forbidden := errors.New(`User "system:serviceaccount:tools:serin-a" cannot get resource "secrets"`)
	for name, test := range map[string]struct {
		err   error
		data  map[string][]byte
		words string
	}{
		"forbidden": {apierrors.NewForbidden(secrets, "board", forbidden), nil, "Secret web/board cannot be read; allow it: kubectl create role serin-gate-board --namespace web --verb=get --resource=secrets --resource-name=board, " +
			"then kubectl create rolebinding serin-gate-board --namespace web --role=serin-gate-board --serviceaccount=tools:serin-a"},
		"missing":    {apierrors.NewNotFound(secrets, "board"), nil, "Secret web/board does not exist; create it with the key hmac"},
		"unreadable": {errors.New("etcd is away"), nil, "Secret web/board cannot be read: etcd is away"},
		"keyless":    {nil, map[string][]byte{"other": []byte("a")}, "Secret web/board has nothing under the key hmac"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var granted atomic.Bool
			f, news := follower(t, &gates.Follower{Own: true, Secrets: func(context.Context, types.NamespacedName) (map[string][]byte, error) {
				if granted.Load() {
					return map[string][]byte{"hmac": []byte("key")}, nil
				}
				return test.data, test.err
			}})
			q := question(server(t, func(http.ResponseWriter, *http.Request) {
				if !granted.Load() {
					t.Error("it was asked without a signature")
				}
			}))
			q.Gate.Secret = "board"
			f.Ask(shop, q)
			<-news
			if got := f.Answer(shop, "1"); !got.Stuck || got.State != rollout.GatePending || got.Words != test.words {
				t.Errorf("got %+v, want %s", got, test.words)
			}
			granted.Store(true)
			<-news
			if got := f.Answer(shop, "1"); got != (gates.Answer{State: rollout.GatePassed}) {
				t.Errorf("got %+v", got)
			}
		})
	}
}
