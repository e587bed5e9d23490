// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/e2e/internal/apiproxy"
	"github.com/serin-dev/serin/e2e/internal/journal"
	"github.com/serin-dev/serin/e2e/internal/serin"
)

// kept is what tests read of a rollout in the record.
type kept struct {
	Began   time.Time
	Ended   time.Time
	Outcome string
	From    struct{ Images []string }
	To      struct{ Images []string }
	Entries []struct {
		Reason, Message string
		Weight          int
		Wrote           []string
	}
	LastWords *struct {
		Pods []struct {
			Name string
			Ends []string
			Logs []struct{ Lines []string }
		}
		LeftOut []string
	}
}

// reasons are those of the entries, one after the other.
func (k kept) reasons() []string {
	var reasons []string
	for _, e := range k.Entries {
		reasons = append(reasons, e.Reason)
	}
	return reasons
}

// record is what the ConfigMap of the app holds; nothing where there is none.
func (p *shop) record() (rollouts []kept) {
	p.Helper()
	m, err := p.api.CoreV1().ConfigMaps(p.namespace).Get(p.Context(), p.name+"-serin", metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		p.Fatal(err)
	}
	var r struct {
		Version  int
		Rollouts []kept
	}
	if err := json.Unmarshal([]byte(m.Data["record.json"]), &r); err != nil || r.Version != 1 {
		p.Fatalf("the record is %s: %v", m.Data, err)
	}
	return r.Rollouts
}

// recorded asserts that the last rollout of so many ended that way, and that each of these moves is in it, once, in
// that order.
func (p *shop) recorded(number int, outcome string, moves ...string) kept {
	p.Helper()
	rollouts := p.record()
	if len(rollouts) != number {
		p.Fatalf("%d rollouts are recorded, want %d: %+v", len(rollouts), number, rollouts)
	}
	last := rollouts[number-1]
	told := slices.DeleteFunc(last.reasons(), func(r string) bool { return !slices.Contains(moves, r) })
	if last.Outcome != outcome || !slices.Equal(told, moves) {
		p.Errorf("recorded is %s by %v, want %s by %v", last.Outcome, last.reasons(), outcome, moves)
	}
	v, _ := p.Now()
	if left := v.Deployment(p.name).Annotations["serin.dev/journal"]; left != "" {
		p.Errorf("a journal is left: %s", left)
	}
	return last
}

func TestRecordOfAPromotion(t *testing.T) {
	t.Parallel()
	p := newShop(t, shared, everyones.take(t)).mesh().open(4, quick)
	p.deploy("v2")
	p.promoted("v2")
	r := p.recorded(1, "Promoted", "NewTemplate", "StepPassed", "StepPassed", "StepPassed", "AllStepsPassed", "Promoted")
	if from, to := r.From.Images, r.To.Images; !slices.Equal(from, []string{registry + "shop:v1"}) || !slices.Equal(to, []string{registry + "shop:v2"}) {
		t.Errorf("from %v to %v", from, to)
	}
	var wrote []string
	for _, e := range r.Entries {
		wrote = append(wrote, e.Wrote...)
	}
	for _, object := range []string{"DestinationRule shop-serin: created", "VirtualService shop: wrote", "Deployment shop-canary: created with 1 pod", "Deployment shop: let go", "Deployment shop-canary: deleted"} {
		if !slices.Contains(wrote, object) {
			t.Errorf("%q was not recorded, only %q", object, wrote)
		}
	}
	if r.LastWords != nil {
		t.Errorf("a canary that was promoted has last words: %+v", r.LastWords)
	}
}

