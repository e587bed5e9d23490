// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/client/clientset/clientset"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/serin-dev/serin/e2e/internal/node"
)

// client sets up and observes the cluster as its administrator.
type client struct {
	kube kubernetes.Interface
	crds apiextensions.Interface

	objects dynamic.Interface
}

func newClient(kubeconfig string) (*client, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", kubeconfig, err)
	}
	config.QPS = -1 // no limit
	kube, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	crds, err := apiextensions.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	objects, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return &client{kube: kube, crds: crds, objects: objects}, nil
}

func (c *client) ready(ctx context.Context) error {
	return c.kube.Discovery().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
}

// hasDefaultServiceAccount shows that the controller manager works: one of its controllers makes the account.
func (c *client) hasDefaultServiceAccount(ctx context.Context) error {
	_, err := c.kube.CoreV1().ServiceAccounts(metav1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
	return err
}

func (c *client) createNamespace(ctx context.Context, name string) error {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	_, err := c.kube.CoreV1().Namespaces().Create(ctx, namespace, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("creating namespace %s: %w", name, err)
	}
	return nil
}

// createNodes creates nodes that are ready from their first moment: one that begins unready is tainted, and pods wait for it.
func (c *client) createNodes(ctx context.Context, count int) error {
	for i := range count {
		if _, err := c.kube.CoreV1().Nodes().Create(ctx, newNode(fmt.Sprintf("node-%d", i)), metav1.CreateOptions{}); err != nil {
			return fmt.Errorf("creating node %d: %w", i, err)
		}
	}
	return nil
}

func newNode(name string) *corev1.Node {
	plenty := corev1.ResourceList{
		corev1.ResourceCPU:    resource.MustParse("10k"),
		corev1.ResourceMemory: resource.MustParse("100Ti"),
		corev1.ResourcePods:   resource.MustParse("100k"),
	}
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{
			Name:   name,
			Labels: map[string]string{corev1.LabelHostname: name, corev1.LabelOSStable: "linux", corev1.LabelArchStable: "amd64"},
		},
		Status: corev1.NodeStatus{
			Phase:       corev1.NodeRunning,
			Capacity:    plenty,
			Allocatable: plenty,
			Addresses:   []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: nodeIP}, {Type: corev1.NodeHostName, Address: name}},
			Conditions: []corev1.NodeCondition{{
				Type: corev1.NodeReady, Status: corev1.ConditionTrue, Reason: "KubeletReady", Message: "KWOK answers for this node",
				LastHeartbeatTime: metav1.Now(), LastTransitionTime: metav1.Now(),
			}},
		},
	}
}

// nodesReady passes when pods can be scheduled on every node and KWOK keeps its lease, so that the node stays ready.
func (c *client) nodesReady(count int) check {
	return func(ctx context.Context) error {
		leases, err := c.kube.CoordinationV1().Leases(corev1.NamespaceNodeLease).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		if len(leases.Items) < count {
			return fmt.Errorf("KWOK keeps the leases of %d of %d nodes", len(leases.Items), count)
		}
		nodes, err := c.kube.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		for i := range nodes.Items {
			if problem := unschedulable(&nodes.Items[i]); problem != "" {
				return fmt.Errorf("%s %s", nodes.Items[i].Name, problem)
			}
		}
		return nil
	}
}

// nodeReady passes when pods can be scheduled on the node. A kubelet reports its status also before it has a lease, for which it
// waits ten seconds if it asks for the lease before it has registered.
func (c *client) nodeReady(ctx context.Context) error {
	found, err := c.kube.CoreV1().Nodes().Get(ctx, node.Name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	if problem := unschedulable(found); problem != "" {
		return fmt.Errorf("%s %s", found.Name, problem)
	}
	return nil
}

func unschedulable(node *corev1.Node) string {
	if len(node.Spec.Taints) > 0 {
		return "is tainted " + node.Spec.Taints[0].Key
	}
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady && condition.Status == corev1.ConditionTrue {
			return ""
		}
	}
	return "is not Ready"
}
