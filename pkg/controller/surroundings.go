// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/metrics"
	"github.com/serin-dev/serin/pkg/observe"
	"github.com/serin-dev/serin/pkg/rollout"
)

var (
	crdKind     = schema.GroupVersionKind{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"}
	bindingKind = schema.GroupVersionKind{Group: "admissionregistration.k8s.io", Version: "v1", Kind: "MutatingAdmissionPolicyBinding"}
	policyKind  = schema.GroupVersionKind{Group: "admissionregistration.k8s.io", Version: "v1", Kind: "MutatingAdmissionPolicy"}
)

const (
	meshCRD   = "virtualservices.networking.istio.io"
	guardName = "serin-guard"
)

// surroundings follows what holds for all targets: whether Istio's API is
// served, and which guard is active. It runs on every replica.
type surroundings struct {
	cache  cache.Cache
	live   client.Reader
	mapper meta.RESTMapper
	// namespaces are the only ones that may be read in; empty: all.
	namespaces []string
	log        logr.Logger
	// meshed is called when Istio's API appears, before any target is told, and must start its watches.
	meshed func(context.Context) error
	// changed is called when something is different.
	changed func(context.Context)

	mu      sync.RWMutex
	known   bool
	served  bool
	meshErr error
	guard   rollout.Guard

	clock clock.PassiveClock
	// Only Start's own goroutine uses these.
	mutates     bool      // the API server served mutating policies when we began, so that the cache can have them
	policySince time.Time // when the policy appeared
}

// Mesh implements observe.Surroundings.
func (s *surroundings) Mesh() (bool, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.served, s.meshErr
}

// Guard implements observe.Surroundings.
func (s *surroundings) Guard() rollout.Guard {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.guard
}

// Ready reports whether both are known.
func (s *surroundings) Ready() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.known
}

// NeedLeaderElection makes standbys follow, too.
func (s *surroundings) NeedLeaderElection() bool { return false }

// retry is when a question that could not be answered is asked again.
const retry = 2 * time.Second

// Start follows until the context ends.
func (s *surroundings) Start(ctx context.Context) error {
	wake := make(chan struct{}, 1)
	followed := []schema.GroupVersionKind{crdKind}
	if s.mutates = s.serves(policyKind) && s.serves(bindingKind); s.mutates {
		followed = append(followed, policyKind, bindingKind)
	}
	for _, kind := range followed {
		if err := s.follow(ctx, kind, wake); err != nil {
			return err
		}
	}
	for {
		var later <-chan time.Time
		if !s.look(ctx) {
			later = time.After(retry)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-wake:
		case <-later:
		}
	}
}

func (s *surroundings) follow(ctx context.Context, kind schema.GroupVersionKind, wake chan<- struct{}) error {
	informer, err := s.cache.GetInformer(ctx, metadataOf(kind))
	if err != nil {
		return fmt.Errorf("watching %s: %w", kind.Kind, err)
	}
	nudge := func(any) {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
	_, err = informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc: nudge, UpdateFunc: func(_, o any) { nudge(o) }, DeleteFunc: nudge,
	})
	if err != nil {
		return fmt.Errorf("watching %s: %w", kind.Kind, err)
	}
	return nil
}

func metadataOf(kind schema.GroupVersionKind) *metav1.PartialObjectMetadata {
	object := &metav1.PartialObjectMetadata{}
	object.SetGroupVersionKind(kind)
	return object
}

func (s *surroundings) serves(kind schema.GroupVersionKind) bool {
	_, err := s.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	return err == nil
}

// look answers both questions; false means that one has to be asked again.
func (s *surroundings) look(ctx context.Context) bool {
	served, meshErr := s.lookForMesh(ctx)
	guard, guardErr := s.lookForGuard(ctx)
	trusted := guardErr != nil || s.trusts(guard)
	if !trusted {
		guard = rollout.GuardArmed
	}
	s.mu.Lock()
	same := s.known && s.served == served && (s.meshErr == nil) == (meshErr == nil) && s.guard == guard
	if guardErr == nil {
		s.known, s.served, s.meshErr, s.guard = true, served, meshErr, guard
	}
	s.mu.Unlock()
	if guardErr != nil {
		s.guardless(guardErr)
		return false
	}
	if !same {
		metrics.ShowGuard(string(guard))
		s.log.Info("Surroundings", "istio", served, "guard", guard, "istioError", fmt.Sprint(meshErr))
		s.changed(ctx)
	}
	return meshErr == nil && trusted
}

