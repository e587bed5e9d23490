// SPDX-License-Identifier: Apache-2.0

package offline

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/model"
	"github.com/serin-dev/serin/pkg/plan"
)

// judging is the ConfigMap with the checks of a Deployment, where it is in the
// files. Other ConfigMaps are nobody's business here.
func (k known) judging(target *appsv1.Deployment) []client.Object {
	plan, _ := annotations.Read(target.Annotations)
	source, found := k.set.Find("ConfigMap", target.Namespace, plan.Checks, k.namespace)
	if !found {
		return nil
	}
	data, _, _ := unstructured.NestedStringMap(source.Object, "data") // lint says what is wrong with it
	m := &corev1.ConfigMap{Data: data}
	m.Namespace, m.Name = target.Namespace, plan.Checks
	return []client.Object{m}
}

// judging reads the ConfigMap with the checks, from the files or else from the
// cluster. Who may not read it there gets the plan all the same: checks move
// nothing in it.
func (c cluster) judging(ctx context.Context, input *plan.Input, files known) error {
	read, _ := annotations.Read(input.Target.Annotations)
	if given := files.judging(input.Target); len(given) > 0 || read.Checks == "" {
		input.Others = append(input.Others, given...)
		return nil
	}
	m := &corev1.ConfigMap{}
	err := c.reader.Get(ctx, client.ObjectKey{Namespace: input.Target.Namespace, Name: read.Checks}, m)
	switch {
	case err == nil:
		input.Others = append(input.Others, m)
	case apierrors.IsForbidden(err):
		input.Notes = append(input.Notes, fmt.Sprintf("ConfigMap %s may not be read, and the built-in checks take its place", read.Checks))
		checks, _ := model.Checks(input.Target, input.Others)
		input.Others = append(input.Others, checks...)
	case !apierrors.IsNotFound(err): // what is not there the model complains of
		return explain(err, "get", "configmaps", input.Target.Namespace, "reading ConfigMap "+read.Checks)
	}
	return nil
}
