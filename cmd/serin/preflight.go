// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/go-logr/logr"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/serin-dev/serin/pkg/permissions"
)

// istioGroup may be refused without stopping the controller: rollouts by pod
// ratio go on, and those in the mesh say what is missing.
const istioGroup = "networking.istio.io"

// preflight names every permission that is missing. A watch that is refused
// would otherwise leave the controller waiting without a word. The flags are
// those that need permissions of their own.
func preflight(ctx context.Context, config *rest.Config, home home, namespaces []string, logger logr.Logger, flags ...string) error {
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("connecting to %s: %w", config.Host, err)
	}
	accesses := permissions.Accesses(home.namespace, namespaces, flags...)
	allowed, err := permissions.Ask(ctx, accesses, asks(clients))
	if err != nil {
		return fmt.Errorf("asking %s what the controller may do: %w", config.Host, err)
	}
	fatal := missing(accesses, allowed, home.elect, logger)
	if home.elect { // first: in a namespace that does not exist nobody has permissions
		if err := home.check(ctx, clients); err != nil {
			return err
		}
	}
	if len(fatal) > 0 {
		return fmt.Errorf("the controller may not %s; apply deploy/ (or the chart) again to grant it", strings.Join(fatal, ", nor "))
	}
	return nil
}

// missing logs every permission that is not there, and returns those that nothing works without.
func missing(accesses []permissions.Access, allowed []bool, elect bool, logger logr.Logger) (fatal []string) {
	for i, access := range accesses {
		lease := access.Resource == "leases"
		if allowed[i] || (lease && !elect) {
			continue
		}
		logger.Info("Permission missing", "permission", access.String(), "needed", access.Why)
		watched := !access.Spare && (access.Verb == "list" || access.Verb == "watch")
		if lease || (watched && access.Group != istioGroup) {
			fatal = append(fatal, access.String())
		}
	}
	return fatal
}

// home is where the lease lives.
type home struct {
	namespace string
	elect     bool // whether there is a lease at all
	make      bool // whether the namespace may be made
}

// check: an election in a namespace that does not exist would never end.
func (h home) check(ctx context.Context, clients kubernetes.Interface) error {
	_, err := clients.CoreV1().Namespaces().Get(ctx, h.namespace, metav1.GetOptions{})
	switch {
	case err == nil, apierrors.IsForbidden(err): // that permission is named with the others
		return nil
	case !apierrors.IsNotFound(err):
		return fmt.Errorf("reading Namespace %s: %w", h.namespace, err)
	case h.make && h.build(ctx, clients):
		return nil
	}
	return fmt.Errorf("namespace %s, where the lease is kept, does not exist; apply deploy/, name another with --namespace, or run a single replica with --leader-elect=false", h.namespace)
}

// build makes the namespace, and reports whether it is there then.
func (h home) build(ctx context.Context, clients kubernetes.Interface) bool {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: h.namespace}}
	_, err := clients.CoreV1().Namespaces().Create(ctx, namespace, metav1.CreateOptions{})
	return err == nil || apierrors.IsAlreadyExists(err)
}

// asks lets the API server say what the controller's own account may do.
func asks(clients kubernetes.Interface) func(context.Context, *authorizationv1.ResourceAttributes) (bool, error) {
	return func(ctx context.Context, access *authorizationv1.ResourceAttributes) (bool, error) {
		review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: access}}
		answer, err := clients.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
		if err != nil {
			return false, err
		}
		return answer.Status.Allowed, nil
	}
}