// KWOK's pods have no logs, so the record says that they are left out, and why.
func TestRecordOfARollback(t *testing.T) {
	t.Parallel()
	p := newShop(t, shared, everyones.take(t)).mesh().open(4, quick)
	p.deploy("v2-oom")
	p.rolledBack("v1", "CrashLoop")
	p.await("the record", func(journal.View) string {
		if p.record() == nil {
			return "there is none"
		}
		return ""
	})
	r := p.recorded(1, "RolledBack", "NewTemplate", "CrashLoop", "CrashLoop")
	switch words := r.LastWords; {
	case words == nil || len(words.Pods) == 0:
		t.Fatalf("there are no last words: %+v", r)
	case !strings.Contains(strings.Join(words.Pods[0].Ends, " "), "OOMKilled"):
		t.Errorf("it is not told how the pod ended: %+v", words)
	case !strings.Contains(strings.Join(words.LeftOut, " "), "log of container app"):
		t.Errorf("it is not told that logs are missing: %+v", words)
	}
}

func TestRecordOfARolloutUnderWay(t *testing.T) {
	t.Parallel()
	p := newShop(t, shared, everyones.take(t)).mesh().open(2, slow())
	p.deploy("v2")
	v := p.at(250)
	var under kept
	if err := json.Unmarshal([]byte(v.Deployment(p.name).Annotations["serin.dev/journal"]), &under); err != nil {
		t.Fatal(err)
	}
	if told := under.reasons(); !slices.Equal(told[:1], []string{"NewTemplate"}) || !slices.Contains(told, "StepPassed") {
		t.Errorf("the journal tells %v", told)
	}
	if canary := v.Deployment(p.name + "-canary"); canary.Annotations["serin.dev/journal"] != "" {
		t.Error("the journal was copied to the canary")
	}
	p.deploy("v1")
	p.promoted("v1")
	p.recorded(1, "Cancelled", "NewTemplate", "StepPassed", "Cancelled", "Cancelled")
}

func TestRecordKeepsTen(t *testing.T) {
	t.Parallel()
	p := newShop(t, shared, everyones.take(t)).open(1, with(quick, "serin.dev/steps", "100", "serin.dev/hold", "0s"))
	for i := range 11 {
		p.deploy(fmt.Sprintf("v%d", i+2))
		p.promoted(fmt.Sprintf("v%d", i+2))
	}
	r := p.record()
	if len(r) != 10 || r[0].To.Images[0] != registry+"shop:v3" || r[9].To.Images[0] != registry+"shop:v12" {
		t.Errorf("%d are kept: %+v", len(r), r)
	}
}

func TestRecordGoesWithTheOptIn(t *testing.T) {
	t.Parallel()
	p := newShop(t, shared, everyones.take(t)).open(1, with(quick, "serin.dev/steps", "100"))
	p.deploy("v2")
	p.promoted("v2")
	p.recorded(1, "Promoted", "NewTemplate", "Promoted")
	p.annotate("canary", "")
	p.await("the record to go", func(journal.View) string {
		if p.record() != nil {
			return "it is there"
		}
		return ""
	})
}

// A ConfigMap that somebody else made is left alone, that is told once, and the rollout goes on.
func TestRecordInSomebodysWay(t *testing.T) {
	t.Parallel()
	p := newShop(t, shared, everyones.take(t))
	theirs := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: p.name + "-serin"}, Data: map[string]string{"theirs": "true"}}
	if _, err := p.api.CoreV1().ConfigMaps(p.namespace).Create(t.Context(), theirs, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	p.open(1, with(quick, "serin.dev/steps", "100"))
	p.deploy("v2")
	p.promoted("v2")
	p.warned("NotRecorded")
	got, err := p.api.CoreV1().ConfigMaps(p.namespace).Get(t.Context(), theirs.Name, metav1.GetOptions{})
	if err != nil || got.Data["theirs"] != "true" || len(got.Data) != 1 {
		t.Errorf("it is %v now, %v", got.Data, err)
	}
	v, _ := p.Now()
	if told := slices.DeleteFunc(v.Reasons(p.name), func(r string) bool { return r != "NotRecorded" }); len(told) != 1 {
		t.Errorf("it was told %d times", len(told))
	}
	if v.Deployment(p.name).Annotations["serin.dev/journal"] != "" {
		t.Error("a journal is left")
	}
}

