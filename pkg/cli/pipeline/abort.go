// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/workload"
)

// lastWill is how long a run that ends may take to ask for the abort. Pipelines
// kill what does not end soon.
const lastWill = 8 * time.Second

// abort asks to roll back, unless another template has taken the place of ours.
func (r *Run) abort(ctx context.Context, why string) {
	ctx, cancel := context.WithTimeout(ctx, lastWill)
	defer cancel()
	var err error
	for range attempts {
		target, failed := r.Cluster.Opted(ctx, r.Name)
		if err = failed; err != nil {
			break
		}
		if !workload.SameTemplate(target.Spec.Template, r.wanted.Spec.Template) {
			r.Journal.Fail(why, "somebody else's template has taken the place of this one, and is not aborted")
			return
		}
		if _, err = r.Cluster.Annotate(ctx, r.Name, annotations.Abort, "true", target.ResourceVersion); !apierrors.IsConflict(err) {
			break
		}
	}
	if err != nil {
		r.Journal.Fail(why, fmt.Sprintf("the rollout could not be aborted and is left running: %v", err))
		return
	}
	r.Journal.Fail(why, fmt.Sprintf("asked to roll back. To follow it: kubectl serin status %s%s -w", r.Name, r.Cluster.Where))
}
