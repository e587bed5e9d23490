// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// selective leaves the Deployments of other namespaces to other controllers.
type selective struct {
	reconcile.Reconciler
	reader     client.Reader
	namespaces labels.Selector
}

// Reconcile does nothing where the namespace is not selected. One that is gone
// is: something may be left behind.
func (s selective) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	namespace := &corev1.Namespace{}
	err := s.reader.Get(ctx, types.NamespacedName{Name: request.Namespace}, namespace)
	if client.IgnoreNotFound(err) != nil {
		return reconcile.Result{}, err
	}
	if err == nil && !s.namespaces.Matches(labels.Set(namespace.Labels)) {
		return reconcile.Result{}, nil
	}
	return s.Reconciler.Reconcile(ctx, request)
}
