// SPDX-License-Identifier: Apache-2.0

package guard_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/serin-dev/serin/e2e/lab"
)

var kubeconfig string

func TestMain(m *testing.M) {
	l, err := lab.Start(context.Background(), lab.Options{NoGuard: true}) // the tests apply the manifests themselves
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	kubeconfig = l.Kubeconfig
	code := m.Run()
	if err := l.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// person is somebody with a client, who reads what the API server warns about.
type person struct {
	*testing.T
	kubernetes.Interface
	config    *rest.Config
	namespace string

	mutex sync.Mutex
	heard []string
}

// newNamespace makes one, so that a test can be repeated.
func newNamespace(t *testing.T) string {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "guard-"}}
	made, err := newPerson(t, "").CoreV1().Namespaces().Create(t.Context(), namespace, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return made.Name
}

func newPerson(t *testing.T, namespace string) *person {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	p := &person{T: t, config: config, namespace: namespace}
	config.QPS = -1
	config.WarningHandler = p
	if p.Interface, err = kubernetes.NewForConfig(config); err != nil {
		t.Fatal(err)
	}
	return p
}

// HandleWarningHeader takes a warning, as rest.WarningHandler.
func (p *person) HandleWarningHeader(_ int, _, text string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.heard = append(p.heard, text)
}

// warnings gives what was heard since the last call.
func (p *person) warnings() string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	heard := strings.Join(p.heard, "\n")
	p.heard = nil
	return heard
}

// install applies a file of deploy/guard.
func (p *person) install(file string) {
	p.Helper()
	content, err := os.ReadFile("../../deploy/guard/" + file)
	if err != nil {
		p.Fatal(err)
	}
	client, err := dynamic.NewForConfig(p.config)
	if err != nil {
		p.Fatal(err)
	}
	decoder := yaml.NewYAMLToJSONDecoder(bytes.NewReader(content))
	for {
		object := &unstructured.Unstructured{}
		switch err := decoder.Decode(&object.Object); {
		case errors.Is(err, io.EOF):
			return
		case err != nil:
			p.Fatal(err)
		case len(object.Object) == 0: // the heading
			continue
		}
		kind := object.GroupVersionKind()
		plural := strings.NewReplacer("policy", "policies", "binding", "bindings").Replace(strings.ToLower(kind.Kind))
		resource := kind.GroupVersion().WithResource(strings.Replace(plural, "policiesbindings", "policybindings", 1))
		p.apply(client, resource, object)
	}
}

func (p *person) apply(client dynamic.Interface, resource schema.GroupVersionResource, object *unstructured.Unstructured) {
	p.Helper()
	options := metav1.ApplyOptions{FieldManager: "test", Force: true}
	if _, err := client.Resource(resource).Apply(p.Context(), object.GetName(), object, options); err != nil {
		p.Fatalf("applying %s %s: %v", object.GetKind(), object.GetName(), err)
	}
}

// eventually waits for something to become true.
func (p *person) eventually(what string, done func(context.Context) (bool, error)) {
	p.Helper()
	if err := wait.PollUntilContextTimeout(p.Context(), 50*time.Millisecond, 30*time.Second, true, done); err != nil {
		p.Fatalf("waiting for %s: %v", what, err)
	}
}

// patch sends a patch and gives back what was stored.
func (p *person) patch(name string, kind types.PatchType, patch string, subresources ...string) *appsv1.Deployment {
	p.Helper()
	options := metav1.PatchOptions{}
	if kind == types.ApplyPatchType {
		options = metav1.PatchOptions{FieldManager: "test", Force: new(true)}
	}
	stored, err := p.AppsV1().Deployments(p.namespace).Patch(p.Context(), name, kind, []byte(patch), options, subresources...)
	if err != nil {
		p.Fatalf("patching %s with %s: %v", name, patch, err)
	}
	return stored
}

// revisions waits until the Deployment controller has seen the Deployment as
// it is, and counts the templates of which it has made a ReplicaSet.
func (p *person) revisions(name string) int {
	p.Helper()
	p.eventually("the Deployment controller", func(ctx context.Context) (bool, error) {
		target, err := p.AppsV1().Deployments(p.namespace).Get(ctx, name, metav1.GetOptions{})
		return err == nil && target.Status.ObservedGeneration >= target.Generation, err
	})
	sets, err := p.AppsV1().ReplicaSets(p.namespace).List(p.Context(), metav1.ListOptions{LabelSelector: "app=" + name})
	if err != nil {
		p.Fatal(err)
	}
	return len(sets.Items)
}
