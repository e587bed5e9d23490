// SPDX-License-Identifier: Apache-2.0

package leave

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-logr/logr"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/sets"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/annotations"
)

// looks are how many in a row have to find nothing: a template that comes just
// now is taken up within an instant.
const looks = 2

// Leaver looks at the Deployments of the namespaces that the controller looks after.
type Leaver struct {
	Client     client.Client
	Selector   labels.Selector  // of namespaces
	Namespaces []string         // the only ones that may be read in; empty: all
	Lease      client.ObjectKey // of the controllers
	Writes     time.Duration    // for how long a controller that has lost its lease may still write
	Every      time.Duration    // between two looks
	Log        logr.Logger
}

// Leave returns when no rollout is under way and no controller acts that could
// begin another, or with an error that names those that are under way when the
// context ends. An error leaves the controllers as they were.
func (l *Leaver) Leave(ctx context.Context) error {
	for {
		if err := l.settle(ctx); err != nil {
			return err
		}
		// A template that came after the last look would begin a rollout that
		// nobody goes on with: look once more when nobody can begin any.
		targets, stopped, err := l.stop(ctx)
		if err != nil {
			return err
		}
		if stopped {
			l.tell(targets)
			return nil
		}
	}
}

// settle returns when no rollout is under way.
func (l *Leaver) settle(ctx context.Context) error {
	quiet := 0
	var under []*appsv1.Deployment
	for {
		targets, err := l.targets(ctx)
		if err == nil {
			under = only(targets, underWay)
			err = l.abort(ctx, under)
		}
		quiet++
		if err != nil || len(under) > 0 {
			quiet = 0
		}
		if quiet == looks {
			return nil
		}
		if err != nil && ctx.Err() == nil {
			l.Log.Info("Trying again", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return unfinished(under, err)
		case <-time.After(l.Every):
		}
	}
}

// targets are those that opted in, or have something left to be cleared up.
func (l *Leaver) targets(ctx context.Context) (found []*appsv1.Deployment, err error) {
	places := l.Namespaces
	if len(places) == 0 {
		places = []string{metav1.NamespaceAll}
	}
	for _, place := range places {
		deployments := &appsv1.DeploymentList{}
		if err := l.Client.List(ctx, deployments, client.InNamespace(place)); err != nil {
			return nil, fmt.Errorf("listing Deployments: %w", err)
		}
		for i := range deployments.Items {
			if d := &deployments.Items[i]; annotations.OptedIn(d.Annotations) || d.Annotations[annotations.Rollout] != "" {
				found = append(found, d)
			}
		}
	}
	return l.selected(ctx, found)
}

// selected keeps those of the namespaces whose labels are asked for.
func (l *Leaver) selected(ctx context.Context, targets []*appsv1.Deployment) ([]*appsv1.Deployment, error) {
	if l.Selector.Empty() {
		return targets, nil
	}
	namespaces := &corev1.NamespaceList{}
	if err := l.Client.List(ctx, namespaces, client.MatchingLabelsSelector{Selector: l.Selector}); err != nil {
		return nil, fmt.Errorf("listing namespaces: %w", err)
	}
	names := sets.New[string]()
	for i := range namespaces.Items {
		names.Insert(namespaces.Items[i].Name)
	}
	return only(targets, func(d *appsv1.Deployment) bool { return names.Has(d.Namespace) }), nil
}

func only(all []*appsv1.Deployment, wanted func(*appsv1.Deployment) bool) []*appsv1.Deployment {
	return slices.DeleteFunc(slices.Clone(all), func(d *appsv1.Deployment) bool { return !wanted(d) })
}

// underWay goes by the memo. One that cannot be read may speak of a rollout.
func underWay(d *appsv1.Deployment) bool {
	memo, err := annotations.ReadMemo(d.Annotations[annotations.Rollout])
	return err != nil || !memo.Started.IsZero()
}

// abort asks for what was not asked for yet. Whoever opted out goes back without.
func (l *Leaver) abort(ctx context.Context, under []*appsv1.Deployment) error {
	for _, d := range under {
		memo, err := annotations.ReadMemo(d.Annotations[annotations.Rollout])
		if err != nil || memo.Ending != "" || d.Annotations[annotations.Abort] != "" || !annotations.OptedIn(d.Annotations) {
			continue
		}
		before := d.DeepCopy()
		metav1.SetMetaDataAnnotation(&d.ObjectMeta, annotations.Abort, "true")
		patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
		if err := l.Client.Patch(ctx, d, patch, client.FieldOwner("serin-leave")); err != nil {
			if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
				continue // the next look tells
			}
			return fmt.Errorf("asking Deployment %s to roll back: %w", client.ObjectKeyFromObject(d), err)
		}
		l.Log.Info("Rolling back", "deployment", client.ObjectKeyFromObject(d).String())
	}
	return nil
}

// tell names what stays paused: nobody is left to let it go, and letting it go would send its template to everybody.
func (l *Leaver) tell(targets []*appsv1.Deployment) {
	for _, d := range targets {
		if d.Spec.Paused {
			l.Log.Info("Stays paused; 'kubectl rollout resume' would send its template to everybody", "deployment", client.ObjectKeyFromObject(d).String())
		}
	}
	l.Log.Info("No rollout is under way", "deployments", len(targets))
}

func unfinished(under []*appsv1.Deployment, err error) error {
	if len(under) == 0 {
		return fmt.Errorf("the time was up before it was sure that no rollout is under way: %w", err)
	}
	names := make([]string, 0, len(under))
	for _, d := range under {
		names = append(names, client.ObjectKeyFromObject(d).String()+said(d))
	}
	slices.Sort(names)
	return fmt.Errorf("the time was up with rollouts under way: %s; does a controller run?", strings.Join(names, ", "))
}

// said is the reason that the controller gave last.
func said(d *appsv1.Deployment) string {
	for _, c := range d.Status.Conditions {
		if string(c.Type) == annotations.ConditionPromoted {
			return " (" + c.Reason + ")"
		}
	}
	return ""
}
