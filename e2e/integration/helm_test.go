// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/serin-dev/serin/e2e/internal/helm"
	"github.com/serin-dev/serin/e2e/internal/serin"
)

// release is the chart, installed by the real Helm. No kubelet runs its pods here: of each that Helm or the Deployment makes,
// the product runs as a process, with the pod's own arguments and by its account's permissions.
type release struct {
	*testing.T
	*cluster
	chart      helm.Release
	controller *controller
	whole      *testing.T // that the release lives as long as
}

func newRelease(t *testing.T, c *cluster, name, namespace string) *release {
	t.Helper()
	chart, err := filepath.Abs(filepath.Join("..", "..", "charts", "serin"))
	if err != nil {
		t.Fatal(err)
	}
	return &release{T: t, whole: t, cluster: c, chart: helm.Release{Name: name, Namespace: namespace, Kubeconfig: c.Kubeconfig, Dir: t.TempDir(), Chart: chart}}
}

// in has another test go on with the release.
func (r *release) in(t *testing.T) *release {
	next := *r
	next.T = t
	return &next
}

func (r *release) helm(verb string, args ...string) {
	r.Helper()
	if said, err := r.chart.Run(r.Context(), verb, args...); err != nil {
		r.Fatalf("%v\n%s", err, said)
	}
}

// install returns when the controller leads.
func (r *release) install(args ...string) {
	r.Helper()
	r.helm("install", append([]string{"--create-namespace"}, args...)...)
	token, err := r.tokenIn(r.Context(), r.chart.Namespace, "serin")
	if err != nil {
		r.Fatal(err)
	}
	r.controller = &controller{Proxy: newProxy(r.whole, r.cluster, token)}
	r.start()
}

// start runs what the Deployment says now, and ends what ran before as soon as that is there, as a rolling update does.
func (r *release) start() {
	r.Helper()
	d, err := r.api.AppsV1().Deployments(r.chart.Namespace).Get(r.Context(), r.chart.Name, metav1.GetOptions{})
	if err != nil {
		r.Fatal(err)
	}
	// No two processes have the same ports here, as pods do.
	args := slices.Concat(d.Spec.Template.Spec.Containers[0].Args, []string{"--metrics-bind-address=0", "--health-probe-bind-address=0"})
	before, leader := r.controller.Process, r.leader()
	if r.controller.Process, err = serin.Start(r.controller.Kubeconfig, args...); err != nil {
		r.Fatal(err)
	}
	now := &controller{r.controller.Proxy, r.controller.Process}
	r.whole.Cleanup(func() {
		now.Kill()
		now.complain(r.whole)
		if r.whole.Failed() {
			r.whole.Log(tail(now.Log(), 8000))
		}
	})
	if before != nil {
		before.Signal(syscall.SIGTERM)
	}
	r.until("another leader", func(context.Context) bool { holder := r.leader(); return holder != "" && holder != leader })
}

// leader is who holds the lease.
func (r *release) leader() string {
	lease, err := r.api.CoordinationV1().Leases(r.chart.Namespace).Get(r.Context(), "serin", metav1.GetOptions{})
	if err != nil || lease.Spec.HolderIdentity == nil {
		return ""
	}
	return *lease.Spec.HolderIdentity
}

func (r *release) until(what string, is func(context.Context) bool) {
	r.Helper()
	err := wait.PollUntilContextTimeout(r.Context(), 50*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) { return is(ctx), nil })
	if err != nil {
		log := ""
		if r.controller != nil && r.controller.Process != nil {
			log = tail(r.controller.Log(), 4000)
		}
		r.Fatalf("waiting for %s: %v\n%s", what, err, log)
	}
}

// hook is a pod that Helm waits for, by its label.
type hook struct {
	label string
	more  []string // arguments besides those of the chart
	after func()   // is called when it has ended, and Helm does not know yet
}

// during runs Helm, and what the hook's pod says, and returns what both said, and what Helm ended in.
func (r *release) during(h hook, verb string, args ...string) (said string, err error) {
	r.Helper()
	type end struct {
		said string
		err  error
	}
	ended := make(chan end, 1)
	go func() {
		said, err := r.chart.Run(r.Context(), verb, args...)
		ended <- end{said, err}
	}()
	pod := r.podOf(h.label)
	output, code := r.execute(pod, h.more)
	if h.after != nil {
		h.after()
	}
	r.finish(pod, code)
	helm := <-ended
	return output + helm.said, helm.err
}

// podOf waits for the pod of a hook.
func (r *release) podOf(label string) (pod *corev1.Pod) {
	r.Helper()
	r.until("the pod of "+label, func(ctx context.Context) bool {
		pods, err := r.api.CoreV1().Pods(r.chart.Namespace).List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=" + label})
		if err != nil || len(pods.Items) != 1 || pods.Items[0].Status.Phase != corev1.PodRunning {
			return false
		}
		pod = &pods.Items[0]
		return true
	})
	return pod
}

// execute runs what the pod would, by the permissions of its account.
func (r *release) execute(pod *corev1.Pod, more []string) (said string, code int) {
	r.Helper()
	binary, err := serin.Binary()
	if err != nil {
		r.Fatal(err)
	}
	token, err := r.tokenIn(r.Context(), r.chart.Namespace, pod.Spec.ServiceAccountName)
	if err != nil {
		r.Fatal(err)
	}
	args := slices.Concat(pod.Spec.Containers[0].Args, more, []string{"--kubeconfig", newProxy(r.T, r.cluster, token).Kubeconfig})
	output, err := exec.CommandContext(r.Context(), binary, args...).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		r.Fatal(err)
	}
	if exit != nil {
		code = exit.ExitCode()
	}
	return string(output), code
}

// finish has the pod end, as a kubelet would tell.
func (r *release) finish(pod *corev1.Pod, code int) {
	r.Helper()
	phase := corev1.PodSucceeded
	if code != 0 {
		phase = corev1.PodFailed
	}
	container := pod.Spec.Containers[0].Name
	patch := fmt.Appendf(nil, `{"status":{"phase":%q,"containerStatuses":[{"name":%q,"image":"","imageID":"","ready":false,"restartCount":0,"state":{"terminated":{"exitCode":%d}}}]}}`, phase, container, code)
	if _, err := r.api.CoreV1().Pods(r.chart.Namespace).Patch(r.Context(), pod.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status"); err != nil {
		r.Fatal(err)
	}
}

// tested has 'helm test' find the installation well, and leave nothing behind.
func (r *release) tested(words ...string) {
	r.Helper()
	said, err := r.during(hook{label: "serin-check"}, "test")
	if err != nil || !containsAll(said, append(words, "ok       Controller: ", "ok       Permissions: ", "ok       Mesh: Istio's API is served")) {
		r.Errorf("helm test ended in %v, and said\n%s", err, said)
	}
	r.until("what the test made to be gone", func(ctx context.Context) bool {
		accounts, err := r.api.CoreV1().ServiceAccounts(r.chart.Namespace).List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=serin-check"})
		roles, wrong := r.api.RbacV1().ClusterRoles().List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=serin-check"})
		return err == nil && wrong == nil && len(accounts.Items)+len(roles.Items) == 0
	})
}