// guardless tells that the guard could not be looked for. One that was known
// before is relied on further.
func (s *surroundings) guardless(err error) {
	s.log.Error(err, "The guard could not be looked for")
	if !s.Ready() {
		metrics.ShowGuard("none")
	}
}

// trust is how long a policy that appears has to have been there before
// Deployments are let go that were kept paused in its stead: the API server acts
// on a new policy some time after it shows it.
const trust = 3 * time.Second

// trusts reports whether the guard may be relied on by now. A policy that was
// there when this process began is taken at its word.
func (s *surroundings) trusts(guard rollout.Guard) bool {
	if guard != rollout.GuardPolicy {
		s.policySince = time.Time{}
		return true
	}
	if !s.Ready() || s.Guard() == rollout.GuardPolicy {
		return true
	}
	if s.policySince.IsZero() {
		s.policySince = s.clock.Now()
	}
	return s.clock.Since(s.policySince) >= trust
}

// lookForMesh asks for the API itself: a CRD that exists may not be served
// yet, and one that is served may be refused to us.
func (s *surroundings) lookForMesh(ctx context.Context) (bool, error) {
	err := s.cache.Get(ctx, client.ObjectKey{Name: meshCRD}, metadataOf(crdKind))
	if apierrors.IsNotFound(err) {
		return false, s.unmesh(ctx)
	}
	if err != nil {
		return false, fmt.Errorf("reading CustomResourceDefinition %s: %w", meshCRD, err)
	}
	for _, kind := range []schema.GroupVersionKind{observe.VirtualServiceKind, observe.DestinationRuleKind} {
		if err := s.lists(ctx, kind); err != nil {
			return false, err
		}
	}
	if served, err := s.Mesh(); served && err == nil {
		return true, nil
	}
	if err := s.meshed(ctx); err != nil {
		return false, fmt.Errorf("watching Istio's objects: %w", err)
	}
	return true, nil
}

// lists objects of a kind wherever they are to be watched.
func (s *surroundings) lists(ctx context.Context, kind schema.GroupVersionKind) error {
	places := s.namespaces
	if len(places) == 0 {
		places = []string{metav1.NamespaceAll}
	}
	for _, namespace := range places {
		list := &unstructured.UnstructuredList{}
		list.SetGroupVersionKind(kind)
		if err := s.live.List(ctx, list, client.InNamespace(namespace), client.Limit(1)); err != nil {
			return fmt.Errorf("listing %ss: %w", kind.Kind, err)
		}
	}
	return nil
}

// unmesh drops the watches of an API that is no longer there.
func (s *surroundings) unmesh(ctx context.Context) error {
	if served, _ := s.Mesh(); !served {
		return nil
	}
	for _, kind := range []schema.GroupVersionKind{observe.VirtualServiceKind, observe.DestinationRuleKind} {
		object := &unstructured.Unstructured{}
		object.SetGroupVersionKind(kind)
		if err := s.cache.RemoveInformer(ctx, object); err != nil {
			return fmt.Errorf("ending the watch of %ss: %w", kind.Kind, err)
		}
	}
	return nil
}

func (s *surroundings) lookForGuard(ctx context.Context) (rollout.Guard, error) {
	if !s.mutates {
		return rollout.GuardArmed, nil
	}
	for _, kind := range []schema.GroupVersionKind{policyKind, bindingKind} {
		err := s.cache.Get(ctx, client.ObjectKey{Name: guardName}, metadataOf(kind))
		if apierrors.IsNotFound(err) {
			return rollout.GuardArmed, nil
		}
		if err != nil {
			return "", fmt.Errorf("reading %s %s: %w", kind.Kind, guardName, err)
		}
	}
	return rollout.GuardPolicy, nil
}
