// SPDX-License-Identifier: Apache-2.0

package node

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

const allNamespaces = syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS

// InitAttributes makes a child process 1 of a new node, which dies with the thread that started it.
func InitAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Cloneflags: allNamespaces, Pdeathsig: syscall.SIGKILL, Setpgid: true}
}

// SetUp turns the namespaces of process 1 into a node: mounts, name, network. The kept paths stay what they are outside.
func SetUp(services string, keep ...string) error {
	if os.Getpid() != 1 {
		return fmt.Errorf("this is process %d and not the first of a PID namespace: run 'lab up --node' instead", os.Getpid())
	}
	if err := arrangeMounts(keep); err != nil {
		return fmt.Errorf("arranging the node's mounts: %w", err)
	}
	if err := syscall.Sethostname([]byte(Name)); err != nil {
		return fmt.Errorf("naming the node: %w", err)
	}
	return arrangeNetwork(services)
}

func arrangeNetwork(services string) error {
	for _, args := range [][]string{
		{"link", "set", "lo", "up"},
		{"address", "add", IP + "/32", "dev", "lo"},
		// kube-proxy redirects a packet to a Service only after a route for it was found.
		{"route", "add", services, "dev", "lo", "src", IP},
		// The pods' bridge is there before the first of them. One that was given no address of its own takes that of
		// a port, and changes it as pods come and go: what other pods send meanwhile is lost.
		{"link", "add", Bridge, "address", "02:00:0a:80:00:01", "type", "bridge"},
		{"link", "set", Bridge, "up"},
	} {
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("arranging the node's network: ip %v: %w: %s", args, err, bytes.TrimSpace(out))
		}
	}
	for _, switched := range []string{"/proc/sys/net/ipv4/ip_forward", bridgeFilter} {
		if err := os.WriteFile(switched, []byte("1"), 0); err != nil {
			return fmt.Errorf("arranging the node's network: %w", err)
		}
	}
	return nil
}
