// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	clienttesting "k8s.io/client-go/testing"
	clientfake "sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/serin-dev/serin/deploy"
	"github.com/serin-dev/serin/pkg/cli/cluster"
)

// clinic is a cluster that the doctor looks at.
func clinic(t *testing.T, objects ...runtime.Object) *world {
	t.Helper()
	objects = append(objects, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "demo"}})
	w := newWorld(objects...)
	w.reader = cluster.Unindexed(clientfake.NewClientBuilder().WithScheme(scheme.Scheme).WithRuntimeObjects(copies(objects)...).Build())
	w.review(func(*authorizationv1.ResourceAttributes) bool { return true })
	w.Resources = []*metav1.APIResourceList{}
	return w
}

// review answers every question about permissions.
func (w *world) review(allowed func(*authorizationv1.ResourceAttributes) bool) {
	w.PrependReactor("create", "subjectaccessreviews", func(action clienttesting.Action) (bool, runtime.Object, error) {
		review := action.(clienttesting.CreateAction).GetObject().(*authorizationv1.SubjectAccessReview)
		review.Status.Allowed = allowed(review.Spec.ResourceAttributes)
		return true, review, nil
	})
	w.PrependReactor("create", "selfsubjectaccessreviews", func(action clienttesting.Action) (bool, runtime.Object, error) {
		review := action.(clienttesting.CreateAction).GetObject().(*authorizationv1.SelfSubjectAccessReview)
		review.Status.Allowed = allowed(review.Spec.ResourceAttributes)
		return true, review, nil
	})
}

// serve adds APIs.
func (w *world) serve(version string, resources ...string) {
	list := &metav1.APIResourceList{GroupVersion: version}
	for _, name := range resources {
		list.APIResources = append(list.APIResources, metav1.APIResource{Name: name})
	}
	w.Resources = append(w.Resources, list)
}

func lease(holder string, ago time.Duration) *coordinationv1.Lease {
	renewed := metav1.NewMicroTime(now.Add(-ago))
	acquired := metav1.NewMicroTime(now.Add(-2 * time.Hour))
	return &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: "serin-system", Name: "serin"},
		Spec: coordinationv1.LeaseSpec{HolderIdentity: &holder, RenewTime: &renewed, AcquireTime: &acquired}}
}

func service(name string) *corev1.Service {
	return &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "demo", Name: name},
		Spec: corev1.ServiceSpec{ClusterIP: "10.0.0.1", Selector: map[string]string{"app": "shop"}, Ports: []corev1.ServicePort{{Name: "http", Port: 80}}}}
}

func guardPart(kind string) *unstructured.Unstructured {
	part := &unstructured.Unstructured{}
	part.SetGroupVersionKind(admissionv1.SchemeGroupVersion.WithKind(kind))
	part.SetName("serin-guard")
	return part
}

// guarded installs the guard.
func (w *world) guarded(t *testing.T) {
	t.Helper()
	for resource, kind := range map[string]string{"mutatingadmissionpolicies": "MutatingAdmissionPolicy", "mutatingadmissionpolicybindings": "MutatingAdmissionPolicyBinding"} {
		gvr := admissionv1.SchemeGroupVersion.WithResource(resource)
		if _, err := w.mesh.Resource(gvr).Create(t.Context(), guardPart(kind), metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
}

// fenced installs the fence.
func (w *world) fenced(t *testing.T) {
	t.Helper()
	fence, err := deploy.Fence()
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range fence {
		resource, _ := meta.UnsafeGuessKindToResource(object.GroupVersionKind())
		if _, err := w.mesh.Resource(resource).Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDoctor(t *testing.T) {
	const istio, admission = "networking.istio.io/v1", "admissionregistration.k8s.io/v1"
	strategy := func(d *appsv1.Deployment) { d.Spec.Strategy.Type = appsv1.RecreateDeploymentStrategyType }
	scaler := &autoscalingv2.HorizontalPodAutoscaler{ObjectMeta: metav1.ObjectMeta{Namespace: "demo", Name: "shop"},
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{Kind: "Deployment", Name: "shop"}}}
	budget := &policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Namespace: "demo", Name: "shop"},
		Spec:   policyv1.PodDisruptionBudgetSpec{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "shop"}}},
		Status: policyv1.PodDisruptionBudgetStatus{ExpectedPods: 4}}
	istiod := pod("istiod-1", false, 0, "")
	istiod.Namespace, istiod.Labels = "istio-system", map[string]string{"app": "istiod"}
	late := istiod.DeepCopy()
	late.Status.Conditions[0].Status = corev1.ConditionFalse

	well := clinic(t, shop(), stable(shop()), service("shop"), lease("serin-1", time.Second), istiod)
	well.serve(istio, "virtualservices", "destinationrules")
	well.serve(admission, "mutatingadmissionpolicies", "mutatingadmissionpolicybindings")
	well.guarded(t)
	well.fenced(t)
	compare(t, "doctor all is well", well.everywhere(t, "doctor"))
	compare(t, "doctor json", well.run(t, "doctor", "-o", "json"))

	ill := clinic(t, shop(strategy, annotate("serin.dev/hold", "soon")), stable(shop()), service("shop"), service("other"), lease("serin-1", time.Hour), late, scaler, budget)
	ill.serve(istio, "virtualservices", "destinationrules")
	ill.review(func(asked *authorizationv1.ResourceAttributes) bool { return asked.Resource != "replicasets" })
	compare(t, "doctor much is wrong", ill.everywhere(t, "doctor"))

	compare(t, "doctor scaled by pods", clinic(t, shop(), stable(shop()), service("shop"), scaler).run(t, "doctor"))
	compare(t, "doctor nothing there", clinic(t).run(t, "doctor", "-A"))

	blind := clinic(t, shop(), stable(shop()), service("shop"))
	for _, verb := range []string{"get", "list", "create"} {
		blind.PrependReactor(verb, "*", forbid)
	}
	got := blind.run(t, "doctor")
	if strings.Contains(got, "  ok") && strings.Contains(got, "serin-system:serin has all") {
		t.Errorf("what may not be looked at is taken for well:\n%s", got)
	}
	compare(t, "doctor blind", got)
}
