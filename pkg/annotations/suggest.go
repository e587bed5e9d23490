// SPDX-License-Identifier: Apache-2.0

package annotations

import (
	"strings"

	"github.com/serin-dev/serin/pkg/spelling"
)

func unknown(name string) string {
	if meant := nearest(name); meant != "" {
		return "unknown annotation; did you mean " + meant + "?"
	}
	return "unknown annotation; remove it, or choose one of those listed in docs/annotations.md"
}

// nearest is the known key that the name was most likely meant to be, if any.
func nearest(name string) string {
	known := make([]string, 0, len(Keys))
	for _, key := range Keys {
		known = append(known, strings.TrimPrefix(key.Name, Prefix))
	}
	if meant := spelling.Nearest(strings.TrimPrefix(name, Prefix), known); meant != "" {
		return Prefix + meant
	}
	return ""
}
