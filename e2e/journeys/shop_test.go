// SPDX-License-Identifier: Apache-2.0

package journeys_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/serin-dev/serin/e2e/internal/journal"
	"github.com/serin-dev/serin/e2e/sample/report"
)

// app is the name of the Deployment and of its Service.
const app = "shop"

// mode is how traffic is moved.
type mode string

const (
	mesh  mode = "mesh"  // gRPC clients that follow istiod
	ratio mode = "ratio" // HTTP clients of the Service's ClusterIP, a connection for each request
)

func both(t *testing.T, journey func(*testing.T, mode)) {
	t.Helper()
	for _, m := range []mode{mesh, ratio} {
		t.Run(string(m), func(t *testing.T) {
			t.Parallel()
			journey(t, m)
		})
	}
}

// hold is how long a step of a journey keeps its weight: long enough to tell the shares apart by counting.
const hold = 6 * time.Second

// plan is a rollout of four steps that are counted.
var plan = map[string]string{
	"serin.dev/canary": "true",
	"serin.dev/steps":  "5,25,50,100",
	"serin.dev/hold":   hold.String(),
	"serin.dev/settle": "2s",
}

// brief is a rollout that hurries.
var brief = with(plan, "serin.dev/steps", "25,50,100", "serin.dev/hold", "2s", "serin.dev/settle", "1s")

// with is the annotations and more; an empty value takes one away.
func with(base map[string]string, pairs ...string) map[string]string {
	all := maps.Clone(base)
	for i := 0; i+1 < len(pairs); i += 2 {
		if all[pairs[i]] = pairs[i+1]; pairs[i+1] == "" {
			delete(all, pairs[i])
		}
	}
	return all
}

// shop is a namespace with an application in it, its clients, and the person who looks after it.
type shop struct {
	*testing.T
	*cluster
	*journal.Journal
	namespace string
	mode      mode
	annotated map[string]string
	vs        string          // the user's VirtualService as it was stored, but for what the API server counts
	load      report.Client   // its clients
	routed    func() string   // where an istiod of its own tells the clients where to send; nil: everybody's does
	pace      int             // how many requests a second its clients make; 0 is rate
	began     time.Time       // when they were served
	patience  time.Duration   // the longest that anything may take
	row       row             // of the proof
	tell      func(row, bool) // takes the row, and whether the journey failed
}

var unfit = regexp.MustCompile(`[^a-z0-9]+`)

// open brings up the application, its routes and its clients, in a namespace that ends with the test. The promise is what
// the journey is to prove, in the words of the proof.
func open(t *testing.T, m mode, replicas int, annotations map[string]string, promise string, labels ...string) *shop {
	t.Helper()
	p := ground(t, m, annotations, promise, labels...)
	p.build(replicas)
	return p
}

// ground is the namespace of a shop with nothing in it yet, for a journey that has to bring up others first.
func ground(t *testing.T, m mode, annotations map[string]string, promise string, labels ...string) *shop {
	t.Helper()
	p := &shop{T: t, cluster: shared, mode: m, annotated: annotations, patience: patience(), tell: proof.add}
	p.row = row{journey: strings.TrimPrefix(t.Name(), "Test"), mode: m, promise: promise}
	base := strings.Trim(unfit.ReplaceAllString(strings.ToLower(p.row.journey), "-"), "-")
	space := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: base[:min(len(base), 40)] + "-", Labels: map[string]string{}}}
	for i := 0; i+1 < len(labels); i += 2 {
		space.Labels[labels[i]] = labels[i+1]
	}
	space, err := p.api.CoreV1().Namespaces().Create(t.Context(), space, metav1.CreateOptions{})
	p.must(err)
	p.namespace, p.Journal = space.Name, p.Of(space.Name)
	t.Cleanup(p.close)
	return p
}

// build brings up the application, its routes and its clients.
func (p *shop) build(replicas int) {
	p.Helper()
	p.serve()
	if p.mode == mesh {
		p.route(everybody)
	}
	p.create(deployment(replicas, p.annotated))
	p.adopted()
	p.startLoad()
}

// patience is $PATIENCE, or long enough for a machine that does much else: what takes too long is expected to fail, and not to be slow.
func patience() time.Duration {
	if d, err := time.ParseDuration(os.Getenv("PATIENCE")); err == nil {
		return d
	}
	return 3 * time.Minute
}

