// SPDX-License-Identifier: Apache-2.0

package image

import (
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/serin-dev/serin/deploy/release/internal/source"
)

// Repository is where the image of a release is.
const Repository = "ghcr.io/serin-dev/serin"

// Labels tell what the image is, in the words of the OCI image specification.
func Labels(s source.Source) map[string]string {
	const home = "https://github.com/serin-dev/serin"
	of := func(key string) string { return "org.opencontainers.image." + key }
	return map[string]string{
		of("title"):         "serin",
		of("description"):   "Progressive delivery for plain Deployments, by annotation",
		of("url"):           home,
		of("source"):        home,
		of("documentation"): home + "/tree/main/docs",
		of("vendor"):        "The Serin authors",
		of("licenses"):      "Apache-2.0",
		of("version"):       s.Version,
		of("revision"):      s.Commit,
	}
}

// annotations of the index are the labels, and the time: a registry shows them without looking into an image.
func annotations(s source.Source) map[string]string {
	all := Labels(s)
	all["org.opencontainers.image.created"] = s.Time.Format(time.RFC3339)
	return all
}

// Config is what the image says of how it is run. The path and the folder are those of any Dockerfile's image from scratch.
func Config(s source.Source) v1.Config {
	return v1.Config{
		Env:          []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
		WorkingDir:   "/",
		User:         "65532:65532",
		ExposedPorts: map[string]struct{}{"8080/tcp": {}, "8081/tcp": {}},
		Entrypoint:   []string{program},
		Labels:       Labels(s),
	}
}

// program is where the controller is in the image, and all that is in it.
const program = "/serin"
