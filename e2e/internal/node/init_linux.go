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
	} {
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("arranging the node's network: ip %v: %w: %s", args, err, bytes.TrimSpace(out))
		}
	}
	return os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0)
}
