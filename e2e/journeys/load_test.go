// SPDX-License-Identifier: Apache-2.0

package journeys_test

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/serin-dev/serin/e2e/internal/journal"
	"github.com/serin-dev/serin/e2e/sample/report"
)

// rate is how many requests a second the clients of one journey make.
const rate = 200

// startLoad starts the clients, and returns when they are served.
func (p *shop) startLoad() {
	p.Helper()
	service, err := p.api.CoreV1().Services(p.namespace).Get(p.Context(), app, metav1.GetOptions{})
	p.must(err)
	args := []string{"load", fmt.Sprintf("--rate=%d", cmp.Or(p.pace, rate))}
	if p.mode == mesh {
		args = append(args, fmt.Sprintf("--grpc=xds:///%s.%s.svc.cluster.local:9090", app, p.namespace), "--xds-server="+p.xds())
	} else {
		args = append(args, fmt.Sprintf("--http=http://%s:80/", service.Spec.ClusterIP))
	}
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "clients"},
		Spec: corev1.PodSpec{
			TerminationGracePeriodSeconds: new(int64),
			RestartPolicy:                 corev1.RestartPolicyNever,
			Containers: []corev1.Container{{
				// Clients are many machines elsewhere. Here they are one pod among all others, and must not wait for those that start.
				Resources: cpu("100m"),
				Name:      "load", Image: registry + "sample:v1", ImagePullPolicy: corev1.PullNever, Args: args,
				Env: []corev1.EnvVar{
					{Name: "WORKLOAD", Value: "clients"},
					{Name: "POD_NAME", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.name"}}},
					{Name: "POD_IP", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "status.podIP"}}},
					{Name: "NAMESPACE", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.namespace"}}},
				},
				ReadinessProbe: &corev1.Probe{
					ProbeHandler:  corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/ready", Port: intstr.FromInt32(8080)}},
					PeriodSeconds: 1, TimeoutSeconds: 2,
				},
			}},
		},
	}
	_, err = p.api.CoreV1().Pods(p.namespace).Create(p.Context(), pod, metav1.CreateOptions{})
	p.must(err)
	v := p.await("the clients to be served", func(v journal.View) string {
		if clients := journal.Get[*corev1.Pod](v, "Pod", "clients"); clients == nil || !journal.IsReady(clients) {
			return "they are not"
		}
		return ""
	})
	p.load = report.Client{Address: net.JoinHostPort(journal.Get[*corev1.Pod](v, "Pod", "clients").Status.PodIP, "8080")}
	p.began = time.Now()
}

// xds is where the clients ask for routes.
func (p *shop) xds() string {
	if p.routed != nil {
		return p.routed()
	}
	return p.IstiodGRPC
}

// requests are those that began in a stretch of time; a zero end is now.
func (p *shop) requests(from, to time.Time) report.Requests {
	p.Helper()
	if to.IsZero() {
		to = time.Now()
	}
	ctx, cancel := context.WithTimeout(p.Context(), time.Minute)
	defer cancel()
	requests, err := p.load.Requests(ctx, from, to)
	p.must(err)
	if !requests.Complete || requests.InFlight > 0 {
		p.Fatalf("the clients have forgotten some of their requests, or still wait for %d", requests.InFlight)
	}
	return requests
}

// lost are the requests that nobody answered.
func (p *shop) lost() []report.FailedRequest {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.Context(), time.Minute)
	defer cancel()
	failures, err := p.load.Failures(ctx, p.began, time.Now())
	p.must(err)
	if !failures.Complete {
		p.Fatal("the clients have forgotten some of their requests")
	}
	return slices.DeleteFunc(failures.Requests, func(f report.FailedRequest) bool { return f.Version != "" })
}
