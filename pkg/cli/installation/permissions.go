// SPDX-License-Identifier: Apache-2.0

package installation

import (
	"context"
	"fmt"

	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/pkg/cli/model"
	"github.com/serin-dev/serin/pkg/permissions"
)

const permissionsAbout = "Permissions"

// Permissions asks for everything that the controller may need.
func (i *Installation) Permissions(ctx context.Context) []model.Finding {
	accesses := permissions.Accesses(i.Namespace, i.Namespaces, i.Flags...)
	account := i.account()
	groups := []string{"system:serviceaccounts", "system:serviceaccounts:" + i.Namespace, "system:authenticated"}
	allowed, err := permissions.Ask(ctx, accesses, func(ctx context.Context, access *authorizationv1.ResourceAttributes) (bool, error) {
		review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{User: account, Groups: groups, ResourceAttributes: access}}
		answer, err := i.API.AuthorizationV1().SubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
		if err != nil {
			return false, err
		}
		return answer.Status.Allowed, nil
	})
	switch {
	case apierrors.IsForbidden(err):
		return []model.Finding{{About: permissionsAbout, Level: model.Unknown, Text: "the controller's are not looked at: you need: create subjectaccessreviews.authorization.k8s.io"}}
	case err != nil:
		return []model.Finding{unknown(permissionsAbout, err)}
	}
	var findings []model.Finding
	for n, access := range accesses {
		if !allowed[n] {
			findings = append(findings, model.Finding{About: permissionsAbout, Level: model.Broken,
				Text: fmt.Sprintf("%s may not %s. %s", account, access, access.Why), Do: granting(access)})
		}
	}
	if findings == nil {
		findings = []model.Finding{{About: permissionsAbout, Level: model.OK, Text: fmt.Sprintf("%s has all %d permissions of the controller", account, len(accesses))}}
	}
	return findings
}

// granting is what grants an access.
func granting(access permissions.Access) string {
	if access.With == permissions.MetricsSecure {
		return "kubectl apply -f deploy/metrics/rbac.yaml, or the chart's metrics.secure.enabled"
	}
	return "kubectl apply -f deploy/rbac.yaml"
}
