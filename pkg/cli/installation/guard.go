// SPDX-License-Identifier: Apache-2.0

package installation

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/serin-dev/serin/pkg/cli/model"
	"github.com/serin-dev/serin/pkg/rollout"
)

const (
	guardAbout = "Guard"
	guardName  = "serin-guard"
	install    = "kubectl apply -k deploy/guard"
)

var guardParts = []schema.GroupVersionResource{mutating.policy, mutating.bindings}

// Guard finds out what holds a changed template.
func (i *Installation) Guard(ctx context.Context) (rollout.Guard, model.Finding) {
	const armed = "the controller keeps Deployments paused at rest in its stead; a Deployment that it has not met yet is not held"
	for _, part := range guardParts {
		served, err := i.serves(part)
		if err != nil {
			return rollout.GuardArmed, unknown(guardAbout, err)
		}
		if !served {
			return rollout.GuardArmed, model.Finding{About: guardAbout, Level: model.Note,
				Text: fmt.Sprintf("armed: this API server has no %s (Kubernetes 1.36 has), so %s", part.Resource, armed)}
		}
		_, err = i.Any.Resource(part).Get(ctx, guardName, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err):
			return rollout.GuardArmed, model.Finding{About: guardAbout, Level: model.Note, Do: install,
				Text: fmt.Sprintf("armed: %s %s is not installed, so %s", part.Resource, guardName, armed)}
		case apierrors.IsForbidden(err):
			return rollout.GuardArmed, model.Finding{About: guardAbout, Level: model.Unknown,
				Text: fmt.Sprintf("not looked at: you need: get %s.%s", part.Resource, part.Group)}
		case err != nil:
			return rollout.GuardArmed, unknown(guardAbout, err)
		}
	}
	return rollout.GuardPolicy, model.Finding{About: guardAbout, Level: model.OK, Text: "policy: the API server itself holds a changed template"}
}