// close tells how it went, and takes everything away.
func (p *shop) close() {
	ctx := context.WithoutCancel(p.Context())
	if p.Failed() {
		p.Log(p.dump())
	}
	p.tell(p.row, p.Failed())
	_ = p.api.CoreV1().Namespaces().Delete(ctx, p.namespace, metav1.DeleteOptions{})
	_ = p.api.CoreV1().Pods(p.namespace).DeleteCollection(ctx, metav1.DeleteOptions{GracePeriodSeconds: new(int64)}, metav1.ListOptions{})
}

func (p *shop) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// container is the sample application. A version is an image; its faults are set by an environment variable.
func container(version, faults string) corev1.Container {
	return corev1.Container{
		Name: "app", Image: registry + "sample:" + version, ImagePullPolicy: corev1.PullNever,
		Args: []string{"serve"},
		Env: []corev1.EnvVar{
			{Name: "VERSION", Value: version}, {Name: "FAULTS", Value: faults}, {Name: "DRAIN", Value: "4s"},
			{Name: "SERVICE", Value: app}, {Name: "APP", Value: app},
			{Name: "POD_NAME", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.name"}}},
			{Name: "NAMESPACE", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.namespace"}}},
		},
		Resources: cpu("10m"),
		Ports:     []corev1.ContainerPort{{Name: "http", ContainerPort: 8080}, {Name: "grpc", ContainerPort: 9090}},
		ReadinessProbe: &corev1.Probe{
			ProbeHandler:  corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/ready", Port: intstr.FromInt32(8080)}},
			PeriodSeconds: 1, FailureThreshold: 3, TimeoutSeconds: 2, // one slow answer of a busy machine is no failure
		},
	}
}

// cpu asks for a part of the processors. Pods that ask for none get next to nothing while many others start, clients too.
func cpu(amount string) corev1.ResourceRequirements {
	return corev1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(amount)}}
}

// deployment is an ordinary one, as somebody would write it.
func deployment(replicas int, annotations map[string]string) *appsv1.Deployment {
	labels := map[string]string{"app": app}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: app, Labels: labels, Annotations: annotations},
		Spec: appsv1.DeploymentSpec{
			Replicas: new(int32(replicas)),
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{container("v1", "")}},
			},
		},
	}
}

func (p *shop) create(d *appsv1.Deployment) {
	p.Helper()
	_, err := p.api.AppsV1().Deployments(p.namespace).Create(p.Context(), d, metav1.CreateOptions{FieldManager: "person"})
	p.must(err)
}

// serve creates the Service.
func (p *shop) serve() {
	p.Helper()
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: app},
		Spec: corev1.ServiceSpec{
			Selector: map[string]string{"app": app},
			Ports: []corev1.ServicePort{
				{Name: "http", Port: 80, TargetPort: intstr.FromString("http")},
				{Name: "grpc", Port: 9090, TargetPort: intstr.FromString("grpc"), AppProtocol: new("grpc")},
			},
		},
	}
	_, err := p.api.CoreV1().Services(p.namespace).Create(p.Context(), service, metav1.CreateOptions{})
	p.must(err)
}

// size is how many pods the user wants.
func (p *shop) size() int {
	d, err := p.api.AppsV1().Deployments(p.namespace).Get(p.Context(), app, metav1.GetOptions{})
	p.must(err)
	return int(*d.Spec.Replicas)
}

// wants is a plan's steps in tenths of a percent.
func (p *shop) wants() (weights []int) {
	for step := range strings.SplitSeq(p.annotated["serin.dev/steps"], ",") {
		percent, _, _ := strings.Cut(strings.TrimSpace(step), ":")
		weight, err := strconv.ParseFloat(percent, 64)
		p.must(err)
		weights = append(weights, int(10*weight))
	}
	return weights
}

// held is how long each step is held.
func (p *shop) held() time.Duration {
	d, err := time.ParseDuration(p.annotated["serin.dev/hold"])
	p.must(err)
	return d
}

func (m mode) String() string { return map[mode]string{mesh: "mesh", ratio: "ratio"}[m] }

var _ fmt.Stringer = mesh
