// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/serin-dev/serin/e2e/internal/journal"
	"github.com/serin-dev/serin/e2e/internal/serin"
)

// asked is what a gate was asked by HTTP.
type asked struct {
	ID, Gate, When     string
	Weight, NextWeight float64
	From, To           struct{ Images []string }
	signed             bool
}

// board is a server that answers gates.
type board struct {
	url string

	mu     sync.Mutex
	asked  []asked
	refuse string // the gate that does not pass
}

const boardKey = "a key that nobody guesses"

// newBoard listens where the controller may ask: on an address that is not the
// loopback's.
func newBoard(t *testing.T) *board {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(ownAddress(t), "0"))
	if err != nil {
		t.Fatal(err)
	}
	b := &board{url: "http://" + l.Addr().String()}
	server := &http.Server{Handler: b}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	return b
}

func ownAddress(t *testing.T) string {
	t.Helper()
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && n.IP.IsGlobalUnicast() {
			return n.IP.String()
		}
	}
	t.Skip("this machine has no address but the loopback's, which gates may not ask")
	return ""
}

func (b *board) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var a asked
	_ = json.Unmarshal(body, &a)
	mac := hmac.New(sha256.New, []byte(boardKey))
	_, _ = fmt.Fprintf(mac, "%s.%s", r.Header.Get("Serin-Timestamp"), body)
	a.signed = r.Header.Get("Serin-Signature") == "sha256="+hex.EncodeToString(mac.Sum(nil))
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked = append(b.asked, a)
	if b.refuse == a.Gate {
		http.Error(w, "not today", http.StatusConflict)
	}
}

func (b *board) heard() []asked {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.asked)
}

// gated writes the ConfigMap that the annotation serin.dev/analysis: gates names, and allows Jobs of gates.
func (p *shop) gated(text string) *shop {
	p.Helper()
	p.allowJobs()
	m := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "gates"}, Data: map[string]string{"checks.yaml": text}}
	if _, err := p.api.CoreV1().ConfigMaps(p.namespace).Create(p.Context(), m, metav1.CreateOptions{}); err != nil {
		p.Fatal(err)
	}
	return p
}

const smokeGate = "gates:\n- name: smoke\n  when: before-traffic\n  job: {template: {spec: {containers: [{name: smoke, image: " + registry + "smoke:v1}]}}}\n"

// job waits for the only Job, and for its pod.
func (p *shop) job() (job *batchv1.Job, pod *corev1.Pod) {
	p.Helper()
	p.await("the Job of the gate and its pod", func(v journal.View) string {
		jobs, err := p.api.BatchV1().Jobs(p.namespace).List(p.Context(), metav1.ListOptions{LabelSelector: "serin.dev/gate-of=" + p.name})
		if err != nil || len(jobs.Items) != 1 {
			return fmt.Sprintf("there are %d Jobs: %v", len(jobs.Items), err)
		}
		job = &jobs.Items[0]
		pods, err := p.api.CoreV1().Pods(p.namespace).List(p.Context(), metav1.ListOptions{LabelSelector: "serin.dev/gate-of=" + p.name})
		if err != nil || len(pods.Items) != 1 {
			return fmt.Sprintf("there are %d pods: %v", len(pods.Items), err)
		}
		pod = &pods.Items[0]
		if weight := v.Memo(p.name).Weight; weight != 0 {
			p.Fatalf("the canary has a weight of %d before its gate has passed", weight)
		}
		return ""
	})
	return job, pod
}

// ends has the pod end, as a kubelet would tell.
func (p *shop) ends(pod *corev1.Pod, phase corev1.PodPhase, code int) {
	p.Helper()
	patch := fmt.Appendf(nil, `{"status":{"phase":%q,"containerStatuses":[{"name":"smoke","image":"","imageID":"","ready":false,"restartCount":0,"state":{"terminated":{"exitCode":%d,"reason":"Error"}}}]}}`, phase, code)
	if _, err := p.api.CoreV1().Pods(p.namespace).Patch(p.Context(), pod.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status"); err != nil {
		p.Fatal(err)
	}
}

func TestGatesOfAWholeRollout(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	p := newShop(t, shared, everyones.take(t)).mesh()
	p.gated(smokeGate+fmt.Sprintf(`
- {name: load, when: before-step, http: {url: %[1]q}}
- {name: board, when: before-promotion, http: {url: %[1]q, secret: board}}
- {name: report, when: after, http: {url: %[1]q}}
`, b.url)).open(2, with(quick, "serin.dev/analysis", "gates"))
	p.keepSecret()
	p.deploy("v2")
	_, pod := p.job()
	p.ends(pod, corev1.PodSucceeded, 0)
	v := p.await("the words on the Secret", func(v journal.View) string {
		if c := v.Condition(p.name); c.Reason != "GateWaiting" || !strings.Contains(c.Message, "kubectl create role") {
			return c.Reason + " " + c.Message
		}
		return ""
	})
	if m := v.Memo(p.name); m.Weight != 1000 || m.Promoting {
		t.Errorf("the memo says %+v", m)
	}
	p.allowSecret(v.Condition(p.name).Message)
	p.promoted("v2")
	p.neverBeyondCapacity()
	var heard []string
	for _, a := range b.heard() {
		heard = append(heard, fmt.Sprintf("%s %s at %v before %v, signed %t", a.Gate, a.When, a.Weight, a.NextWeight, a.signed))
		if !slices.Equal(a.From.Images, []string{registry + "shop:v1"}) && a.Gate != "report" || !slices.Equal(a.To.Images, []string{registry + "shop:v2"}) {
			t.Errorf("asked was %+v", a)
		}
	}
	want := []string{
		"load before-step at 0 before 25, signed false", "load before-step at 25 before 50, signed false", "load before-step at 50 before 100, signed false",
		"board before-promotion at 100 before 0, signed true", "report after at 100 before 0, signed false",
	}
	if !slices.Equal(heard, want) {
		t.Errorf("asked was\n%s\nand should be\n%s", strings.Join(heard, "\n"), strings.Join(want, "\n"))
	}
}

