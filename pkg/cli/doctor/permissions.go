// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"
	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/pkg/cli/model"
	"github.com/serin-dev/serin/pkg/permissions"
)

const (
	permissionsAbout = "Permissions"
	atOnce           = 8 // questions to the API server
)

// examinePermissions asks for everything that the controller may need.
func (e *examination) examinePermissions(ctx context.Context) []model.Finding {
	accesses := permissions.Accesses(e.Controller)
	account := fmt.Sprintf("system:serviceaccount:%s:%s", e.Controller, e.Account)
	groups := []string{"system:serviceaccounts", "system:serviceaccounts:" + e.Controller, "system:authenticated"}
	allowed := make([]bool, len(accesses))
	group, asking := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i := range accesses {
		group.Go(func() error {
			review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
				User: account, Groups: groups, ResourceAttributes: &accesses[i].ResourceAttributes}}
			answer, err := e.API.AuthorizationV1().SubjectAccessReviews().Create(asking, review, metav1.CreateOptions{})
			if err == nil {
				allowed[i] = answer.Status.Allowed
			}
			return err
		})
	}
	if err := group.Wait(); apierrors.IsForbidden(err) {
		return []model.Finding{{About: permissionsAbout, Level: model.Unknown, Text: "the controller's are not looked at: you need: create subjectaccessreviews.authorization.k8s.io"}}
	} else if err != nil {
		return []model.Finding{unknown(permissionsAbout, err)}
	}
	var findings []model.Finding
	for i, access := range accesses {
		if !allowed[i] {
			findings = append(findings, model.Finding{About: permissionsAbout, Level: model.Broken,
				Text: fmt.Sprintf("%s may not %s. %s", account, access, access.Why), Do: "kubectl apply -f deploy/rbac.yaml"})
		}
	}
	if findings == nil {
		findings = []model.Finding{{About: permissionsAbout, Level: model.OK, Text: fmt.Sprintf("%s has all %d permissions of the controller", account, len(accesses))}}
	}
	return findings
}

// own is what a person's commands need, and what they are without it.
var own = []struct{ verb, group, resource, lost string }{
	{"list", "apps", "deployments", "list shows nothing, and names are not completed"},
	{"get", "apps", "deployments", "no command works"},
	{"watch", "apps", "deployments", "changes are seen up to two seconds late"},
	{"patch", "apps", "deployments", "no command that steers works, nor does run"},
	{"list", "apps", "replicasets", "the version that serves is not shown, and undo does not work"},
	{"list", "", "pods", "pods are not shown"},
	{"get", "", "pods/log", "run shows no log lines of a canary that failed"},
	{"list", "", "events", "Events are not shown"},
	{"list", "networking.istio.io", "virtualservices", "weights in routes are not shown"},
}

// examineOwn asks what the user may do.
func (e *examination) examineOwn(ctx context.Context) []model.Finding {
	place := "namespace " + e.Options.Namespace
	if e.Options.Namespace == "" {
		place = "all namespaces"
	}
	var findings []model.Finding
	for _, need := range own {
		resource, subresource, _ := strings.Cut(need.resource, "/")
		review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: e.Options.Namespace, Verb: need.verb, Group: need.group, Resource: resource, Subresource: subresource}}}
		answer, err := e.API.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
		if err != nil {
			return append(findings, unknown(permissionsAbout, err))
		}
		if !answer.Status.Allowed {
			findings = append(findings, model.Finding{About: permissionsAbout, Level: model.Note,
				Text: fmt.Sprintf("you need: %s %s in %s; without it %s", need.verb, need.resource, place, need.lost)})
		}
	}
	if findings == nil {
		findings = []model.Finding{{About: permissionsAbout, Level: model.OK, Text: "you have all that the commands need in " + place}}
	}
	return findings
}
