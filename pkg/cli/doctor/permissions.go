// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"fmt"
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/pkg/cli/model"
)

const permissionsAbout = "Permissions"

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
