// SPDX-License-Identifier: Apache-2.0

package node

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// complete is a machine that lacks nothing.
func complete() machine {
	m := machine{found: map[string]bool{}}
	for _, p := range programs {
		m.found[p.name] = true
	}
	return m
}

func TestAMachineWithEverythingLacksNothing(t *testing.T) {
	if all := lacks(complete()); len(all) > 0 {
		t.Errorf("got %q", all)
	}
}

func TestAllThatIsMissingIsNamedAtOnceWithWhatToDo(t *testing.T) {
	m := complete()
	m.rights, m.namespaces, m.filter, m.cgroups = errors.New("no rights"), errors.New("no namespaces"), errors.New("no filter"), errors.New("no cgroups")
	m.plugins, m.bridge = errors.New("no plugins"), errors.New("no bridge")
	m.found["runc"], m.found["setpriv"] = false, false

	all := lacks(m)
	for _, words := range [][]string{
		{"no rights", "root"},
		{"no namespaces", "privileged"},
		{"no filter", "kernel"},
		{"no bridge", "br_netfilter"},
		{"no cgroups", "writable"},
		{"no plugins", "make node-packages", "containernetworking-plugins"},
		{"runc", "make node-packages", "package runc"},
		{"setpriv", "make node-packages", "package util-linux"},
	} {
		if !anyHas(all, words) {
			t.Errorf("none of %q has %q", all, words)
		}
	}
	if len(all) != 8 {
		t.Errorf("got %d lines, want 8: %q", len(all), all)
	}
}

func anyHas(all []string, words []string) bool {
	for _, line := range all {
		has := true
		for _, word := range words {
			has = has && strings.Contains(line, word)
		}
		if has {
			return true
		}
	}
	return false
}

func TestThePluginsHaveToBeTogether(t *testing.T) {
	half, whole := t.TempDir(), t.TempDir()
	touch(t, filepath.Join(half, plugins[0]))
	if dir, err := pluginDirOf([]string{half, whole}); err == nil {
		t.Errorf("got %s", dir)
	}
	for _, plugin := range plugins {
		touch(t, filepath.Join(whole, plugin))
	}
	if dir, err := pluginDirOf([]string{half, whole}); err != nil || dir != whole {
		t.Errorf("got %s and %v, want %s", dir, err, whole)
	}
}

func TestADirectoryWithoutThePauseImageIsRefused(t *testing.T) {
	err := CheckImages(t.TempDir())
	if err == nil || !strings.Contains(err.Error(), PauseImage) || !strings.Contains(err.Error(), "make images") {
		t.Errorf("got %v", err)
	}
}

func touch(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}
