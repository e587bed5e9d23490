// SPDX-License-Identifier: Apache-2.0

package images

import v1 "github.com/google/go-containerregistry/pkg/v1"

// nobody is the user that every image runs as.
const nobody = "65532:65532"

// base is what any Dockerfile's image has that begins with scratch.
var base = v1.Config{
	Env:        []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
	WorkingDir: "/",
}

// Serin is the controller, as the repository's Dockerfile has it but for the labels, which tell of a release.
func Serin(program string) Image {
	config := base
	config.User = nobody
	config.ExposedPorts = map[string]struct{}{"8080/tcp": {}, "8081/tcp": {}}
	config.Entrypoint = []string{"/serin"}
	return Image{
		Names:  []Name{{Reference: "serin.lab/serin:e2e"}},
		Config: config,
		Files:  []File{{Path: "/serin", Mode: 0o755, From: program}},
	}
}
