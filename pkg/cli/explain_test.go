// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/record"
	"github.com/serin-dev/serin/pkg/rollout"
	"github.com/serin-dev/serin/pkg/workload"
)

// past is a rollout that ended so long ago.
func past(ago time.Duration, outcome record.Outcome, entries ...record.Entry) record.Rollout {
	r := record.Rollout{
		Began: now.Add(-ago), Ended: now.Add(-ago).Add(10 * time.Minute), Outcome: outcome, Mode: rollout.Istio,
		From: record.Revision{Number: "7", Hash: "one", Images: []string{"shop:v1"}}, To: record.Revision{Number: "8", Images: []string{"shop:v2"}},
	}
	for i, e := range entries {
		e.At = r.Began.Add(time.Duration(i) * 3 * time.Minute)
		e.Seconds = 180
		r.Entries = append(r.Entries, e)
	}
	return r
}

var begins = record.Entry{Phase: rollout.Progressing, Reason: "NewTemplate", Message: "a new template goes out as a canary: 5% → 25% → 50% → 100%, by Istio weights",
	Wrote: []string{"Deployment shop-canary", "VirtualService shop"}}

var steps = record.Entry{Phase: rollout.Progressing, Reason: "StepPassed", Weight: 250, Message: "from 5% to 25%, carried by 2 canary pods",
	Evidence: "errors: 0 of 30 requests to the canary, 0 of 270 requests to stable; evidence 1 of the 300 that fail it, 1.5 times stable's odds allowed"}

// kept are two rollouts that ended.
func kept() record.Record {
	bad := past(5*time.Hour, record.RolledBack, begins, steps,
		record.Entry{Phase: rollout.RollingBack, Reason: "CrashLoop", Weight: 250, Warning: true, Message: "pod shop-canary-x: container shop: exit code 1"})
	bad.Words = &record.Words{Pods: []record.Pod{{Name: "shop-canary-x", Ends: []string{"container shop: exit code 1, restarted 4 times"},
		Logs: []record.Log{{Container: "shop", Lines: []string{"panic: no such table"}}}}}}
	good := past(2*time.Hour, record.Promoted, begins, steps, record.Entry{Phase: rollout.Idle, Reason: "Promoted", Message: "the wanted template serves everybody"})
	return record.Record{Version: record.Version, Rollouts: []record.Rollout{bad, good}}
}

// filed is the ConfigMap with the record, which the target owns.
func filed(target *appsv1.Deployment, text string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "demo", Name: workload.RecordName(target.Name), OwnerReferences: owned(target)},
		Data: map[string]string{workload.RecordKey: text}}
}

// journalled is a rollout under way with a journal.
func journalled(d *appsv1.Deployment) {
	rolling(d)
	r := past(3*time.Minute, "", begins, steps)
	r.Ended, r.To.Number = time.Time{}, ""
	annotate(annotations.Journal, record.EncodeJournal(r))(d)
}

// records are all that can be found of a record.
func records() map[string][]runtime.Object {
	rest, under := shop(), shop(journalled)
	foreign := func(target *appsv1.Deployment) *corev1.ConfigMap {
		m := filed(target, "not ours")
		m.OwnerReferences = nil
		return m
	}
	return map[string][]runtime.Object{
		"of two rollouts":                                 {rest, filed(rest, kept().Encode())},
		"of a rollout under way":                          {under, filed(under, kept().Encode())},
		"of a rollout under way alone":                    {under},
		"that is not there":                               {rest},
		"of one not opted in":                             {shop(unseen, without("serin.dev/canary"))},
		"that belongs to somebody else":                   {rest, foreign(rest)},
		"that belongs to somebody else while one is told": {under, foreign(under)},
		"that cannot be read":                             {rest, filed(rest, "{")},
		"of a later version":                              {rest, filed(rest, `{"version":2}`)},
		"with a journal that cannot be read":              {shop(annotate(annotations.Journal, "{"))},
		"of a Deployment that is not there":               {deployment("cart", "cart:v1", 1)},
		"that cannot be read while one is told":           {under, filed(under, "{")},
	}
}

func TestExplainAndHistory(t *testing.T) {
	for name, objects := range records() {
		t.Run(name, func(t *testing.T) {
			w := newWorld(objects...)
			compare(t, "record "+name, "$ history\n"+w.everywhere(t, "history", "shop")+"$ explain\n"+w.everywhere(t, "explain", "shop"))
		})
	}
}

// TestRecordForbidden: without the permission for the ConfigMap the rollout
// under way is told all the same.
func TestRecordForbidden(t *testing.T) {
	rest, under := shop(), shop(journalled)
	for name, objects := range map[string][]runtime.Object{
		"record forbidden":              {rest, filed(rest, kept().Encode())},
		"record forbidden while one is": {under, filed(under, kept().Encode())},
	} {
		w := newWorld(objects...)
		w.PrependReactor("get", "configmaps", forbid)
		compare(t, name, "$ history\n"+w.run(t, "history", "shop")+"$ explain\n"+w.run(t, "explain", "shop")+
			"$ explain --rollout 2\n"+w.run(t, "explain", "shop", "--rollout", "2"))
	}
}

func TestRolloutByNumber(t *testing.T) {
	target := shop()
	w := newWorld(target, filed(target, kept().Encode()))
	var all strings.Builder
	for _, number := range []string{"2", "3", "0", "-1", "last"} {
		all.WriteString("$ --rollout " + number + "\n" + w.run(t, "explain", "shop", "--rollout", number))
	}
	compare(t, "explain by number", all.String())
}

func TestRecordAsData(t *testing.T) {
	target := shop()
	w := newWorld(target, filed(target, kept().Encode()))
	var all strings.Builder
	for _, line := range []string{
		"history shop -o json", "history shop -o yaml", "history shop -o name", "history shop -o jsonpath={.rollouts[*].outcome}",
		"explain shop --rollout 2 -o json", "explain shop -o yaml", "explain shop -o name", "explain shop -o jsonpath={.entries[-1].reason}", "explain shop -o table", "history shop -o wide",
	} {
		all.WriteString("$ " + line + "\n" + w.run(t, strings.Fields(line)...))
	}
	compare(t, "record as data", all.String())
}

// TestTheGapIsToldApart: what is not shown goes to the standard error, so that
// what a program reads stays what it was asked for. The harness gives both to
// one writer, so that the first line has to be the gap.
func TestTheGapIsToldApart(t *testing.T) {
	under := shop(journalled)
	w := newWorld(under, filed(under, kept().Encode()))
	w.PrependReactor("get", "configmaps", forbid)
	first, rest, _ := strings.Cut(w.run(t, "explain", "shop", "-o", "json"), "\n")
	if !strings.HasPrefix(first, "Not shown: ") || !strings.HasPrefix(rest, "{") {
		t.Errorf("printed %s\n%s", first, rest)
	}
}
