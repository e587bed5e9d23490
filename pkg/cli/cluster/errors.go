// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilnet "k8s.io/apimachinery/pkg/util/net"

	"github.com/serin-dev/serin/pkg/annotations"
)

// Explain names the verb that a person lacks; other errors speak for themselves.
func (c *Cluster) Explain(err error, verb, resource, doing string) error {
	return c.explainIn(err, c.Namespace, verb, resource, doing)
}

func (c *Cluster) explainIn(err error, namespace, verb, resource, doing string) error {
	if !apierrors.IsForbidden(err) || byAdmission(err) {
		return fmt.Errorf("%s: %w", doing, err)
	}
	place := "in namespace " + namespace
	check := c.Where
	if namespace == "" {
		place, check = "in all namespaces", " -A"
	}
	return &Lack{fmt.Sprintf("%s: you need: %s %s %s; to check: kubectl auth can-i %s %s%s", doing, verb, resource, place, verb, resource, check)}
}

// byAdmission reports whether a policy or a webhook refused what RBAC allows.
// The API server answers both with the same status.
func byAdmission(err error) bool {
	return strings.Contains(err.Error(), "denied ") || strings.Contains(err.Error(), "not yet ready to handle request")
}

// Lack is a permission that is missing.
type Lack struct{ text string }

// Error implements error.
func (l *Lack) Error() string { return l.text }

// NotOptedIn says what to type, and why what is there does not count.
func (c *Cluster) NotOptedIn(target *appsv1.Deployment) error {
	text := fmt.Sprintf("Deployment %s has not opted in", target.Name)
	if value, set := target.Annotations[annotations.Canary]; set {
		text += fmt.Sprintf(" (%s is %q, and only \"true\" counts)", annotations.Canary, value)
	}
	return errors.New(text + fmt.Sprintf("; to opt in: kubectl annotate deployment %s%s --overwrite %s=true", target.Name, c.Where, annotations.Canary))
}

// passing reports whether an error may go away by itself: an API server that
// restarts, is too busy, or cannot be reached.
func passing(err error) bool {
	var timeout net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return false
	case apierrors.IsServerTimeout(err), apierrors.IsTimeout(err), apierrors.IsTooManyRequests(err),
		apierrors.IsInternalError(err), apierrors.IsServiceUnavailable(err), apierrors.IsUnexpectedServerError(err):
		return true
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		utilnet.IsConnectionRefused(err), utilnet.IsConnectionReset(err), utilnet.IsProbableEOF(err):
		return true
	}
	return errors.As(err, &timeout)
}
