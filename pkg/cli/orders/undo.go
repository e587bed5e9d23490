// SPDX-License-Identifier: Apache-2.0

package orders

import (
	"context"
	"fmt"
	"io"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/serin-dev/serin/pkg/cli/cluster"
	"github.com/serin-dev/serin/pkg/cli/model"
	"github.com/serin-dev/serin/pkg/workload"
)

// Undo puts the template that stable runs back into the Deployment, and reports
// whether that changed anything.
func Undo(ctx context.Context, c *cluster.Cluster, name string, out io.Writer) (changed bool, err error) {
	for n := 1; ; n++ {
		target, err := c.Opted(ctx, name)
		if err != nil {
			return false, err
		}
		changed, err := putBack(ctx, c, target, out)
		if n == attempts || !apierrors.IsConflict(err) {
			return changed, err
		}
	}
}

func putBack(ctx context.Context, c *cluster.Cluster, target *appsv1.Deployment, out io.Writer) (bool, error) {
	memo := model.Memo(target)
	if memo.Stable == "" {
		return false, fmt.Errorf("the controller has not noted a stable version of %s, so there is none to put back; in its place: kubectl rollout undo deployment/%s%s", target.Name, target.Name, c.Where)
	}
	o := c.Read(ctx, target)
	stable := o.Stable()
	if stable == nil {
		return false, fmt.Errorf("the ReplicaSet of the stable version (pod-template-hash %s) could not be read%s", memo.Stable, because(o.Gaps))
	}
	if workload.SameTemplate(stable.Spec.Template, target.Spec.Template) {
		_, err := fmt.Fprintf(out, "Deployment %s wants what stable runs already: %s.\n", target.Name, strings.Join(model.Images(target.Spec.Template), ", "))
		return false, err
	}
	change, err := cluster.Replace(target, plain(stable.Spec.Template))
	if err != nil {
		return false, err
	}
	after, err := c.Make(ctx, target.Name, change, false)
	if err != nil {
		return false, err
	}
	if !workload.SameTemplate(stable.Spec.Template, after.Spec.Template) {
		return false, fmt.Errorf("the template of %s was put back, but the API server or a webhook made something else of it; to compare: kubectl get deployment %s%s -o yaml", target.Name, target.Name, c.Where)
	}
	_, err = fmt.Fprintf(out, "Deployment %s wants again what stable runs: %s, in place of %s.\n", target.Name,
		strings.Join(model.Images(after.Spec.Template), ", "), strings.Join(model.Images(target.Spec.Template), ", "))
	return true, err
}

func because(gaps []string) string {
	if len(gaps) == 0 {
		return "; it is gone, so set the image by hand: kubectl set image"
	}
	return ": " + strings.Join(gaps, "; ")
}

// plain is the template as its user wrote it: the hash is the Deployment controller's.
func plain(template corev1.PodTemplateSpec) corev1.PodTemplateSpec {
	own := *template.DeepCopy()
	delete(own.Labels, appsv1.DefaultDeploymentUniqueLabelKey)
	return own
}
