// SPDX-License-Identifier: Apache-2.0

package images

import (
	"fmt"
	"os"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// nobody is the user that every image runs as.
const nobody = "65532:65532"

// bundles is where systems keep the certificates of well-known authorities: Debian, Fedora, Alpine.
var bundles = []string{"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"}

// base is what any Dockerfile's image has that begins with scratch.
var base = v1.Config{
	Env:        []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
	WorkingDir: "/",
}

// Serin is the controller, as the repository's Dockerfile has it.
func Serin(program, certificates string) Image {
	config := base
	config.User = nobody
	config.ExposedPorts = map[string]struct{}{"8080/tcp": {}, "8081/tcp": {}}
	config.Entrypoint = []string{"/serin"}
	return Image{
		Names:  []Name{{Reference: "serin.lab/serin:e2e"}},
		Config: config,
		Files: []File{
			{Path: "/etc/ssl/certs/ca-certificates.crt", Mode: 0o644, From: certificates},
			{Path: "/serin", Mode: 0o755, From: program},
		},
	}
}

// Certificates finds this machine's bundle of well-known authorities.
func Certificates() (string, error) {
	for _, bundle := range bundles {
		if info, err := os.Stat(bundle); err == nil && info.Mode().IsRegular() {
			return bundle, nil
		}
	}
	return "", fmt.Errorf("no bundle of certificates in %s: install ca-certificates, or name one with --certificates", strings.Join(bundles, " or "))
}
