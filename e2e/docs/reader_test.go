// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/serin-dev/serin/e2e/internal/pages"
)

// patience is the longest that one block may take. A block that is stuck fails by it; no block is judged by its time.
const patience = 4 * time.Minute

// reader goes through one page, from above, in a namespace and a directory of its own.
type reader struct {
	*testing.T
	*world
	page      *pages.Page
	namespace string
	dir       string
	env       []string
}

// sit gives a reader a directory with what a clone of the repository has, and a namespace.
func (w *world) sit(t *testing.T, page *pages.Page) *reader {
	t.Helper()
	r := &reader{T: t, world: w, page: page, dir: t.TempDir(), namespace: namespaceOf(page.Path)}
	kubeconfig := filepath.Join(r.dir, "kubeconfig")
	r.env = []string{
		"HOME=" + r.dir, "KUBECONFIG=" + kubeconfig, "PATH=" + w.tools + ":/usr/bin:/bin",
		"LC_ALL=C.UTF-8", "NO_COLOR=1", "TERM=dumb", "TZ=UTC",
	}
	r.must(r.configure(kubeconfig))
	for _, below := range []string{"charts/serin", "deploy"} {
		r.must(os.CopyFS(filepath.Join(r.dir, below), os.DirFS(filepath.Join(w.repository, below))))
	}
	r.must(os.Symlink(w.tools, filepath.Join(r.dir, "bin")))
	r.Cleanup(r.leave)
	r.do("kubectl create namespace " + r.namespace)
	if !slices.Contains(installers, page.Path) {
		w.installing.Do(func() { r.do(install) })
	}
	return r
}

func namespaceOf(path string) string {
	name := strings.ToLower(strings.TrimSuffix(path, ".md"))
	return "page-" + strings.Trim(strings.NewReplacer("/", "-", ".", "-", "_", "-").Replace(name), "-")
}

// configure writes a kubeconfig whose namespace is the reader's.
func (r *reader) configure(file string) error {
	config, err := clientcmd.LoadFromFile(r.lab.Kubeconfig)
	if err != nil {
		return fmt.Errorf("reading the lab's kubeconfig: %w", err)
	}
	config.Contexts[config.CurrentContext].Namespace = r.namespace
	return clientcmd.WriteToFile(*config, file)
}

// leave takes away what the page made in the cluster, for the pages after it.
func (r *reader) leave() {
	if r.Failed() {
		out, _ := r.bash("kubectl get deployments,pods; kubectl get events | grep -v pod/")
		r.Logf("the cluster at the end:\n%s", out)
	}
	if slices.Contains(installers, r.page.Path) {
		r.do(uninstall)
	}
	r.do("kubectl delete namespace --wait=false " + r.namespace)
}

// uninstall takes away what pages install, and namespaces of theirs.
const uninstall = `
for release in $(helm list --all-namespaces --short); do helm uninstall "$release" --namespace serin-system --no-hooks; done
kubectl delete --ignore-not-found -k deploy/ --selector 'serin.dev/stays!=true'
for namespace in $(kubectl get namespaces -o name); do
  case $namespace in
  */default|*/kube-*|*/istio-system|*/page-*) ;;
  *) kubectl delete --ignore-not-found "$namespace" ;;
  esac
done`

// install is what everybody has done before a page that does not do it itself.
const install = `
kubectl apply -k deploy/
kubectl wait --for=create lease/serin --namespace serin-system --timeout=3m`

func (r *reader) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// do runs what no page shows.
func (r *reader) do(script string) {
	r.Helper()
	if out, err := r.bash(script); err != nil {
		r.Errorf("%v, in\n%s\n%s", err, script, out)
	}
}

// bash runs a script and returns what it printed.
func (r *reader) bash(script string) (string, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-Eeuo", "pipefail", "-c", script)
	cmd.Dir, cmd.Env = r.dir, r.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if ctx.Err() != nil {
		err = fmt.Errorf("it did not end within %s", patience)
	}
	return out.String(), err
}

// tell fails the test for a line of a block. The rest of the page would fail for the same reason, so it ends here.
func (r *reader) tell(b pages.Block, line int, format string, args ...any) {
	r.Helper()
	r.Fatalf("%s:%d: %s", r.page.Path, b.Line+line, fmt.Sprintf(format, args...))
}

// run runs a block of sh, of which nothing but success is wanted.
func (r *reader) run(b pages.Block) {
	r.Helper()
	const mark = "\x1eline "
	out, err := r.bash("trap 'echo \"" + mark + "$LINENO\"' ERR\n" + b.Text)
	if err == nil {
		return
	}
	line := 0
	if _, after, found := strings.Cut(out, mark); found {
		number, _, _ := strings.Cut(after, "\n")
		if n, err := strconv.Atoi(number); err == nil {
			line = n - 2 // one for the trap, one because lines begin at 1
		}
	}
	r.tell(b, line, "%v\n%s", err, out)
}

// play runs a block of a console, and compares what is printed.
func (r *reader) play(b pages.Block) {
	r.Helper()
	const mark = "\x1ecommand\n"
	var script strings.Builder
	all := steps(b.Text)
	for _, s := range all {
		fmt.Fprintf(&script, "printf '\\036command\\n'\n%s\n", s.command)
	}
	out, err := r.bash(script.String())
	printed := strings.Split(out, mark)[1:]
	for i, text := range printed {
		if err != nil && i == len(printed)-1 {
			r.tell(b, all[i].line, "%v\n%s", err, text)
		}
		if shown := all[i].shown; shown != nil && !matches(shown, lines(text)) {
			r.tell(b, all[i].line, "%s\nprinted\n%s\nand not\n%s", all[i].command, text, strings.Join(shown, "\n"))
		}
	}
}

// prepare runs what the reader has done before the block, where it is the first under its heading.
func (r *reader) prepare(anchor string) {
	r.Helper()
	file := filepath.Join("testdata", strings.TrimSuffix(r.page.Path, ".md"), anchor+".sh")
	script, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return
	}
	r.must(err)
	if out, err := r.bash(string(script)); err != nil {
		r.Fatalf("%s: %v\n%s", file, err, out)
	}
}
