// SPDX-License-Identifier: Apache-2.0

package journeys_test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
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
	canary   int // of the failed: what a bad canary answered, or left unanswered when it ended or was ready no more
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

	memory int // MB
}

func (t *table) add(r row, failed bool) {
	t.measure()
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
unanswered when it ended or was ready no more. "Resent" counts calls that gRPC-Go's own library failed without sending them, at the instant of a change of routes ("unknown cluster
selected for RPC", see e2e/sample/report); the client tried again at once and was answered. Shares are step→seen: what the step asked for, where pods carry it by their ratio what their number allows, and what
clients saw. Each share lies in the binomial band of what it should be; all bands of a run together give a false alarm in one run of a thousand.

| Journey | Mode | What it proves | Requests | Failed | By the canary | Resent | Shares | Time |
|---|---|---|---:|---:|---:|---:|---|---:|
`

// write keeps the table in $PROOF, if that is set and nothing failed.
func (t *table) write() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := t.text() + t.cost()
	fmt.Fprint(os.Stderr, text)
	file := os.Getenv("PROOF")
	if file == "" || t.bad > 0 {
		return nil
	}
	return os.WriteFile(file, []byte(text), 0o644)
}

// cost is what the machine spent on it.
func (t *table) cost() string {
	return fmt.Sprintf("\nTogether they took %.0f minutes on %d cores, %d journeys at a time, and %d MB of memory: control plane, node, istiod, controllers, pods and tests.\n",
		time.Since(t.began).Minutes(), runtime.NumCPU(), abreast, t.memory)
}

// measure notes the memory that all processes of the lab have together, shared parts once, in MB. The most that it ever was counts.
func (t *table) measure() {
	total := 0
	files, err := filepath.Glob("/proc/[0-9]*/smaps_rollup")
	if err != nil {
		return
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		for line := range strings.Lines(string(text)) {
			var kilobytes int
			if n, _ := fmt.Sscanf(line, "Pss: %d kB", &kilobytes); n == 1 {
				total += kilobytes
			}
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.memory = max(t.memory, total/1024)
}

func (t *table) text() string {
	slices.SortFunc(t.rows, func(a, b row) int { return cmp.Compare(a.journey, b.journey) })
	var text strings.Builder
	text.WriteString(head)
	others, _ := os.ReadFile(os.Getenv("PROOF_ROWS")) // of journeys with a lab of another kind, which ran before
	text.Write(others)
	total := row{}
	for _, r := range t.rows {
		fmt.Fprintf(&text, "| %s | %s | %s | %d | %d | %d | %d | %s | %.0f s |\n", r.journey, r.mode, r.promise, r.requests, r.failed, r.canary, r.resent,
			strings.Join(r.shares, ", "), r.took.Seconds())
		total.requests, total.failed, total.canary, total.resent = total.requests+r.requests, total.failed+r.failed, total.canary+r.canary, total.resent+r.resent
	}
	fmt.Fprintf(&text, "| %d journeys | | | %d | %d | %d | %d | | %.0f s in all |\n", len(t.rows), total.requests, total.failed, total.canary, total.resent, time.Since(t.began).Seconds())
	return text.String()
}
