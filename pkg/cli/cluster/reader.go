// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/observe"
)

// reader answers what package observe asks of its cache from the API server,
// which knows no index of owners.
type reader struct{ client.Reader }

func newReader(config *rest.Config) (client.Reader, error) {
	plain, err := client.New(config, client.Options{Scheme: scheme.Scheme})
	if err != nil {
		return nil, fmt.Errorf("making a client from the kubeconfig: %w", err)
	}
	return Unindexed(plain), nil
}

// Unindexed is a reader for package observe made from one without its index.
func Unindexed(plain client.Reader) client.Reader { return reader{plain} }

// List implements client.Reader.
func (r reader) List(ctx context.Context, list client.ObjectList, options ...client.ListOption) error {
	var asked client.ListOptions
	asked.ApplyOptions(options)
	sets, isSets := list.(*appsv1.ReplicaSetList)
	if !isSets || asked.FieldSelector == nil {
		return r.Reader.List(ctx, list, options...)
	}
	owner, indexed := asked.FieldSelector.RequiresExactMatch(observe.OwnerIndex)
	if !indexed {
		return r.Reader.List(ctx, list, options...)
	}
	if err := r.Reader.List(ctx, sets, client.InNamespace(asked.Namespace)); err != nil {
		return err
	}
	var own []appsv1.ReplicaSet
	for _, set := range sets.Items {
		if controller := metav1.GetControllerOf(&set); controller != nil && string(controller.UID) == owner {
			own = append(own, set)
		}
	}
	sets.Items = own
	return nil
}
