// SPDX-License-Identifier: Apache-2.0

package model

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/serin-dev/serin/pkg/observe"
)

// objects are an API server as far as packages observe and apply can tell: it
// knows versions and generations, and that a status is written by itself. Of
// the client's methods it has those that they call.
type objects struct {
	client.Client
	kept    map[key]client.Object // never changed in place
	version int
	wrote   func(verb Verb, before, after client.Object)
}

type key struct {
	kind schema.GroupKind
	name types.NamespacedName
}

// Verb is what was done to an object.
type Verb string

// The verbs.
const (
	Create Verb = "create"
	Update Verb = "update"
	Delete Verb = "delete"
)

func newObjects() *objects {
	return &objects{kept: map[key]client.Object{}, wrote: func(Verb, client.Object, client.Object) {}}
}

func kindOf(object runtime.Object) schema.GroupKind {
	gvk, err := apiutil.GVKForObject(object, clientscheme.Scheme)
	if err != nil {
		panic(fmt.Sprintf("model: %v", err)) // of a kind that nobody here handles
	}
	return schema.GroupKind{Group: gvk.Group, Kind: strings.TrimSuffix(gvk.Kind, "List")}
}

func keyOf(object client.Object) key {
	return key{kindOf(object), client.ObjectKeyFromObject(object)}
}

// put stores a copy at the next version, and tells the caller's object of it.
func (o *objects) put(object client.Object) {
	o.version++
	object.SetResourceVersion(strconv.Itoa(o.version))
	o.kept[keyOf(object)] = copied(object)
}

func copied(object client.Object) client.Object {
	return object.DeepCopyObject().(client.Object)
}

// add creates an object as if it had always been there.
func (o *objects) add(object client.Object) {
	if object.GetUID() == "" {
		object.SetUID(types.UID("uid-" + strconv.Itoa(o.version+1)))
	}
	object.SetGeneration(1)
	o.put(object)
}

func (o *objects) missing(at key) error {
	return apierrors.NewNotFound(schema.GroupResource{Group: at.kind.Group, Resource: at.kind.Kind}, at.name.Name)
}

// Get implements [client.Reader].
func (o *objects) Get(_ context.Context, name client.ObjectKey, out client.Object, _ ...client.GetOption) error {
	at := key{kindOf(out), name}
	found, ok := o.kept[at]
	if !ok {
		return o.missing(at)
	}
	reflect.ValueOf(out).Elem().Set(reflect.ValueOf(copied(found)).Elem())
	return nil
}

// List implements [client.Reader]. Like a cache, it shares what it holds.
func (o *objects) List(_ context.Context, out client.ObjectList, options ...client.ListOption) error {
	var asked client.ListOptions
	asked.ApplyOptions(options)
	kind := kindOf(out)
	var found []key
	for at, object := range o.kept {
		if at.kind == kind && (asked.Namespace == "" || asked.Namespace == at.name.Namespace) && matches(object, asked) {
			found = append(found, at)
		}
	}
	slices.SortFunc(found, func(a, b key) int {
		return cmp.Or(strings.Compare(a.name.Namespace, b.name.Namespace), strings.Compare(a.name.Name, b.name.Name))
	})
	items := make([]runtime.Object, 0, len(found))
	for _, at := range found {
		items = append(items, o.kept[at])
	}
	return meta.SetList(out, items)
}

func matches(object client.Object, asked client.ListOptions) bool {
	if asked.LabelSelector != nil && !asked.LabelSelector.Matches(labels.Set(object.GetLabels())) {
		return false
	}
	if asked.FieldSelector == nil {
		return true
	}
	uid, owned := asked.FieldSelector.RequiresExactMatch(observe.OwnerIndex)
	owner := metav1.GetControllerOf(object)
	return owned && owner != nil && string(owner.UID) == uid
}

// Create implements [client.Writer].
func (o *objects) Create(_ context.Context, object client.Object, _ ...client.CreateOption) error {
	at := keyOf(object)
	if _, found := o.kept[at]; found {
		return apierrors.NewAlreadyExists(schema.GroupResource{Group: at.kind.Group, Resource: at.kind.Kind}, at.name.Name)
	}
	o.add(object)
	o.wrote(Create, nil, o.kept[at])
	return nil
}

// Update implements [client.Writer].
func (o *objects) Update(_ context.Context, object client.Object, _ ...client.UpdateOption) error {
	return o.replace(object, false)
}

// Patch implements [client.Writer]. Every patch of package apply names the
// version that it was made from, so the object is what the patch makes of it.
func (o *objects) Patch(_ context.Context, object client.Object, _ client.Patch, _ ...client.PatchOption) error {
	return o.replace(object, false)
}

// Status implements [client.StatusClient].
func (o *objects) Status() client.SubResourceWriter { return status{o} }

type status struct{ *objects }

func (s status) Create(context.Context, client.Object, client.Object, ...client.SubResourceCreateOption) error {
	return fmt.Errorf("a status is not created")
}

func (s status) Apply(context.Context, runtime.ApplyConfiguration, ...client.SubResourceApplyOption) error {
	return fmt.Errorf("a status is not applied here")
}

func (s status) Update(_ context.Context, object client.Object, _ ...client.SubResourceUpdateOption) error {
	return s.replace(object, true)
}

func (s status) Patch(_ context.Context, object client.Object, _ client.Patch, _ ...client.SubResourcePatchOption) error {
	return s.replace(object, true)
}

// replace writes the status, or everything else; annotations go with both.
func (o *objects) replace(object client.Object, statusOnly bool) error {
	at := keyOf(object)
	before, found := o.kept[at]
	if !found {
		return o.missing(at)
	}
	if object.GetResourceVersion() != before.GetResourceVersion() {
		return apierrors.NewConflict(schema.GroupResource{Group: at.kind.Group, Resource: at.kind.Kind}, at.name.Name, fmt.Errorf("the object has been modified"))
	}
	after := copied(object)
	kept := "Status"
	if statusOnly {
		kept = "Spec"
	}
	if part := field(after, kept); part.IsValid() {
		part.Set(field(copied(before), kept))
	}
	if !statusOnly && changed(before, after) {
		after.SetGeneration(before.GetGeneration() + 1)
	}
	o.put(after)
	reflect.ValueOf(object).Elem().Set(reflect.ValueOf(copied(after)).Elem())
	o.wrote(Update, before, o.kept[at])
	return nil
}

// field is a part of a typed object; Istio's have no status here.
func field(object client.Object, name string) reflect.Value {
	value := reflect.ValueOf(object).Elem()
	if value.Kind() != reflect.Struct {
		return reflect.Value{}
	}
	return value.FieldByName(name)
}

func changed(before, after client.Object) bool {
	a, b := field(before, "Spec"), field(after, "Spec")
	if a.IsValid() && b.IsValid() {
		return !equality.Semantic.DeepEqual(a.Interface(), b.Interface())
	}
	return true
}

// Delete implements [client.Writer]. What an object owns goes with it.
func (o *objects) Delete(_ context.Context, object client.Object, _ ...client.DeleteOption) error {
	at := keyOf(object)
	before, found := o.kept[at]
	if !found {
		return o.missing(at)
	}
	o.remove(at)
	o.wrote(Delete, before, nil)
	return nil
}

func (o *objects) remove(at key) {
	uid := o.kept[at].GetUID()
	delete(o.kept, at)
	o.version++
	for other, object := range o.kept {
		if owner := metav1.GetControllerOf(object); owner != nil && owner.UID == uid {
			o.remove(other)
		}
	}
}
