// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/spf13/cobra"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

// These run on Linux only, as containers do.
func init() {
	components["kubelet"] = kubernetes(func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) })
	components["kube-proxy"] = kubernetes(proxy.NewProxyCommand)
}
