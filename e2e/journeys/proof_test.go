// SPDX-License-Identifier: Apache-2.0

package journeys_test

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// row is one journey in the proof.
type row struct {
	journey  string
	mode     mode
	promise  string
	requests int
	failed   int
	resent   int // sent nowhere by the client's own library, and then answered
	canary   int // of the failed: what a bad canary answered, or left unanswered when it ended
	shares   []string
	took     time.Duration
}

// proof is the table that "make e2e" keeps in docs/proof.md.
var proof = &table{began: time.Now()}

type table struct {
	mu    sync.Mutex
	began time.Time
	rows  []row
	bad   int
}

func (t *table) add(r row, failed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows = append(t.rows, r)
	if failed {
		t.bad++
	}
}

const head = `# Proof

What "make e2e" counted when it last ran as a whole, on a real node: kubelet, containerd, kube-proxy, istiod, real pods. "Failed" counts every
request that was not answered as it should be; "by the canary" are those among them that a canary answered which was made to be bad, or left
unanswered when it ended. "Resent" counts calls that gRPC-Go's own library failed without sending them, at the instant of a change of routes ("unknown cluster
selected for RPC", see e2e/sample/report); the client tried again at once and was answered. Shares are step→seen: what the step asked for, where pods carry it by their ratio what their number allows, and what
clients saw. Each share lies in the binomial band of what it should be; all bands of a run together give a false alarm in one run of a thousand.

| Journey | Mode | What it proves | Requests | Failed | By the canary | Resent | Shares | Time |
|---|---|---|---:|---:|---:|---:|---|---:|
`

// write keeps the table in $PROOF, if that is set and nothing failed.
func (t *table) write() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := t.text()
	fmt.Fprint(os.Stderr, text)
	file := os.Getenv("PROOF")
	if file == "" || t.bad > 0 {
		return nil
	}
	return os.WriteFile(file, []byte(text), 0o644)
}

func (t *table) text() string {
	slices.SortFunc(t.rows, func(a, b row) int { return cmp.Compare(a.journey, b.journey) })
	var text strings.Builder
	text.WriteString(head)
	total := row{}
	for _, r := range t.rows {
		fmt.Fprintf(&text, "| %s | %s | %s | %d | %d | %d | %d | %s | %.0f s |\n", r.journey, r.mode, r.promise, r.requests, r.failed, r.canary, r.resent,
			strings.Join(r.shares, ", "), r.took.Seconds())
		total.requests, total.failed, total.canary, total.resent = total.requests+r.requests, total.failed+r.failed, total.canary+r.canary, total.resent+r.resent
	}
	fmt.Fprintf(&text, "| %d journeys | | | %d | %d | %d | %d | | %.0f s in all |\n", len(t.rows), total.requests, total.failed, total.canary, total.resent, time.Since(t.began).Seconds())
	return text.String()
}
