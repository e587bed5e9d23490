// SPDX-License-Identifier: Apache-2.0

package sample_test

import (
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/serin-dev/serin/e2e/sample/internal/echo"
	"github.com/serin-dev/serin/e2e/sample/internal/load"
)

// Clients come on for a while after the sample has said that it is not ready, but not for as long as it drains.
const (
	drain       = time.Second
	propagation = drain / 2
)

func TestNoRequestIsLostOverADrain(t *testing.T) {
	t.Parallel()
	p := serve(t, "DRAIN="+drain.String(), "FAULTS=latency=50ms")
	lingering := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}
	fresh, err := load.NewHTTP("http://" + p.http() + "/")
	if err != nil {
		t.Fatal(err)
	}
	conn := dial(t, p)
	var made, failed, closing atomic.Int64
	var clients sync.WaitGroup
	stop := make(chan struct{})
	client := func(request func() bool) {
		clients.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				made.Add(1)
				if !request() {
					failed.Add(1)
				}
			}
		})
	}
	for range 5 {
		client(func() bool {
			response, err := lingering.Get("http://" + p.http() + "/")
			if err != nil {
				t.Error(err)
				return false
			}
			defer response.Body.Close()
			if response.Close {
				closing.Add(1)
			}
			_, err = io.Copy(io.Discard, response.Body)
			return err == nil && response.StatusCode == http.StatusOK
		})
		client(func() bool { return fresh.Call(t.Context()).Succeeded() })
		client(func() bool {
			_, status := echo.Call(t.Context(), conn, "")
			return status.Code() == codes.OK
		})
	}
	time.Sleep(300 * time.Millisecond)
	if closing.Load() != 0 {
		t.Error("connections are closed before the drain")
	}
	began := time.Now()
	p.signal(t)
	eventually(t, "not ready", func() bool { response, _ := get(t, p.http(), "/ready"); return response.StatusCode == 503 })
	if took := time.Since(began); took > drain/2 {
		t.Errorf("readiness failed only after %v", took)
	}
	time.Sleep(propagation)
	close(stop)
	clients.Wait()
	code := p.exit(t)
	t.Logf("%d requests, %d failed, %d told to close", made.Load(), failed.Load(), closing.Load())
	if code != 0 || failed.Load() != 0 || closing.Load() == 0 || time.Since(began) < drain {
		t.Errorf("exited with %d after %v; %d of %d requests failed, %d were told to close", code, time.Since(began), failed.Load(), made.Load(), closing.Load())
	}
}

// Who comes late is served for as long again, and no longer.
func TestTheDoorsStayOpenWhileClientsStillCome(t *testing.T) {
	t.Parallel()
	for name, stays := range map[string]time.Duration{"a while": drain * 3 / 2, "for ever": time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := serve(t, "DRAIN="+drain.String())
			fresh, err := load.NewHTTP("http://" + p.http() + "/")
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			p.signal(t)
			for time.Since(began) < stays && fresh.Call(t.Context()).Succeeded() {
				time.Sleep(10 * time.Millisecond)
			}
			if open := time.Since(began); open < min(stays, 2*drain) {
				t.Errorf("nobody was served any more after %v", open)
			}
			if code := p.exit(t); code != 0 || time.Since(began) > 3*drain {
				t.Errorf("exited with %d after %v", code, time.Since(began))
			}
		})
	}
}

func TestWhatIsInFlightAtTheEndOfTheDrainIsStillAnswered(t *testing.T) {
	t.Parallel()
	p := serve(t, "DRAIN=0s", "FAULTS=latency=700ms")
	fresh, err := load.NewHTTP("http://" + p.http() + "/")
	if err != nil {
		t.Fatal(err)
	}
	conn := dial(t, p)
	conn.Connect()
	var both sync.WaitGroup
	both.Go(func() {
		if result := fresh.Call(t.Context()); !result.Succeeded() {
			t.Errorf("HTTP: %+v", result)
		}
	})
	both.Go(func() {
		if _, status := echo.Call(t.Context(), conn, ""); status.Code() != codes.OK {
			t.Errorf("gRPC: %v", status)
		}
	})
	time.Sleep(300 * time.Millisecond)
	if code := p.terminate(t); code != 0 {
		t.Errorf("exited with %d: %s", code, p.stderr)
	}
	both.Wait()
}
