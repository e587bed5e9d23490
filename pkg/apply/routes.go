// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/observe"
	"github.com/serin-dev/serin/pkg/rollout"
	"github.com/serin-dev/serin/pkg/traffic"
)

// routes writes subsets before the routes that name them, and takes them away
// only when nothing names them.
func (p *pass) routes(ctx context.Context) error {
	if p.decision.Subsets == rollout.Present {
		if err := p.putRule(ctx); err != nil {
			return err
		}
	}
	switch p.decision.Routes {
	case rollout.Present:
		if err := p.split(ctx); err != nil {
			return err
		}
	case rollout.Absent:
		if err := p.restore(ctx); err != nil {
			return err
		}
	case rollout.Leave:
	}
	if p.decision.Subsets == rollout.Absent && p.world.Rule != nil {
		return p.removeMesh(ctx, p.world.Rule)
	}
	return nil
}

func (p *pass) putRule(ctx context.Context) error {
	wanted := p.world.WantedRule.DeepCopy()
	if p.world.Rule == nil {
		if err := p.Create(ctx, wanted); err != nil {
			return fmt.Errorf("creating DestinationRule %s: %w", client.ObjectKeyFromObject(wanted), err)
		}
		p.changes.Rules = append(p.changes.Rules, wanted)
		p.note("created", wanted)
		return nil
	}
	updated := p.world.Rule.DeepCopy()
	updated.Object["spec"] = wanted.Object["spec"]
	if err := p.Update(ctx, updated); err != nil {
		return fmt.Errorf("writing DestinationRule %s: %w", client.ObjectKeyFromObject(wanted), err)
	}
	p.changes.Rules = append(p.changes.Rules, updated)
	p.note("wrote", updated)
	return nil
}

// split gives every route to the Service the wanted weight.
func (p *pass) split(ctx context.Context) error {
	permille := int(p.decision.Weight)
	for _, vs := range p.world.VirtualServices {
		out, changed := traffic.Split(vs, p.world.Ref, permille)
		if err := p.putRoutes(ctx, out, changed); err != nil {
			return err
		}
	}
	own := p.world.Own
	switch {
	case p.world.Governed && own != nil:
		p.changes.Routes = append(p.changes.Routes, own)
		return p.removeMesh(ctx, own)
	case p.world.Governed:
		return nil
	case own != nil:
		out, changed := traffic.Split(own, p.world.Ref, permille)
		return p.putRoutes(ctx, out, changed)
	case p.world.Service == nil:
		return nil
	}
	own = traffic.Own(p.world.Service, p.world.Ref, permille)
	if own == nil {
		return nil
	}
	own.SetAnnotations(map[string]string{observe.TargetAnnotation: p.world.Key.Name})
	if err := p.Create(ctx, own); err != nil {
		return fmt.Errorf("creating VirtualService %s: %w", client.ObjectKeyFromObject(own), err)
	}
	p.changes.Routes = append(p.changes.Routes, own)
	p.note("created", own)
	return nil
}

// restore gives every VirtualService back as its user wrote it.
func (p *pass) restore(ctx context.Context) error {
	for _, vs := range p.world.VirtualServices {
		out, changed := traffic.Restore(vs, p.world.Ref)
		if err := p.putRoutes(ctx, out, changed); err != nil {
			return err
		}
	}
	if p.world.Own == nil {
		return nil
	}
	p.changes.Routes = append(p.changes.Routes, p.world.Own)
	return p.removeMesh(ctx, p.world.Own)
}

func (p *pass) putRoutes(ctx context.Context, vs *unstructured.Unstructured, changed bool) error {
	if !changed {
		return nil
	}
	if err := p.Update(ctx, vs); err != nil {
		return fmt.Errorf("writing VirtualService %s: %w", client.ObjectKeyFromObject(vs), err)
	}
	p.changes.Routes = append(p.changes.Routes, vs)
	p.note("wrote", vs)
	return nil
}

// removeMesh deletes an object of Istio's kinds, of which observe.Memory keeps
// track instead of the client.
func (p *pass) removeMesh(ctx context.Context, object *unstructured.Unstructured) error {
	if err := p.remove(ctx, object, client.DisableReadYourWritesConsistency); err != nil {
		return err
	}
	p.changes.Gone = append(p.changes.Gone, object)
	return nil
}

// remove deletes the object that was observed, and no later one of its name.
func (p *pass) remove(ctx context.Context, object client.Object, options ...client.DeleteOption) error {
	uid := object.GetUID()
	err := p.Delete(ctx, object, append(options, client.Preconditions{UID: &uid}, client.PropagationPolicy(metav1.DeletePropagationBackground))...)
	if err == nil {
		p.note("deleted", object)
	}
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("deleting %s %s: %w", object.GetObjectKind().GroupVersionKind().Kind, types.NamespacedName{Namespace: object.GetNamespace(), Name: object.GetName()}, err)
	}
	return nil
}