// Without permissions for what the record takes, rollouts go on in both directions, and it is told what is missing.
func TestRecordForbidden(t *testing.T) {
	onItsOwn(t)
	a := newAccount(t, "forgetful")
	a.may(everything...)
	a.without("configmaps", "pods/log")
	s := startSerin(t, newProxy(t, shared, a.token(t)), serin.Alone...)
	p := newShop(t, shared, s).open(1, with(quick, "serin.dev/steps", "100"))
	p.deploy("v2")
	p.promoted("v2")
	p.refused("configmaps")
	p.deploy("v3-crash")
	p.rolledBack("v2", "CrashLoop")
	if !strings.Contains(s.Log(), `"permission":"create configmaps"`) {
		t.Error("the log does not name the permission")
	}
	p.annotate("canary", "")
	p.await("the Deployment to be let go", func(v journal.View) string {
		if d := v.Deployment(p.name); d.Annotations["serin.dev/rollout"] != "" || d.Annotations["serin.dev/journal"] != "" {
			return "it is not"
		}
		return ""
	})
}

// without takes resources out of the account's ClusterRole.
func (a *account) without(resources ...string) {
	a.Helper()
	roles := shared.api.RbacV1().ClusterRoles()
	role, err := roles.Get(a.Context(), a.name, metav1.GetOptions{})
	if err != nil {
		a.Fatal(err)
	}
	role.Rules = slices.DeleteFunc(role.Rules, func(r rbacv1.PolicyRule) bool {
		return len(r.Resources) == 1 && slices.Contains(resources, r.Resources[0])
	})
	if _, err := roles.Update(a.Context(), role, metav1.UpdateOptions{}); err != nil {
		a.Fatal(err)
	}
}

// A record that cannot be written for now waits on the Deployment, while everything else goes on.
func TestRecordIsFiledLater(t *testing.T) {
	t.Parallel()
	s := everyones.take(t)
	p := newShop(t, shared, s).open(1, with(quick, "serin.dev/steps", "100"))
	var away atomic.Bool
	away.Store(true)
	s.Decide(p.namespace, func(c apiproxy.Call) apiproxy.Fate {
		if away.Load() && c.Resource == "configmaps" && c.Write() {
			return apiproxy.Fails
		}
		return apiproxy.Passes
	})
	p.deploy("v2")
	p.promoted("v2")
	v, _ := p.Now()
	if v.Deployment(p.name).Annotations["serin.dev/journal"] == "" {
		t.Fatal("the journal is lost")
	}
	away.Store(false)
	p.await("the journal to be filed", func(v journal.View) string {
		if v.Deployment(p.name).Annotations["serin.dev/journal"] != "" {
			return "it is still there"
		}
		return ""
	})
	p.recorded(1, "Promoted", "NewTemplate", "StepPassed", "AllStepsPassed", "Promoted")
}

// A rollback waits for a log that does not come for a few seconds only.
func TestRecordNeverHoldsUpARollback(t *testing.T) {
	t.Parallel()
	s := everyones.take(t)
	p := newShop(t, shared, s).mesh().open(2, quick)
	var asked atomic.Int64
	s.Decide(p.namespace, func(c apiproxy.Call) apiproxy.Fate {
		if c.Subresource == "log" {
			asked.CompareAndSwap(0, c.At.UnixNano())
			<-t.Context().Done()
		}
		return apiproxy.Passes
	})
	p.deploy("v2-crash")
	p.rolledBack("v1", "CrashLoop")
	if asked.Load() == 0 {
		t.Fatal("no log was asked for")
	}
	condemned := s.Since(0, func(c apiproxy.Call) bool {
		return p.moves(c) && c.At.UnixNano() > asked.Load() && c.Status < http.StatusMultipleChoices
	})
	if waited := condemned[0].At.Sub(time.Unix(0, asked.Load())); waited > 5*time.Second {
		t.Errorf("the rollback waited %s for a log", waited)
	}
}
