// SPDX-License-Identifier: Apache-2.0

package cli_test

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

	"github.com/creack/pty"
	"gotest.tools/v3/golden"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	dynamicfake "k8s.io/client-go/dynamic/fake"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/cli"
	"github.com/serin-dev/serin/pkg/cli/cluster"
)

// world is a cluster of a test's.
type world struct {
	*fake.Clientset
	mesh   *dynamicfake.FakeDynamicClient
	reader client.Reader
	clock  func() time.Time
	env    map[string]string
}

// newWorld has typed objects, and VirtualServices.
func newWorld(objects ...runtime.Object) *world {
	var typed, routes []runtime.Object
	for _, o := range objects {
		if o.GetObjectKind().GroupVersionKind().Kind == "VirtualService" {
			routes = append(routes, o)
		} else {
			typed = append(typed, o)
		}
	}
	kinds := map[schema.GroupVersionResource]string{cluster.VirtualServices: "VirtualServiceList"}
	for _, kind := range []string{"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"} {
		resource, _ := meta.UnsafeGuessKindToResource(admissionv1.SchemeGroupVersion.WithKind(kind))
		kinds[resource] = kind + "List"
	}
	return &world{
		Clientset: fake.NewClientset(typed...), mesh: dynamicfake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), kinds, routes...),
		clock: func() time.Time { return now }, env: map[string]string{"TERM": "xterm-256color"},
	}
}

func (w *world) cluster() *cluster.Cluster {
	return &cluster.Cluster{API: w.Clientset, Any: w.mesh, Reader: w.reader, Namespace: "demo", Where: " -n demo", Now: w.clock}
}

// execute runs the command, with its error printed as main prints it.
func (w *world) execute(ctx context.Context, in io.Reader, out io.Writer, args ...string) int {
	around := cli.Surroundings{
		IOStreams: genericiooptions.IOStreams{In: in, Out: out, ErrOut: out},
		Now:       w.clock, Getenv: func(key string) string { return w.env[key] },
	}
	command := cli.NewTestCommand(w.cluster(), around)
	command.SetArgs(args)
	err := command.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	code := 1
	if ended, ok := errors.AsType[*cli.Ended](err); ok {
		code, err = ended.Code, ended.Err
	}
	if err != nil {
		fmt.Fprintln(out, "Error:", err)
	}
	fmt.Fprintf(out, "(exit code %d)\n", code)
	return code
}

// run runs the command without a terminal.
func (w *world) run(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	w.execute(t.Context(), strings.NewReader(""), &out, args...)
	return out.String()
}

// onATerminal runs the command on a terminal of that width.
func (w *world) onATerminal(t *testing.T, width uint16, args ...string) string {
	t.Helper()
	screen, tty := terminal(t, width)
	w.execute(t.Context(), tty, tty, args...)
	if _, err := io.WriteString(tty, full); err != nil {
		t.Fatal(err)
	}
	<-screen.done
	return strings.ReplaceAll(strings.TrimSuffix(screen.sofar(), full), "\r\n", "\n")
}

// full is written after everything else. To close a terminal is not enough: Linux
// may drop what nobody has read by then.
const full = "\x00"

// shown is what a terminal has received.
type shown struct {
	mu   sync.Mutex
	all  bytes.Buffer
	done chan struct{} // closed when everything has been received
	keys io.Writer
}

func (s *shown) sofar() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.String()
}

// terminal is a real one, and what it shows.
func terminal(t *testing.T, width uint16) (*shown, *os.File) {
	t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(tty, &pty.Winsize{Rows: 50, Cols: width}); err != nil {
		t.Fatal(err)
	}
	s := &shown{done: make(chan struct{}), keys: master}
	go func() {
		defer close(s.done)
		chunk := make([]byte, 4096)
		for {
			n, err := master.Read(chunk)
			s.mu.Lock()
			s.all.Write(chunk[:n])
			s.mu.Unlock()
			if err != nil || bytes.HasSuffix(chunk[:n], []byte(full)) {
				return
			}
		}
	}()
	t.Cleanup(func() { _ = tty.Close(); _ = master.Close() })
	return s, tty
}

// everywhere is what a command prints for a program, and on terminals of two
// widths, with colours and without.
func (w *world) everywhere(t *testing.T, args ...string) string {
	t.Helper()
	var all strings.Builder
	fmt.Fprintf(&all, "=== no terminal\n%s", w.run(t, args...))
	for _, width := range []uint16{80, 200} {
		fmt.Fprintf(&all, "=== %d columns\n%s", width, w.onATerminal(t, width, args...))
	}
	w.env["NO_COLOR"] = "1"
	fmt.Fprintf(&all, "=== 80 columns, NO_COLOR\n%s", w.onATerminal(t, 80, args...))
	delete(w.env, "NO_COLOR")
	return all.String()
}

// compare holds what is shown against a file that a person has read. Escapes are made visible.
func compare(t *testing.T, name, got string) {
	t.Helper()
	got = strings.ReplaceAll(got, "\x1b", "␛")
	golden.Assert(t, got, strings.ReplaceAll(name, " ", "-")+".txt")
}

func forbid(action clienttesting.Action) (bool, runtime.Object, error) {
	resource := schema.GroupResource{Group: action.GetResource().Group, Resource: action.GetResource().Resource}
	return true, nil, apierrors.NewForbidden(resource, "", nil)
}
