// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"net"
	"os"
	"path/filepath"

	"github.com/serin-dev/serin/e2e/internal/node"
)

const (
	// ServiceCIDR is what the ClusterIPs are taken from.
	ServiceCIDR = "10.96.0.0/16"

	podCIDR = "10.128.0.0/10" // nothing is ever contacted there, but loopback addresses are refused by the API
	nodeIP  = node.IP         // also of KWOK's nodes, where nobody has it

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

// addresses are where the components listen: on loopback, but for those that a node's pods talk to.
type addresses struct {
	etcd, etcdPeer, apiserver, scheduler, kwok, istiodHTTP, istiodGRPC string
}

func chooseAddresses(onNode bool) (addresses, error) {
	if onNode { // which nobody else is on
		return addresses{
			etcd: "127.0.0.1:2379", etcdPeer: "127.0.0.1:2380", apiserver: nodeIP + ":6443", scheduler: "127.0.0.1:10259",
			istiodHTTP: nodeIP + ":8080", istiodGRPC: nodeIP + ":15010",
		}, nil
	}
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
	var emulated []string
	if b.Emulated != "" {
		emulated = []string{"--emulated-version=kube=" + b.Emulated}
	}
	return program(b.self, "kube-apiserver").with(b.exposure()...).with(emulated...).with(
		"--etcd-servers=http://"+b.at.etcd,
		"--secure-port="+port(b.at.apiserver),
		"--tls-cert-file="+b.layout.certFile(), "--tls-private-key-file="+b.layout.keyFile(),
		"--token-auth-file="+b.layout.Tokens(),
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file="+b.layout.serviceAccountKey(),
		"--service-account-signing-key-file="+b.layout.serviceAccountKey(),
		"--service-cluster-ip-range="+ServiceCIDR,
		"--allow-privileged=true",
		"--enable-priority-and-fairness=false", "--max-requests-inflight=0", "--max-mutating-requests-inflight=0",
		"--profiling=false",
	)
}

// exposure decides from where the API server can be reached, and by whom. Where there is no default route, it cannot find an
// address to advertise by itself.
func (b *bringUp) exposure() []string {
	if b.Node {
		return []string{
			"--bind-address=0.0.0.0", "--advertise-address=" + nodeIP,
			"--authorization-mode=Node,RBAC",
			"--kubelet-preferred-address-types=InternalIP", // nobody resolves the node's name
		}
	}
	return []string{
		"--bind-address=127.0.0.1", "--advertise-address=127.0.0.1",
		"--authorization-mode=RBAC",
		"--endpoint-reconciler-type=none", // loopback is no valid endpoint address
	}
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
		"DEBUG_ENDPOINT_AUTH_ALLOWED_NAMESPACES=serin-system", // where the controller lives, as its manual has people do
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
