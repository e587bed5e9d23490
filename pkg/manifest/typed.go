// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// istio is the group whose objects stay as they were written.
const istio = "networking.istio.io"

// Known is an object of a kind that matters to a rollout.
type Known struct {
	Object               // as it was written
	Value  client.Object // typed; unstructured where it is Istio's
}

// kinds are made for what matters to a rollout, Istio's kinds aside.
var kinds = map[schema.GroupKind]func() client.Object{
	{Group: "apps", Kind: "Deployment"}:                     func() client.Object { return &appsv1.Deployment{} },
	{Kind: "Service"}:                                       func() client.Object { return &corev1.Service{} },
	{Kind: "Namespace"}:                                     func() client.Object { return &corev1.Namespace{} },
	{Kind: "PersistentVolumeClaim"}:                         func() client.Object { return &corev1.PersistentVolumeClaim{} },
	{Group: "autoscaling", Kind: "HorizontalPodAutoscaler"}: func() client.Object { return &autoscalingv2.HorizontalPodAutoscaler{} },
}

// Known gives the objects that matter to a rollout, each of a name once, in
// the namespace that they name or else in the given one. What it finds wrong
// joins the Set's problems.
func (s *Set) Known(namespace string) []Known {
	var all []Known
	seen := map[string]Place{}
	for _, o := range s.Objects {
		known, err := recognise(o, namespace)
		if err != nil {
			at, why := o.mistyped(err)
			s.problem(Unreadable, at, "%s %s: %s", o.GetKind(), o.GetName(), why)
			continue
		}
		if known.Value == nil {
			continue
		}
		name := fmt.Sprintf("%s %s", o.GetKind(), client.ObjectKeyFromObject(known.Value))
		if first, found := seen[name]; found {
			s.problem(Repeated, o.Place(), "%s is here for the second time, after %s; only the first is read", name, first)
			continue
		}
		seen[name] = o.Place()
		all = append(all, known)
	}
	return all
}

func recognise(o Object, namespace string) (Known, error) {
	kind := o.GroupVersionKind().GroupKind()
	if kind.Group == istio && (kind.Kind == "VirtualService" || kind.Kind == "DestinationRule") {
		value := o.DeepCopy()
		value.SetAPIVersion(istio + "/v1") // older versions have the same fields
		return Known{o, placed(value, namespace)}, nil
	}
	empty, found := kinds[kind]
	if !found {
		return Known{}, nil
	}
	value := empty()
	fields := o.Object
	if kind.Kind == "HorizontalPodAutoscaler" {
		fields = scaleTargetOnly(o.Unstructured) // versions differ in everything else
	}
	raw, err := json.Marshal(fields)
	if err != nil {
		return Known{}, err
	}
	if err := json.Unmarshal(raw, value); err != nil {
		return Known{}, err
	}
	if kind.Kind == "Namespace" {
		namespace = ""
	}
	return Known{o, placed(value, namespace)}, nil
}

// mistyped says which field has a value that it cannot have.
func (o Object) mistyped(err error) (Place, string) {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return o.Place("spec"), "it cannot be read: " + err.Error()
	}
	return o.Place(strings.Split(wrong.Field, ".")...), fmt.Sprintf("%s is a %s, which it cannot be; write a value of type %s", wrong.Field, wrong.Value, wrong.Type)
}

func placed[T client.Object](value T, namespace string) T {
	if value.GetNamespace() == "" {
		value.SetNamespace(namespace)
	}
	return value
}

func scaleTargetOnly(u *unstructured.Unstructured) map[string]any {
	ref, _, _ := unstructured.NestedMap(u.Object, "spec", "scaleTargetRef")
	return map[string]any{"metadata": u.Object["metadata"], "spec": map[string]any{"scaleTargetRef": ref}}
}
