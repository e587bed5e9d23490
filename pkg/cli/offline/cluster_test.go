// SPDX-License-Identifier: Apache-2.0

package offline_test

import (
	"context"
	"os"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/cli/offline"
	"github.com/serin-dev/serin/pkg/manifest"
	"github.com/serin-dev/serin/pkg/rollout"
	"github.com/serin-dev/serin/pkg/traffic"
)

// cluster has the objects of the file in the middle of a rollout: another
// template is held, and the routes are split.
func cluster(t *testing.T, funcs interceptor.Funcs) offline.Connect {
	t.Helper()
	text, err := os.ReadFile("testdata/in/shop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var set manifest.Set
	set.Add("shop.yaml", text)
	var objects []client.Object
	for _, known := range set.Known("web") {
		switch object := known.Value.(type) {
		case *appsv1.Deployment:
			object.UID = types.UID("u")
			objects = append(objects, stable(object))
			object.Spec.Paused = true
			object.Spec.Template.Spec.Containers[0].Image = "registry.example/shop:v2"
			object.Annotations[annotations.Rollout] = annotations.WriteMemo(rollout.Memo{UID: "u", Stable: "5d8f", Mode: rollout.Istio, Service: "shop", Weight: 250})
			objects = append(objects, object)
		case *unstructured.Unstructured:
			split, _ := traffic.Split(object, traffic.Service{Name: "shop", Namespace: "web"}, 250)
			objects = append(objects, split)
		default:
			objects = append(objects, object)
		}
	}
	built := fake.NewClientBuilder().WithObjects(objects...).WithInterceptorFuncs(funcs).Build()
	return func() (client.Reader, string, error) { return built, "web", nil }
}

func stable(target *appsv1.Deployment) *appsv1.ReplicaSet {
	set := &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Namespace: "web", Name: "shop-5d8f",
		Labels:          map[string]string{appsv1.DefaultDeploymentUniqueLabelKey: "5d8f"},
		OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(target, appsv1.SchemeGroupVersion.WithKind("Deployment"))}}}
	set.Spec.Template = *target.Spec.Template.DeepCopy()
	set.Spec.Template.Labels[appsv1.DefaultDeploymentUniqueLabelKey] = "5d8f"
	return set
}

func TestServer(t *testing.T) {
	for name, line := range map[string]string{
		"server by name":      "plan shop --server",
		"server with a file":  "plan -f testdata/in/shop.yaml --server",
		"server with nothing": "plan --server",
		"server without it":   "plan cart --server",
	} {
		t.Run(name, func(t *testing.T) { compare(t, name, run(t, cluster(t, interceptor.Funcs{}), "", line)) })
	}
}

// TestServerWithChecks: the checks that a plan rests on are the cluster's, unless
// a file has them; who may not read them gets the plan by the built-in ones.
func TestServerWithChecks(t *testing.T) {
	var set manifest.Set
	for _, file := range []string{"judged.yaml", "checks.yaml"} {
		text, err := os.ReadFile("testdata/in/" + file)
		if err != nil {
			t.Fatal(err)
		}
		set.Add(file, text)
	}
	objects := []client.Object{&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "web"}}}
	for _, known := range set.Known("web") {
		objects = append(objects, known.Value)
	}
	source, _ := set.Find("ConfigMap", "web", "judged-checks", "web")
	data, _, _ := unstructured.NestedStringMap(source.Object, "data")
	checks := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "web", Name: "judged-checks"}, Data: data}
	hidden := interceptor.Funcs{Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
		if _, ok := object.(*corev1.ConfigMap); ok {
			return apierrors.NewForbidden(schema.GroupResource{Resource: "configmaps"}, key.Name, nil)
		}
		return c.Get(ctx, key, object, options...)
	}}
	for name, c := range map[string]struct {
		objects []client.Object
		funcs   interceptor.Funcs
		more    string
	}{
		"server with checks":                 {objects: append(objects, checks)},
		"server with checks in a file":       {objects: objects, more: " -f testdata/in/checks.yaml"},
		"server without the checks":          {objects: objects},
		"server with checks that are hidden": {objects: append(objects, checks), funcs: hidden},
	} {
		t.Run(name, func(t *testing.T) {
			built := fake.NewClientBuilder().WithObjects(c.objects...).WithInterceptorFuncs(c.funcs).Build()
			text := run(t, func() (client.Reader, string, error) { return built, "web", nil }, "", "plan judged --server --rps 20"+c.more)
			about, _, _ := strings.Cut(text, "\n10%, after")
			compare(t, name, about)
		})
	}
}

// TestServerWithoutPermissions: what may not be read is named, and what can be
// done without it is done.
func TestServerWithoutPermissions(t *testing.T) {
	some := interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
			if _, ok := object.(*corev1.Namespace); ok {
				return apierrors.NewForbidden(schema.GroupResource{Resource: "namespaces"}, key.Name, nil)
			}
			return c.Get(ctx, key, object, options...)
		},
		List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
			var asked client.ListOptions
			asked.ApplyOptions(options)
			if asked.Namespace == "" {
				return apierrors.NewForbidden(schema.GroupResource{}, "", nil)
			}
			return c.List(ctx, list, options...)
		},
	}
	compare(t, "server with some permissions", run(t, cluster(t, some), "", "plan shop --server"))
	none := interceptor.Funcs{List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error {
		return apierrors.NewForbidden(schema.GroupResource{}, "", nil)
	}}
	compare(t, "server with no permission", run(t, cluster(t, none), "", "plan shop --server"))
}
