// SPDX-License-Identifier: Apache-2.0

package node

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestHierarchiesOfBothVersionsAreFound(t *testing.T) {
	for name, test := range map[string]struct {
		mountinfo string
		want      []hierarchy
	}{
		"version 2": {
			"31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n",
			[]hierarchy{{"/sys/fs/cgroup", true}},
		},
		"version 1, with a unified one beside it": {
			"31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n" +
				"32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n" +
				"41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
			[]hierarchy{{"/sys/fs/cgroup/cpu", false}, {"/sys/fs/cgroup/unified", true}},
		},
		"none": {"27 1 254:0 / / rw - ext4 /dev/vda rw\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			if got := hierarchiesIn(test.mountinfo); !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestACgroupBelongsToItsDirectory(t *testing.T) {
	if CgroupOf("/a") == CgroupOf("/b") {
		t.Error("two labs share a cgroup")
	}
	if c := CgroupOf("/a"); c != CgroupOf("/a") || !strings.HasPrefix(string(c), CgroupRoot) || c.Path() != "/"+string(c) {
		t.Errorf("got %s with path %s", c, c.Path())
	}
}

func TestATreeIsRemovedFromItsLeaves(t *testing.T) {
	root := filepath.Join(t.TempDir(), "root")
	if err := os.MkdirAll(filepath.Join(root, "pods", "one"), 0o700); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second has nothing to do
		if err := removeTree(root); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(root); !os.IsNotExist(err) {
		t.Errorf("got %v", err)
	}
}
