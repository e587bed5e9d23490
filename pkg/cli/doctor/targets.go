// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/cli/model"
	"github.com/serin-dev/serin/pkg/observe"
	"github.com/serin-dev/serin/pkg/rollout"
)

const targetsAbout = "Deployments"

// examineTargets asks of each Deployment what would be in the way of a rollout.
func (e *examination) examineTargets(ctx context.Context) []model.Finding {
	opted, err := e.List(ctx, e.Options.Namespace)
	if err != nil {
		return []model.Finding{unknown(targetsAbout, err)}
	}
	if len(opted) == 0 {
		return []model.Finding{{About: targetsAbout, Level: model.Note, Text: "none has opted in", Do: "kubectl annotate deployment NAME serin.dev/canary=true"}}
	}
	var findings []model.Finding
	for i := range opted {
		findings = append(findings, e.outside(ctx, &opted[i])...)
		findings = append(findings, e.examineTarget(ctx, &opted[i])...)
		findings = append(findings, e.examineBudgets(ctx, &opted[i])...)
	}
	return findings
}

// examineTarget lets the controller's own observer look, as if the template had
// changed just now: at rest it would look at little.
func (e *examination) examineTarget(ctx context.Context, target *appsv1.Deployment) []model.Finding {
	about := target.Namespace + "/" + target.Name
	key := client.ObjectKeyFromObject(target)
	reader := e.Reader
	if model.Memo(target).Started.IsZero() {
		reader = changed{reader, key}
	}
	observer := &observe.Observer{Cached: reader, Live: reader, Surroundings: e, Memory: observe.NewMemory()}
	_, s, err := observer.Observe(ctx, key, e.Now())
	if apierrors.IsForbidden(err) {
		return []model.Finding{{About: about, Level: model.Unknown, Text: "not looked at, for you lack a permission: " + err.Error()}}
	} else if err != nil {
		return []model.Finding{unknown(about, err)}
	}
	var findings []model.Finding
	for _, problem := range s.Problems {
		findings = append(findings, model.Finding{About: about, Level: model.Broken, Text: string(problem.Reason) + ": " + problem.Message, Do: model.Advice(problem.Reason)})
	}
	for _, note := range s.Notes {
		findings = append(findings, model.Finding{About: about, Level: model.Note, Text: note})
	}
	if s.Target.Replicas == 0 {
		findings = append(findings, model.Finding{About: about, Level: model.Note, Text: "it has 0 replicas: a rollout waits until it is scaled up"})
	}
	if len(s.Problems) == 0 {
		findings = append(findings, model.Finding{About: about, Level: model.OK, Text: how(s)})
	}
	return append(findings, scaler(about, s)...)
}

func how(s rollout.Snapshot) string {
	mode := s.Mode
	if s.Memo.Mode != "" {
		mode = s.Memo.Mode
	}
	return map[rollout.Mode]string{
		rollout.Istio:    "traffic moves by Istio weights",
		rollout.Replicas: "traffic moves by the ratio of pods",
		rollout.Surge:    "traffic moves by the ratio of pods, beside a Deployment whose size an autoscaler sets",
	}[mode] + ", through Service " + s.Service
}

func scaler(about string, s rollout.Snapshot) []model.Finding {
	switch {
	case s.Target.Scaled && s.Mode == rollout.Surge:
		return []model.Finding{{About: about, Level: model.Note, Text: "a HorizontalPodAutoscaler sets its size: the canary grows beside it, and reaches half of the traffic at most before the promotion"}}
	case s.Target.Scaled:
		return []model.Finding{{About: about, Level: model.Note, Text: "a HorizontalPodAutoscaler sets its size and counts the canary's pods, too; the canary follows the size"}}
	}
	return nil
}

// examineBudgets: a budget that allows nothing keeps a node from being drained,
// and it counts the canary's pods, whose labels are the target's.
func (e *examination) examineBudgets(ctx context.Context, target *appsv1.Deployment) []model.Finding {
	about := target.Namespace + "/" + target.Name
	list, err := e.API.PolicyV1().PodDisruptionBudgets(target.Namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return []model.Finding{unknown(about, e.In(target.Namespace).Explain(err, "list", "poddisruptionbudgets.policy", "listing PodDisruptionBudgets"))}
	}
	var findings []model.Finding
	for i := range list.Items {
		if budget := &list.Items[i]; covers(budget, target) && budget.Status.ExpectedPods > 0 && budget.Status.DisruptionsAllowed == 0 {
			findings = append(findings, model.Finding{About: about, Level: model.Note,
				Text: fmt.Sprintf("PodDisruptionBudget %s allows no disruption now; it counts the canary's pods, too, so that a canary that is not ready keeps nodes from being drained", budget.Name),
				Do:   fmt.Sprintf("kubectl describe poddisruptionbudget %s -n %s", budget.Name, budget.Namespace)})
		}
	}
	return findings
}

func covers(budget *policyv1.PodDisruptionBudget, target *appsv1.Deployment) bool {
	selector, err := metav1.LabelSelectorAsSelector(budget.Spec.Selector)
	return err == nil && selector.Matches(labels.Set(target.Spec.Template.Labels))
}

// changed reads a Deployment as if its template had been changed.
type changed struct {
	client.Reader
	key types.NamespacedName
}

// Get implements client.Reader.
func (c changed) Get(ctx context.Context, key types.NamespacedName, object client.Object, options ...client.GetOption) error {
	if err := c.Reader.Get(ctx, key, object, options...); err != nil {
		return err
	}
	if target, isTarget := object.(*appsv1.Deployment); isTarget && key == c.key {
		if target.Spec.Template.Annotations == nil {
			target.Spec.Template.Annotations = map[string]string{}
		}
		target.Spec.Template.Annotations["kubectl.kubernetes.io/restartedAt"] = "now"
	}
	return nil
}

var _ observe.Surroundings = (*examination)(nil)
