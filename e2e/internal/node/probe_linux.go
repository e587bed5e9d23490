// SPDX-License-Identifier: Apache-2.0

package node

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// bridgeFilter says whether answers of a Service to a pod on the same bridge pass
// the filter that made the Service's address a pod's.
const bridgeFilter = "/proc/sys/net/bridge/bridge-nf-call-iptables"

func probe() machine {
	m := machine{found: map[string]bool{}, rights: hasRights()}
	for _, p := range programs {
		_, err := exec.LookPath(p.name)
		m.found[p.name] = err == nil
	}
	_, m.plugins = PluginDir()
	if m.rights != nil {
		return m // all else would fail for this one reason
	}
	m.namespaces = inNamespaces(allNamespaces, "/proc/self/exe", "--help") // a program that is there in any case
	m.cgroups = canMakeCgroups()
	if m.namespaces == nil && m.found["ip"] {
		m.bridge = inNamespaces(syscall.CLONE_NEWNET, "ip", "link", "add", Bridge, "type", "bridge")
	}
	if _, err := os.Stat(bridgeFilter); err != nil && m.bridge == nil {
		m.bridge = fmt.Errorf("packets between pods on a bridge would pass by the filter: %w", err)
	}
	if m.namespaces == nil && m.found["iptables"] {
		m.filter = inNamespaces(syscall.CLONE_NEWNET, "iptables", "-t", "nat", "-A", "POSTROUTING",
			"-m", "comment", "--comment", "probe", "-m", "mark", "--mark", "1", "-j", "MASQUERADE")
	}
	return m
}

func hasRights() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return fmt.Errorf("reading our capabilities: %w", err)
	}
	has := func(capability uint) bool { return data[capability/32].Effective&(1<<(capability%32)) != 0 }
	if !has(unix.CAP_SYS_ADMIN) || !has(unix.CAP_NET_ADMIN) || os.Geteuid() != 0 {
		return errors.New("it takes root with the capabilities SYS_ADMIN and NET_ADMIN")
	}
	return nil
}

// inNamespaces runs a program that leaves with its namespaces all that it has done.
func inNamespaces(flags uintptr, name string, args ...string) error {
	command := exec.Command(name, args...)
	command.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags}
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("running %s in namespaces of its own: %w %s", name, err, bytes.TrimSpace(out))
	}
	return nil
}

func canMakeCgroups() error {
	all, err := hierarchies()
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return errors.New("no cgroup file system is mounted")
	}
	for _, h := range all {
		dir := filepath.Join(h.path, fmt.Sprintf("%sprobe-%d", CgroupRoot, os.Getpid()))
		if err := os.Mkdir(dir, 0o755); err != nil {
			return fmt.Errorf("making a cgroup: %w", err)
		}
		if err := os.Remove(dir); err != nil {
			return fmt.Errorf("removing a cgroup: %w", err)
		}
	}
	return nil
}
