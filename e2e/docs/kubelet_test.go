// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/serin-dev/serin/e2e/internal/serin"
	"github.com/serin-dev/serin/e2e/lab"
)

const system = "serin-system"

// kubelet runs what pages install: the pods of the lab's nodes run nothing. While there is a Deployment serin, one controller runs as a
// process, with the ServiceAccount and the lease of that installation; a Job that ends rollouts is run as one, too.
type kubelet struct {
	lab        *lab.Lab
	tools, dir string
	client     kubernetes.Interface
	controller *serin.Process
	cancel     context.CancelFunc
	done       chan struct{}
	problems   []error // of its goroutine, until done
}

func watchOver(ctx context.Context, l *lab.Lab, tools string) (*kubelet, error) {
	config, err := clientcmd.BuildConfigFromFlags("", l.Kubeconfig)
	if err != nil {
		return nil, err
	}
	k := &kubelet{lab: l, tools: tools, dir: filepath.Join(l.Dir, "docs"), done: make(chan struct{})}
	if k.client, err = kubernetes.NewForConfig(config); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(k.dir, 0o700); err != nil {
		return nil, err
	}
	ctx, k.cancel = context.WithCancel(ctx)
	go k.run(ctx)
	return k, nil
}

func (k *kubelet) stop() error {
	k.cancel()
	<-k.done
	k.end()
	return errors.Join(k.problems...)
}

func (k *kubelet) run(ctx context.Context) {
	defer close(k.done)
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		if err := k.look(ctx); err != nil && ctx.Err() == nil {
			k.problems = append(k.problems, err)
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return
		}
	}
}

// look does what a kubelet would do now.
func (k *kubelet) look(ctx context.Context) error {
	_, err := k.client.AppsV1().Deployments(system).Get(ctx, "serin", metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		k.end()
		return nil
	case err != nil:
		return err
	case k.controller == nil:
		return k.begin(ctx)
	}
	select {
	case <-k.controller.Ended(): // its lease went with its namespace, or a permission is missing
		return k.controller.Start()
	default:
		return k.leave(ctx)
	}
}

// begin starts a controller when the guard is known to hold, so that whoever sees its lease can rely on both.
func (k *kubelet) begin(ctx context.Context) error {
	doctor := exec.CommandContext(ctx, filepath.Join(k.tools, "kubectl-serin"), "doctor", "--kubeconfig", k.lab.Kubeconfig)
	if said, _ := doctor.CombinedOutput(); !strings.Contains(string(said), "the API server itself holds") {
		return nil // not yet
	}
	kubeconfig, err := k.kubeconfig(ctx)
	if apierrors.IsNotFound(err) {
		return nil // the ServiceAccount is on its way
	}
	if err != nil {
		return err
	}
	k.controller, err = serin.Start(kubeconfig, "--metrics-bind-address=0", "--health-probe-bind-address=0", "-v=1")
	return err
}

// kubeconfig is a file with the ServiceAccount's token.
func (k *kubelet) kubeconfig(ctx context.Context) (string, error) {
	request := &authenticationv1.TokenRequest{}
	made, err := k.client.CoreV1().ServiceAccounts(system).CreateToken(ctx, "serin", request, metav1.CreateOptions{})
	if err != nil {
		return "", err
	}
	config, err := clientcmd.LoadFromFile(k.lab.Kubeconfig)
	if err != nil {
		return "", err
	}
	for name := range config.AuthInfos {
		config.AuthInfos[name] = &api.AuthInfo{Token: made.Status.Token}
	}
	file := filepath.Join(k.dir, "kubeconfig")
	return file, clientcmd.WriteToFile(*config, file)
}

func (k *kubelet) end() {
	if k.controller == nil {
		return
	}
	k.controller.Kill()
	if said := k.controller.Problem(); said != "" {
		k.problems = append(k.problems, errors.New(said))
	}
	k.controller = nil
}

// leave runs the container of a Job that ends rollouts, and reports how it went.
func (k *kubelet) leave(ctx context.Context) error {
	list, err := k.client.CoreV1().Pods(system).List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=serin-leave"})
	if err != nil {
		return err
	}
	for i := range list.Items {
		pod := &list.Items[i]
		if pod.Status.Phase != corev1.PodRunning {
			continue
		}
		binary, err := serin.Binary()
		if err != nil {
			return err
		}
		arguments := slices.Concat(pod.Spec.Containers[0].Args, []string{"--kubeconfig", filepath.Join(k.dir, "kubeconfig")})
		said, err := exec.CommandContext(ctx, binary, arguments...).CombinedOutput()
		pod.Status.Phase = corev1.PodSucceeded
		if err != nil {
			pod.Status.Phase = corev1.PodFailed
			k.problems = append(k.problems, fmt.Errorf("leaving: %w\n%s", err, said))
		}
		for i := range pod.Status.ContainerStatuses {
			pod.Status.ContainerStatuses[i].Ready = false
			pod.Status.ContainerStatuses[i].State = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "Completed"}}
		}
		if _, err := k.client.CoreV1().Pods(system).UpdateStatus(ctx, pod, metav1.UpdateOptions{}); err != nil {
			return err
		}
	}
	return nil
}
