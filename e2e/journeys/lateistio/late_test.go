// SPDX-License-Identifier: Apache-2.0

package lateistio_test

import (
	"fmt"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	istio "istio.io/istio/manifests"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/e2e/internal/journal"
	"github.com/serin-dev/serin/e2e/sample/report"
)

const (
	namespace = "late"
	app       = "shop"
	rate      = 100 // requests a second of each of the two kinds of clients
	patience  = 3 * time.Minute

	promise = "Istio is installed while Serin runs: the first rollout went by the ratio of pods, the next goes by weights, and no controller is restarted."
)

// shop is the application, and who looks after it.
type shop struct {
	*testing.T
	*cluster
	*journal.Journal
	clients map[string]report.Client
	began   time.Time
}

func TestIstioComesLater(t *testing.T) {
	p := &shop{T: t, cluster: shared, Journal: shared.Of(namespace), clients: map[string]report.Client{}, began: time.Now()}
	defer p.tell()
	controllers := p.controllers()
	p.apply("testdata/app.yaml")
	p.await("the application to run", func(v journal.View) string { return p.complete(v, "v1") })
	p.load("http-clients", "--http=http://"+p.address()+":80/")

	p.deploy("v2")
	p.await("v2 to be promoted", func(v journal.View) string { return p.complete(v, "v2") })
	p.went("replicas")

	p.installIstio()
	grpc := p.startIstiod()
	p.apply("testdata/routes.yaml")
	p.load("grpc-clients", "--grpc=xds:///shop.late.svc.cluster.local:9090", "--xds-server="+grpc)
	p.deploy("v3")
	p.await("v3 to be promoted", func(v journal.View) string { return p.complete(v, "v3") })
	p.went("replicas", "istio")
	want := []int{journal.Untouched, 0, 250, 500, 1000, journal.Untouched}
	if weights, err := p.Progress(app); err != nil || !slices.Equal(weights, want) {
		t.Errorf("the weights were %v (%v), want %v", weights, err, want)
	}
	if now := p.controllers(); now != controllers {
		t.Errorf("the controllers are\n%s\nand were\n%s", now, controllers)
	}
}

// tell counts all requests, asserts that none failed, and tells it in a row of the proof.
func (p *shop) tell() {
	var all report.Requests
	for name, client := range p.clients {
		r, err := client.Requests(p.Context(), time.Time{}, time.Now())
		if err != nil || !r.Complete || r.InFlight > 0 || r.Total < rate {
			p.Errorf("%s made %d requests, of which %d are not answered yet: %v", name, r.Total, r.InFlight, err)
		}
		for _, f := range r.Failures {
			p.Errorf("%s: %d requests failed, between %s and %s, answered by %q: %s",
				name, f.Count, f.First.Format("15:04:05.000"), f.Last.Format("15:04:05.000"), f.Version, f.Outcome)
		}
		all.Total, all.Failed, all.Resent = all.Total+r.Total, all.Failed+r.Failed, all.Resent+r.Resent
	}
	if p.Failed() {
		p.Log(p.dump())
	}
	row := fmt.Sprintf("| IstioComesLater | ratio, then mesh | %s | %d | %d | 0 | %d | | %.0f s |\n", promise, all.Total, all.Failed, all.Resent, time.Since(p.began).Seconds())
	p.Log(row)
	if file := os.Getenv("PROOF_ROWS"); file != "" {
		p.must(os.WriteFile(file, []byte(row), 0o644))
	}
}

func (p *shop) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

func (p *shop) apply(file string) {
	p.Helper()
	p.must(p.kubectl(p.Context(), nil, "apply", "--filename="+file))
}

// await waits until nothing is missing any more.
func (p *shop) await(what string, missing func(journal.View) string) journal.View {
	p.Helper()
	v, err := p.Await(p.Context(), patience, what, missing)
	if err != nil {
		p.Fatal(err)
	}
	return v
}

// complete tells what keeps a version from serving everybody, with nothing left of a rollout and no pod on its way out.
func (p *shop) complete(v journal.View, version string) string {
	d, c := v.Deployment(app), v.Condition(app)
	switch images := v.Images(app, "serin.lab/"); {
	case d == nil || d.Status.ObservedGeneration < d.Generation || d.Status.AvailableReplicas != 4 || d.Status.UpdatedReplicas != 4:
		return "the Deployment is not complete"
	case c == nil || c.Status != corev1.ConditionTrue:
		return fmt.Sprintf("the condition is %+v", c)
	case len(images) != 1 || images["sample:"+version] != 4:
		return fmt.Sprintf("the pods are %v", images)
	case v.Deployment(app+"-canary") != nil || v.Rule(app+"-serin") != nil:
		return "something of the rollout is left"
	}
	for _, pod := range journal.All[*corev1.Pod](v, "Pod") {
		if pod.DeletionTimestamp != nil {
			return pod.Name + " is still there"
		}
	}
	return ""
}

