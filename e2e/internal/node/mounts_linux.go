// SPDX-License-Identifier: Apache-2.0

package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

const cgroupDir = "/sys/fs/cgroup"

// private are the directories that a node has for itself: what runs in it keeps its state there, and leaves none behind.
var private = []string{"/run", "/var"}

// sysctls are those that a kubelet insists on, with the values that it wants. They are the machine's and not the node's, so
// that it is shown files instead.
var sysctls = map[string]string{
	"vm/overcommit_memory":      "1",
	"vm/panic_on_oom":           "0",
	"kernel/panic":              "10",
	"kernel/panic_on_oops":      "1",
	"kernel/keys/root_maxkeys":  "1000000",
	"kernel/keys/root_maxbytes": "25000000",
}

// arrangeMounts works from a copy of the machine's mounts, in an order that matters: what is to be kept has to be held before it
// is covered, and the mounts may be shared only when all are in place, or the cgroups would vanish from below /sys.
func arrangeMounts(keep []string) error {
	if err := mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE); err != nil {
		return err
	}
	held, err := hold(append(hiddenOf(keep), cgroupDir))
	if err != nil {
		return err
	}
	defer held.release()
	for _, step := range []func() error{mountKernel, mountPrivate, furnish, held.putBack, coverSysctls} {
		if err := step(); err != nil {
			return err
		}
	}
	// What a kubelet mounts for a pod has to show in the pod, which gets its own copy of the mounts.
	return mount("", "/", "", unix.MS_REC|unix.MS_SHARED)
}

// mountKernel shows the interfaces of the network namespace, and the processes of the PID namespace.
func mountKernel() error {
	const plain = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
	return errors.Join(mount("sysfs", "/sys", "sysfs", plain), mount("proc", "/proc", "proc", plain))
}

func mountPrivate() error {
	for _, dir := range private {
		if err := mount("tmpfs", dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV); err != nil {
			return err
		}
	}
	return nil
}

func mount(source, target, kind string, flags uintptr) error {
	if err := unix.Mount(source, target, kind, flags, ""); err != nil {
		return fmt.Errorf("mounting %s %s: %w", kind, target, err)
	}
	return nil
}

// hiddenOf returns those of the paths that the private directories would hide.
func hiddenOf(paths []string) []string {
	var hidden []string
	for _, path := range paths {
		target, err := filepath.EvalSymlinks(path)
		if err != nil {
			continue // what is not there need not be kept
		}
		for _, dir := range private {
			if strings.HasPrefix(target, dir+"/") {
				hidden = append(hidden, target)
			}
		}
	}
	return hidden
}

// holding is directories and files that stay reachable while they are covered by a mount.
type holding map[string]int

func hold(paths []string) (holding, error) {
	held := holding{}
	for _, path := range paths {
		fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
		if err != nil {
			held.release()
			return nil, fmt.Errorf("opening %s: %w", path, err)
		}
		held[path] = fd
	}
	return held, nil
}

func (h holding) release() {
	for _, fd := range h {
		_ = unix.Close(fd)
	}
}

// putBack mounts everything where it was.
func (h holding) putBack() error {
	for path, fd := range h {
		source := fmt.Sprintf("/proc/self/fd/%d", fd)
		info, err := os.Stat(source)
		if err != nil {
			return err
		}
		if err := makePlace(path, info.IsDir()); err != nil {
			return err
		}
		if err := mount(source, path, "", unix.MS_BIND|unix.MS_REC); err != nil {
			return err
		}
	}
	return nil
}

// makePlace makes what the path is mounted over, unless it is there.
func makePlace(path string, dir bool) error {
	if dir {
		return os.MkdirAll(path, 0o755)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return file.Close()
}

// furnish makes what programs expect to find in /run and /var.
func furnish() error {
	for _, dir := range []string{"/run/lock", "/var/lib", "/var/log", "/var/cache"} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	return errors.Join(
		os.Mkdir("/var/tmp", 0o755),
		os.Chmod("/var/tmp", 0o777|fs.ModeSticky),
		os.Symlink("/run", "/var/run"),
		os.Symlink("/run/lock", "/var/lock"),
	)
}

func coverSysctls() error {
	const dir = "/run/lab/sysctl"
	for name, value := range sysctls {
		target := filepath.Join("/proc/sys", name)
		if _, err := os.Stat(target); err != nil {
			continue // this kernel has none
		}
		source := filepath.Join(dir, strings.ReplaceAll(name, "/", "."))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(source, []byte(value+"\n"), 0o600); err != nil {
			return err
		}
		if err := mount(source, target, "", unix.MS_BIND); err != nil {
			return err
		}
	}
	return nil
}