func (p *shop) keepSecret() {
	p.Helper()
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "board"}, StringData: map[string]string{"hmac": boardKey}}
	if _, err := p.api.CoreV1().Secrets(p.namespace).Create(p.Context(), secret, metav1.CreateOptions{}); err != nil {
		p.Fatal(err)
	}
}

// allowSecret does what the condition says.
func (p *shop) allowSecret(message string) {
	p.Helper()
	for _, words := range []string{"kubectl create role serin-gate-board --namespace " + p.namespace + " --verb=get --resource=secrets --resource-name=board", "--serviceaccount=" + systemNamespace + ":serin"} {
		if !strings.Contains(message, words) {
			p.Fatalf("the condition does not say %q: %s", words, message)
		}
	}
	name := metav1.ObjectMeta{Name: "serin-gate-board"}
	role := &rbacv1.Role{ObjectMeta: name, Rules: []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"secrets"}, ResourceNames: []string{"board"}, Verbs: []string{"get"}}}}
	binding := &rbacv1.RoleBinding{ObjectMeta: name, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name.Name},
		Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Namespace: systemNamespace, Name: "serin"}}}
	if _, err := p.api.RbacV1().Roles(p.namespace).Create(p.Context(), role, metav1.CreateOptions{}); err != nil {
		p.Fatal(err)
	}
	if _, err := p.api.RbacV1().RoleBindings(p.namespace).Create(p.Context(), binding, metav1.CreateOptions{}); err != nil {
		p.Fatal(err)
	}
}

func TestAJobThatFailsRollsBackBeforeAnyTraffic(t *testing.T) {
	t.Parallel()
	p := newShop(t, shared, everyones.take(t)).mesh().gated(smokeGate).open(2, with(quick, "serin.dev/analysis", "gates"))
	p.deploy("v2")
	job, pod := p.job()
	p.ends(pod, corev1.PodFailed, 3)
	v := p.rolledBack("v1", "GateFailed")
	for _, words := range []string{"gate smoke failed", job.Name, "BackoffLimitExceeded", "exit code 3"} {
		if c := v.Condition(p.name); !strings.Contains(c.Message, words) {
			t.Errorf("the condition does not say %q: %s", words, c.Message)
		}
	}
	weights, err := p.Weights(p.name)
	if err != nil || slices.Max(weights) > 0 {
		t.Errorf("weights were %v: %v", weights, err)
	}
}

func TestAnHTTPGateThatFailsWaitsForAPerson(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	b.refuse = "board"
	p := newShop(t, shared, everyones.take(t)).gated(fmt.Sprintf("gates: [{name: board, when: before-promotion, on-failure: hold, http: {url: %q}}]", b.url)).
		open(2, with(quick, "serin.dev/analysis", "gates", "serin.dev/traffic", "replicas"))
	p.deploy("v2")
	v := p.saying("Unknown", "GateFailed")
	if c := v.Condition(p.name); !strings.Contains(c.Message, "gate board failed: answered 409: not today") {
		t.Errorf("the condition says %s", c.Message)
	}
	p.annotate("promote", "step")
	p.promoted("v2")
	if n := len(b.heard()); n != 1 {
		t.Errorf("the gate was asked %d times", n)
	}
}

func TestTheJobOfAGateEndsWithItsRollout(t *testing.T) {
	t.Parallel()
	p := newShop(t, shared, everyones.take(t)).mesh().gated(smokeGate).open(2, with(quick, "serin.dev/analysis", "gates"))
	p.deploy("v2")
	p.job()
	p.annotate("abort", "true")
	p.rolledBack("v1", "AbortRequested")
	p.await("the Job to go", func(journal.View) string {
		jobs, err := p.api.BatchV1().Jobs(p.namespace).List(p.Context(), metav1.ListOptions{})
		if err != nil || len(jobs.Items) > 0 {
			return fmt.Sprintf("there are %d Jobs: %v", len(jobs.Items), err)
		}
		return ""
	})
}

func TestAGateOutlivesItsController(t *testing.T) {
	onItsOwn(t)
	s := startSerin(t, newProxy(t, shared, shared.token), serin.Alone...)
	p := newShop(t, shared, s).mesh().gated(smokeGate).open(2, with(quick, "serin.dev/analysis", "gates"))
	p.deploy("v2")
	before, pod := p.job()
	s.Kill()
	p.ends(pod, corev1.PodSucceeded, 0)
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	p.promoted("v2")
	if after, _ := p.job(); after.UID != before.UID {
		t.Error("the gate was asked again")
	}
}