func (p *shop) deploy(version string) {
	p.Helper()
	patch := fmt.Sprintf(`{"spec":{"template":{"spec":{"containers":[{"name":"app","image":"serin.lab/sample:%s","env":[{"name":"VERSION","value":%q}]}]}}}}`, version, version)
	p.must(p.kubectl(p.Context(), nil, "patch", "deployment", app, "--namespace="+namespace, "--patch="+patch))
	p.await("the new template", func(v journal.View) string {
		if image := v.Deployment(app).Spec.Template.Spec.Containers[0].Image; !strings.HasSuffix(image, version) {
			return "it is " + image
		}
		return ""
	})
}

func (p *shop) address() string {
	p.Helper()
	service, err := p.api.CoreV1().Services(namespace).Get(p.Context(), app, metav1.GetOptions{})
	p.must(err)
	return service.Spec.ClusterIP
}

// load starts clients, and returns when they are served.
func (p *shop) load(name string, args ...string) {
	p.Helper()
	field := func(path string) *corev1.EnvVarSource {
		return &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: path}}
	}
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{
			Name: "load", Image: "serin.lab/sample:v1", ImagePullPolicy: corev1.PullNever, Args: append([]string{"load", fmt.Sprintf("--rate=%d", rate)}, args...),
			Env: []corev1.EnvVar{
				{Name: "WORKLOAD", Value: name}, {Name: "POD_NAME", ValueFrom: field("metadata.name")},
				{Name: "POD_IP", ValueFrom: field("status.podIP")}, {Name: "NAMESPACE", ValueFrom: field("metadata.namespace")},
			},
		}}},
	}
	_, err := p.api.CoreV1().Pods(namespace).Create(p.Context(), pod, metav1.CreateOptions{})
	p.must(err)
	v := p.await(name+" to run", func(v journal.View) string {
		if pod := journal.Get[*corev1.Pod](v, "Pod", name); pod == nil || !journal.IsReady(pod) {
			return "they do not"
		}
		return ""
	})
	client := report.Client{Address: net.JoinHostPort(journal.Get[*corev1.Pod](v, "Pod", name).Status.PodIP, "8080")}
	p.poll(name+" to be served", func() error { return client.Ready(p.Context()) })
	p.clients[name] = client
}

// poll waits for what no journal tells.
func (p *shop) poll(what string, problem func() error) {
	p.Helper()
	deadline := time.Now().Add(patience)
	for {
		err := problem()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			p.Fatalf("waited %s for %s: %v", patience, what, err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// went asserts by which modes the rollouts went until now.
func (p *shop) went(want ...string) {
	p.Helper()
	var modes []string
	p.Replay(func(_ journal.Entry, v journal.View) {
		if mode := v.Memo(app).Mode; mode != "" && (len(modes) == 0 || modes[len(modes)-1] != mode) {
			modes = append(modes, mode)
		}
	})
	if !slices.Equal(modes, want) {
		p.Errorf("the rollouts went by %v, want %v", modes, want)
	}
}

// controllers are the pods of Serin, and how often each was restarted.
func (p *shop) controllers() (text string) {
	p.Helper()
	pods, err := p.api.CoreV1().Pods("serin-system").List(p.Context(), metav1.ListOptions{})
	p.must(err)
	for _, pod := range pods.Items {
		text += fmt.Sprintf("%s %s, %d restarts\n", pod.Name, pod.UID, pod.Status.ContainerStatuses[0].RestartCount)
	}
	return text
}

func (p *shop) dump() string {
	v, _ := p.Now()
	var text strings.Builder
	for _, e := range v.Story(app) {
		fmt.Fprintf(&text, "%s %-7s %s: %s\n", e.EventTime.Format("15:04:05.000"), e.Type, e.Reason, e.Note)
	}
	return text.String()
}

// installIstio brings Istio's API, of which nothing was known before.
func (p *shop) installIstio() {
	p.Helper()
	definitions, err := fs.ReadFile(istio.FS, "charts/base/files/crd-all.gen.yaml")
	p.must(err)
	p.must(p.kubectl(p.Context(), definitions, "create", "--filename=-"))
	p.must(p.kubectl(p.Context(), nil, "wait", "--for=condition=Established", "crds", "--all", "--timeout=1m"))
	p.must(p.kubectl(p.Context(), nil, "create", "namespace", "istio-system"))
	for kind, resource := range map[string]journal.Source{
		"VirtualService":  journal.From(p.any.Resource(journal.VirtualServices)),
		"DestinationRule": journal.From(p.any.Resource(journal.DestinationRules)),
	} {
		p.poll(kind+"s to be served", func() error { return p.Record(p.Context(), kind, resource) })
	}
}
