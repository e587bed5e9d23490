// SPDX-License-Identifier: Apache-2.0

package installation

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/serin-dev/serin/pkg/cli/model"
)

const meshAbout = "Mesh"

var meshParts = []schema.GroupVersionResource{
	{Group: "networking.istio.io", Version: "v1", Resource: "virtualservices"},
	{Group: "networking.istio.io", Version: "v1", Resource: "destinationrules"},
}

// Mesh finds out whether traffic can be moved by Istio's weights. An error says
// why that is not known.
func (i *Installation) Mesh(context.Context) (served bool, finding model.Finding, err error) {
	for _, part := range meshParts {
		served, err := i.serves(part)
		if err != nil {
			return false, unknown(meshAbout, err), err
		}
		if !served {
			return false, model.Finding{About: meshAbout, Level: model.OK,
				Text: fmt.Sprintf("no %s.%s are served: traffic moves by the ratio of pods", part.Resource, part.GroupVersion())}, nil
		}
	}
	return true, model.Finding{About: meshAbout, Level: model.OK, Text: "Istio's API is served: workloads in the mesh move by its weights, others by the ratio of pods"}, nil
}
