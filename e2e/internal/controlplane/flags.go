// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"net"
	"os"
	"path/filepath"
)

const (
	serviceCIDR = "10.96.0.0/16"
	podCIDR     = "10.128.0.0/10" // nothing is ever contacted there, but loopback addresses are refused by the API
	nodeIP      = "10.95.0.1"

	istioNamespace = "istio-system"
)

var firstServiceIP = net.IPv4(10, 96, 0, 1)

// Component is a process to start.
type Component struct {
	Name string
	Path string
	Args []string
	Env  []string
	Dir  string
}

// addresses are where the components listen, all on loopback.
type addresses struct {
	etcd, etcdPeer, apiserver, scheduler, kwok, istiodHTTP, istiodGRPC string
}

func chooseAddresses() (addresses, error) {
	free, err := freePorts(7)
	if err != nil {
		return addresses{}, err
	}
	return addresses{
		etcd: free[0], etcdPeer: free[1], apiserver: free[2], scheduler: free[3],
		kwok: free[4], istiodHTTP: free[5], istiodGRPC: free[6],
	}, nil
}

func port(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return port
}

// program is the linked-in component, unless the directory that envtest uses has one of the name.
func program(self, name string) Component {
	if assets := os.Getenv("KUBEBUILDER_ASSETS"); assets != "" && (name == "etcd" || name == "kube-apiserver") {
		path := filepath.Join(assets, name)
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return Component{Name: name, Path: path}
		}
	}
	return Component{Name: name, Path: self, Args: []string{name}}
}

func (c Component) with(args ...string) Component {
	c.Args = append(c.Args, args...)
	return c
}

func (b *bringUp) etcd() Component {
	client, peer := "http://"+b.at.etcd, "http://"+b.at.etcdPeer
	return program(b.self, "etcd").with(
		"--name=lab",
		"--data-dir="+b.layout.data("etcd"),
		"--listen-client-urls="+client, "--advertise-client-urls="+client,
		"--listen-peer-urls="+peer, "--initial-advertise-peer-urls="+peer, "--initial-cluster=lab="+peer,
		"--unsafe-no-fsync", // the data is not meant to survive a power cut
		"--log-level=warn",
	)
}

func (b *bringUp) apiserver() Component {
	return program(b.self, "kube-apiserver").with(
		"--etcd-servers=http://"+b.at.etcd,
		"--bind-address=127.0.0.1", "--secure-port="+port(b.at.apiserver),
		"--advertise-address=127.0.0.1",   // must be given where there is no default route
		"--endpoint-reconciler-type=none", // loopback is no valid endpoint address
		"--tls-cert-file="+b.layout.certFile(), "--tls-private-key-file="+b.layout.keyFile(),
		"--token-auth-file="+b.layout.Tokens(),
		"--authorization-mode=RBAC",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file="+b.layout.serviceAccountKey(),
		"--service-account-signing-key-file="+b.layout.serviceAccountKey(),
		"--service-cluster-ip-range="+serviceCIDR,
		"--allow-privileged=true",
		"--enable-priority-and-fairness=false", "--max-requests-inflight=0", "--max-mutating-requests-inflight=0",
		"--profiling=false",
	)
}

func (b *bringUp) controllerManager() Component {
	return program(b.self, "kube-controller-manager").with(
		"--kubeconfig="+b.layout.componentConfig("kube-controller-manager"),
		"--service-account-private-key-file="+b.layout.serviceAccountKey(),
		"--root-ca-file="+b.layout.caFile(),
		"--use-service-account-credentials=true", // each controller has the name and rights that it has on a real cluster
		"--kube-api-qps=500", "--kube-api-burst=1000",
		"--leader-elect=false",
		"--secure-port=0",
		"--profiling=false",
	)
}

func (b *bringUp) scheduler() Component {
	return program(b.self, "kube-scheduler").with(
		"--kubeconfig="+b.layout.componentConfig("kube-scheduler"),
		"--kube-api-qps=500", "--kube-api-burst=1000",
		"--leader-elect=false",
		"--bind-address=127.0.0.1", "--secure-port="+port(b.at.scheduler),
		"--authentication-skip-lookup=true",
	)
}

func (b *bringUp) istiod() Component {
	c := Component{Name: "istiod", Path: b.self, Dir: b.layout.data("istiod")} // it writes files relative to where it runs
	c.Env = []string{
		"PILOT_CERT_PROVIDER=istiod", "POD_NAMESPACE=" + istioNamespace, "POD_NAME=istiod-lab", "CLUSTER_ID=Kubernetes",
	}
	return c.with("pilot-discovery", "discovery",
		"--kubeconfig="+b.layout.componentConfig("istiod"),
		"--meshConfig="+b.layout.data("istiod", "mesh.yaml"),
		"--httpAddr="+b.at.istiodHTTP, "--grpcAddr="+b.at.istiodGRPC,
		"--httpsAddr=", "--secureGRPCAddr=", "--ctrlz_port=0",
		"--monitoringAddr=", // empty: on httpAddr too, as its own port is fixed and labs run side by side
	)
}

func (b *bringUp) kwok() Component {
	return program(b.self, "kwok").with(
		"--kubeconfig="+b.layout.componentConfig("kwok"),
		"--config="+b.layout.data("kwok.yaml"),
		"--manage-all-nodes",
		"--cidr="+podCIDR, "--node-ip="+nodeIP,
		"--node-lease-duration-seconds=40",
		"--server-address="+b.at.kwok,
	)
}
