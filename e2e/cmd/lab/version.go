// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime/debug"
	"strings"
	_ "unsafe" // for go:linkname

	"k8s.io/component-base/version"
)

// Kubernetes' own build sets these variables with linker flags. Without them the API server would say that it is v0.0.0, which
// no client believes. Linking them here leaves nothing for whoever types "go build" to remember.
//
//go:linkname gitVersion k8s.io/component-base/version.gitVersion
var gitVersion string

//go:linkname gitMajor k8s.io/component-base/version.gitMajor
var gitMajor string

//go:linkname gitMinor k8s.io/component-base/version.gitMinor
var gitMinor string

func init() {
	info, found := debug.ReadBuildInfo()
	if !found {
		return
	}
	for _, module := range info.Deps {
		if parts := strings.Split(module.Version, "."); module.Path == "k8s.io/kubernetes" && len(parts) == 3 {
			gitVersion, gitMajor, gitMinor = module.Version, strings.TrimPrefix(parts[0], "v"), parts[1]
			// Equal to the variable, it is accepted, and replaces what the package has copied from it before.
			_ = version.SetDynamicVersion(gitVersion)
		}
	}
}
