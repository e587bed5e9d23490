// SPDX-License-Identifier: Apache-2.0

package installation

import (
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"

	"github.com/serin-dev/serin/pkg/cli/model"
)

// Installation is a controller, and through whom it is looked at.
type Installation struct {
	API kubernetes.Interface
	Any dynamic.Interface // for guard and fence
	Now func() time.Time

	Namespace  string   // of the controller
	Account    string   // its ServiceAccount
	Namespaces []string // the only ones that it looks after; empty: all
	Flags      []string // those that it runs with and that take permissions of their own, such as permissions.MetricsSecure

	// Explain says what is missing when a read in the controller's namespace is refused.
	Explain func(err error, verb, resource, doing string) error
}

// account is the controller's name to the API server.
func (i *Installation) account() string {
	return fmt.Sprintf("system:serviceaccount:%s:%s", i.Namespace, i.Account)
}

// Explain is what a program says, which nobody types a next command to.
func Explain(err error, verb, resource, doing string) error {
	if apierrors.IsForbidden(err) {
		return fmt.Errorf("%s: it may not %s %s", doing, verb, resource)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// serves reports whether the API server has a resource.
func (i *Installation) serves(resource schema.GroupVersionResource) (bool, error) {
	list, err := i.API.Discovery().ServerResourcesForGroupVersion(resource.GroupVersion().String())
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	for _, served := range list.APIResources {
		if served.Name == resource.Resource {
			return true, nil
		}
	}
	return false, nil
}

func unknown(about string, err error) model.Finding {
	return model.Finding{About: about, Level: model.Unknown, Text: "not looked at: " + err.Error()}
}
