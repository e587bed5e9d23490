// SPDX-License-Identifier: Apache-2.0

package leave_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/serin-dev/serin/pkg/leave"
)

var leaseKey = client.ObjectKey{Namespace: "serin-system", Name: "serin"}

// An election is a lease that a controller holds, and what happens when it is taken away.
type election struct {
	held  []string                             // by whom, write after write
	taken func(context.Context, client.Client) // is called when the lease was taken
	fails []error                              // what the next writes of the lease end in
	lists []string                             // namespaces whose Deployments were listed
}

func (e *election) client(objects ...client.Object) client.Client {
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: leaseKey.Namespace, Name: leaseKey.Name},
		Spec: coordinationv1.LeaseSpec{HolderIdentity: new("a"), LeaseDurationSeconds: new(int32(3))}}
	return fake.NewClientBuilder().WithObjects(objects...).WithObjects(lease).WithStatusSubresource(&appsv1.Deployment{}).WithInterceptorFuncs(interceptor.Funcs{
		Update: func(ctx context.Context, c client.WithWatch, o client.Object, options ...client.UpdateOption) error {
			lease, ok := o.(*coordinationv1.Lease)
			if ok && len(e.fails) > 0 {
				err := e.fails[0]
				e.fails = e.fails[1:]
				return err
			}
			if err := c.Update(ctx, o, options...); err != nil || !ok {
				return err
			}
			e.held = append(e.held, *lease.Spec.HolderIdentity)
			if *lease.Spec.HolderIdentity != "" && e.taken != nil {
				e.taken(ctx, c)
			}
			return nil
		},
		List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
			var asked client.ListOptions
			asked.ApplyOptions(options)
			if _, ok := list.(*appsv1.DeploymentList); !ok {
				return errors.New("only Deployments may be listed")
			}
			e.lists = append(e.lists, asked.Namespace)
			return c.List(ctx, list, options...)
		},
	}).Build()
}

func (e *election) leave(t *testing.T, c client.Client, limit time.Duration, namespaces ...string) (string, error) {
	t.Helper()
	var said strings.Builder
	l := leave.Leaver{Client: c, Lease: leaseKey, Selector: labels.Everything(), Namespaces: namespaces, Writes: 5 * time.Millisecond, Every: time.Millisecond,
		Log: funcr.New(func(_, line string) { said.WriteString(line + "\n") }, funcr.Options{})}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	err := l.Leave(ctx)
	return said.String(), err
}

func setMemo(ctx context.Context, c client.Client, memo string) error {
	d := &appsv1.Deployment{}
	if err := c.Get(ctx, client.ObjectKey{Namespace: "web", Name: "shop"}, d); err != nil {
		return err
	}
	d.Annotations["serin.dev/rollout"] = memo
	delete(d.Annotations, "serin.dev/abort")
	return c.Update(ctx, d)
}

func TestTheLeaseIsHeldWhenNoRolloutIsUnderWay(t *testing.T) {
	t.Parallel()
	e := election{fails: []error{apierrors.NewConflict(schema.GroupResource{Resource: "leases"}, "serin", errors.New("renewed"))}}
	c := e.client(target("web", "shop", rejected, nil))
	if _, err := e.leave(t, c, time.Minute); err != nil {
		t.Fatal(err)
	}
	lease := &coordinationv1.Lease{}
	if err := c.Get(t.Context(), leaseKey, lease); err != nil {
		t.Fatal(err)
	}
	if *lease.Spec.HolderIdentity != "serin-leave" || *lease.Spec.LeaseDurationSeconds != 60 || time.Since(lease.Spec.RenewTime.Time) > time.Minute {
		t.Errorf("the lease is %+v", lease.Spec)
	}
}

// A template that comes between the last look and the taking of the lease begins a rollout, which is rolled back as well.
func TestARolloutThatBeginsMeanwhileIsRolledBack(t *testing.T) {
	t.Parallel()
	var e election
	c := e.client(target("web", "shop", "", nil))
	began := false
	e.taken = func(ctx context.Context, c client.Client) {
		memo := climbing
		if began {
			return
		}
		if began = true; setMemo(ctx, c, memo) != nil {
			t.Error("the rollout cannot begin")
		}
	}
	rolled := make(chan error, 1)
	go func() { // the controller, which acts when it has the lease and is asked
		for {
			d := &appsv1.Deployment{}
			if err := c.Get(t.Context(), client.ObjectKey{Namespace: "web", Name: "shop"}, d); err != nil {
				rolled <- err
				return
			}
			if d.Annotations["serin.dev/abort"] != "" {
				rolled <- setMemo(t.Context(), c, rejected)
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	said, err := e.leave(t, c, time.Minute)
	if err != nil || <-rolled != nil {
		t.Fatalf("it ended in %v:\n%s", err, said)
	}
	if got := strings.Join(e.held, " "); got != "serin-leave  serin-leave" {
		t.Errorf("the lease was held by %q", got)
	}
	if !strings.Contains(said, "A rollout has begun meanwhile") {
		t.Errorf("it does not say so:\n%s", said)
	}
}

// Whoever gives up leaves the controller as it was.
func TestTheLeaseIsGivenBackWhenTheTimeIsUp(t *testing.T) {
	t.Parallel()
	var e election
	c := e.client(target("web", "shop", "", nil))
	e.taken = func(ctx context.Context, c client.Client) {
		if err := setMemo(ctx, c, climbing); err != nil {
			t.Error(err)
		}
	}
	_, err := e.leave(t, c, 200*time.Millisecond)
	if err == nil || !strings.Contains(err.Error(), "the time was up") {
		t.Errorf("it ended in %v", err)
	}
	if len(e.held) == 0 || e.held[len(e.held)-1] != "" {
		t.Errorf("the lease was held by %q", e.held)
	}
}

// Without the permission it would try for as long as it may, and in vain.
func TestALeaseThatMayNotBeTakenIsToldAtOnce(t *testing.T) {
	t.Parallel()
	e := election{fails: []error{apierrors.NewForbidden(schema.GroupResource{Resource: "leases"}, "serin", errors.New("no"))}}
	_, err := e.leave(t, e.client(target("web", "shop", rejected, nil)), time.Minute)
	if err == nil || !strings.Contains(err.Error(), "taking Lease serin-system/serin") || len(e.held) > 0 {
		t.Errorf("it ended in %v, and the lease was held by %q", err, e.held)
	}
}

func TestAControllerWithoutALeaseIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	var w world
	if _, said, err := w.leave(t, time.Minute, target("web", "shop", rejected, nil)); err != nil || !strings.Contains(said, "No lease") {
		t.Errorf("it ended in %v:\n%s", err, said)
	}
}

// Where namespaces are named nothing of others is asked for.
func TestOnlyTheNamespacesThatAreNamedAreReadIn(t *testing.T) {
	t.Parallel()
	var e election
	c := e.client(target("web", "shop", rejected, nil), target("theirs", "shop", climbing, nil))
	if said, err := e.leave(t, c, time.Minute, "web", "api"); err != nil {
		t.Fatalf("it ended in %v:\n%s", err, said)
	}
	for _, namespace := range e.lists {
		if namespace != "web" && namespace != "api" {
			t.Errorf("the Deployments of namespace %q were listed", namespace)
		}
	}
}
