// SPDX-License-Identifier: Apache-2.0

package journeys_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/serin-dev/serin/e2e/internal/journal"
	"github.com/serin-dev/serin/e2e/lab"
)

const (
	registry   = "serin.lab/"
	system     = "serin-system"
	ownerLabel = "journeys/controller" // on a namespace: who looks after it, if not everyone's controller
)

// cluster is a lab with a node, and Serin installed as its users install it.
type cluster struct {
	*lab.Lab
	*journal.Recorder
	config *rest.Config
	api    kubernetes.Interface
	any    dynamic.Interface
}

func connect(ctx context.Context, l *lab.Lab) (*cluster, error) {
	c := &cluster{Lab: l, Recorder: journal.New()}
	var err error
	if c.config, err = clientcmd.BuildConfigFromFlags("", l.Kubeconfig); err != nil {
		return nil, err
	}
	c.config.QPS, c.config.UserAgent = -1, "person"
	c.config.WarningHandler = rest.NoWarnings{}
	if c.api, err = kubernetes.NewForConfig(c.config); err != nil {
		return nil, err
	}
	if c.any, err = dynamic.NewForConfig(c.config); err != nil {
		return nil, err
	}
	return c, c.Follow(ctx, c.api, c.any, l.IstiodHTTP != "")
}

// overlay is deploy/ as a user would adapt it: an image of one's own, istiod asked, and some namespaces left to others.
const overlay = `
resources: [deploy]
components: [deploy/istiod]
images:
- {name: ghcr.io/serin-dev/serin, newName: serin.lab/serin, newTag: e2e}
patches:
- target: {kind: Deployment, name: serin}
  patch: |
    - {op: add, path: /spec/template/spec/containers/0/imagePullPolicy, value: Never}
    - {op: add, path: /spec/template/spec/containers/0/args/-, value: "--namespace-selector=%s!=own"}
    - {op: add, path: /spec/template/spec/containers/0/args/-, value: "-v=1"}
`

// install applies deploy/ with kubectl, and waits until the controller runs.
func (c *cluster) install(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "deploy-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.CopyFS(filepath.Join(dir, "deploy"), os.DirFS("../../deploy")); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "kustomization.yaml"), fmt.Appendf(nil, overlay, ownerLabel), 0o600); err != nil {
		return err
	}
	if err := c.useAddress(filepath.Join(dir, "deploy", "istiod", "kustomization.yaml")); err != nil {
		return err
	}
	if err := c.kubectl(ctx, "apply", "-k", dir); err != nil {
		return err
	}
	return c.kubectl(ctx, "rollout", "status", "deployment/serin", "--namespace="+system, "--timeout=2m")
}

// useAddress takes the name of istiod's Service out, which nobody could look up.
func (c *cluster) useAddress(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	const name = "http://istiod.istio-system.svc:15014"
	if !bytes.Contains(text, []byte(name)) {
		return fmt.Errorf("%s does not name %s", file, name)
	}
	return os.WriteFile(file, bytes.ReplaceAll(text, []byte(name), []byte("http://"+c.IstiodHTTP)), 0o600)
}

func (c *cluster) kubectl(ctx context.Context, args ...string) error {
	binary, err := lab.Binary()
	if err != nil {
		return err
	}
	command := c.Command(ctx, binary, append([]string{"kubectl", "--kubeconfig=" + c.Kubeconfig}, args...)...)
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("kubectl %v: %w: %s", args, err, bytes.TrimSpace(out))
	}
	return nil
}

// tokenOf makes a token of a ServiceAccount in the controller's namespace, for the audiences or else for the API server.
func (c *cluster) tokenOf(ctx context.Context, account string, audiences ...string) (string, error) {
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{Audiences: audiences}}
	made, err := c.api.CoreV1().ServiceAccounts(system).CreateToken(ctx, account, request, metav1.CreateOptions{})
	if err != nil {
		return "", err
	}
	return made.Status.Token, nil
}

// until polls what no journal tells.
func until(ctx context.Context, limit time.Duration, done func(context.Context) error) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, limit, true, func(ctx context.Context) (bool, error) {
		last = done(ctx)
		return last == nil, nil
	})
	if err != nil && last != nil {
		return last
	}
	return err
}
