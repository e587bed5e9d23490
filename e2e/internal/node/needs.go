// SPDX-License-Identifier: Apache-2.0

package node

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// program is one that a node runs, and where it comes from.
type program struct{ name, pkg string }

var programs = []program{
	{"containerd", "containerd"},
	{"containerd-shim-runc-v2", "containerd"},
	{"ctr", "containerd"},
	{"runc", "runc"},
	{"iptables", "iptables"},
	{"iptables-restore", "iptables"},
	{"ip", "iproute2"},
	{"mount", "mount"},
	{"setpriv", "util-linux"},
}

// plugins are those of the Container Network Interface that give a pod its network.
var plugins = []string{"bridge", "host-local", "loopback"}

// pluginDirs are where Debian and everybody else keep them.
var pluginDirs = []string{"/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"}

// machine is what was found out about the machine.
type machine struct {
	rights     error // to administer it
	namespaces error // of every kind, made at once
	filter     error // of packets, in a network namespace
	bridge     error // in one, that lets the filter see its packets
	cgroups    error
	found      map[string]bool // programs
	plugins    error
}

// lacks lists all that stands in the way of a node, each with what to do about it.
func lacks(m machine) []string {
	var all []string
	for _, each := range []struct {
		err    error
		advice string
	}{
		{m.rights, "run it as root (sudo); in a container, as a privileged one"},
		{m.namespaces, "in a container, run it as a privileged one"},
		{m.cgroups, "mount the cgroup file systems writable; in a container, run it as a privileged one with a cgroup namespace of its own"},
		{m.bridge, "load the kernel modules bridge and br_netfilter, or use a kernel that has them"},
		{m.filter, "load the kernel modules nf_tables, nft_compat, xt_comment, xt_mark and nf_nat, or use a kernel that has them"},
	} {
		if each.err != nil {
			all = append(all, fmt.Sprintf("%v: %s", each.err, each.advice))
		}
	}
	for _, p := range programs {
		if !m.found[p.name] {
			all = append(all, fmt.Sprintf("there is no program %s in PATH: run 'make node-packages', or install the package %s", p.name, p.pkg))
		}
	}
	if m.plugins != nil {
		all = append(all, fmt.Sprintf("%v: run 'make node-packages', or install the package containernetworking-plugins", m.plugins))
	}
	return all
}

// Needs returns an error that names everything the machine lacks, and nil if a node can run on it. It changes nothing.
func Needs() error {
	if all := lacks(probe()); len(all) > 0 {
		return fmt.Errorf("this machine cannot run a node:\n  - %s", strings.Join(all, "\n  - "))
	}
	return nil
}

// PluginDir is the directory that has every plugin which a node needs.
func PluginDir() (string, error) {
	return pluginDirOf(pluginDirs)
}

func pluginDirOf(dirs []string) (string, error) {
	for _, dir := range dirs {
		missing := false
		for _, plugin := range plugins {
			_, err := os.Stat(filepath.Join(dir, plugin))
			missing = missing || err != nil
		}
		if !missing {
			return dir, nil
		}
	}
	return "", errors.New("the CNI plugins " + strings.Join(plugins, ", ") + " are not together in any of " + strings.Join(dirs, ", "))
}
