// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"time"
)

const (
	poll    = 50 * time.Millisecond
	patient = 2 * time.Minute // a busy machine with few cores; a component that dies is noticed long before
)

// check returns nil when what it looks at is ready, and otherwise what is missing.
type check func(context.Context) error

// wait repeats the check until it passes, and says so.
func (b *bringUp) wait(ctx context.Context, what string, ready check) error {
	limit := time.Now().Add(patient)
	for {
		missing := ready(ctx)
		switch {
		case missing == nil:
			b.say("%-24s ready after %.1fs", what, time.Since(b.began).Seconds())
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case time.Now().After(limit):
			return fmt.Errorf("waiting for %s, for %s in vain: %w (see the logs in %s)", what, patient, missing, b.layout.path("logs"))
		}
		select {
		case <-ctx.Done():
		case <-time.After(poll):
		}
	}
}

// probes is for health endpoints only. The components make their own certificates, and a health check carries no secret.
var probes = &http.Client{
	Timeout:   time.Second,
	Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
}

func httpReady(url string) check {
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		response, err := probes.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answers %s", url, response.Status)
		}
		return nil
	}
}
