// SPDX-License-Identifier: Apache-2.0

package apply

import (
	"context"
	"errors"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/record"
	"github.com/serin-dev/serin/pkg/workload"
)

const (
	// filing bounds what a rollout waits for its record.
	filing = 5 * time.Second
	// filingEnds is for how long after its end a rollout is tried to be filed.
	filingEnds = time.Hour
	// tries are made at once, where somebody else writes at the same time or an answer got lost.
	tries = 3
)

// errInTheWay means that a ConfigMap has the record's name and is not ours.
var errInTheWay = errors.New("it exists and is not Serin's; rename it, and the next rollout is recorded")

// errUnreadable means that what is there is not written over.
var errUnreadable = errors.New("delete it, and the next rollout is recorded")

// file puts what ends now into the record, before the target forgets it: a
// controller that is killed in between files again, which changes nothing.
//
// It never stops a rollout. What is refused is told and given up; what fails
// waits on the target for a later pass.
func (p *pass) file(ctx context.Context) {
	if !p.files() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, filing)
	defer cancel()
	turn := p.follow()
	write := func(ctx context.Context) error { return p.enter(ctx, turn.Done) }
	if turn.Forget {
		write = p.unfile
	}
	var err error
	for range tries {
		if err = write(ctx); err == nil {
			return
		}
		if isRefused(err) {
			break
		}
	}
	p.changes.Unfiled = fmt.Errorf("writing the record in ConfigMap %s/%s: %w", p.world.Key.Namespace, p.recordName(), err)
	if n := len(turn.Done); n > 0 && !isRefused(err) && p.snapshot.Now.Sub(turn.Done[n-1].Ended) < filingEnds {
		p.waiting, p.changes.Later = turn.Done[n-1], true
	}
}

// files reports whether a rollout ends with this decision, or has ended and was
// not filed, or whether nothing is to be kept any more.
func (p *pass) files() bool {
	if p.world.Target == nil || p.world.Target.DeletionTimestamp != nil || p.snapshot.Target.Gone {
		return false
	}
	before := p.snapshot.Memo.Started
	ends := !before.IsZero() && !before.Equal(p.decision.Memo.Started)
	return p.decision.Forget || ends || (before.IsZero() && p.hasJournal())
}

func (p *pass) hasJournal() bool { return p.world.Target.Annotations[annotations.Journal] != "" }

// filed reports that a journal was left behind at rest and may go.
func (p *pass) filed() bool {
	rests := p.snapshot.Memo.Started.IsZero() && p.decision.Memo.Started.IsZero()
	return rests && p.hasJournal() && p.waiting.Began.IsZero()
}

// follow tells the decision to the journal, once for a pass.
func (p *pass) follow() record.Turn {
	if p.turn == nil {
		// A journal that cannot be read is none; nothing is decided by it.
		journal, _ := record.DecodeJournal(p.world.Target.Annotations[annotations.Journal])
		turn := record.Follow(journal, p.snapshot, p.decision, p.facts())
		p.turn = &turn
	}
	return *p.turn
}

func (p *pass) facts() record.Facts {
	return record.Facts{
		Stable: workload.Revision(p.world.ReplicaSets, p.snapshot.Stable.Hash, nil),
		Wanted: workload.Revision(p.world.ReplicaSets, p.snapshot.Wanted.Hash, &p.world.Target.Spec.Template),
		Wrote:  p.world.Wrote,
		Words:  p.world.Words,
	}
}

// mostAnnotations is what the API server takes of all annotations together,
// less some room for others.
const mostAnnotations = 240 << 10

// setJournal adds the journal to a write that happens anyway.
func (p *pass) setJournal(target *appsv1.Deployment) {
	turn := p.follow()
	journal := turn.Journal
	if journal.Began.IsZero() {
		journal = p.waiting
	}
	delete(target.Annotations, annotations.Journal)
	text := record.EncodeJournal(journal)
	used := len(text)
	for key, value := range target.Annotations {
		used += len(key) + len(value)
	}
	if text == "" || used > mostAnnotations {
		return
	}
	if target.Annotations == nil {
		target.Annotations = map[string]string{}
	}
	target.Annotations[annotations.Journal] = text
}

// recorded notes that the journal was written, and begins a new page for what
// this decision leads to.
func (p *pass) recorded() {
	p.changes.Recorded, p.changes.Wrote = true, nil
	for _, one := range p.follow().Done {
		if !one.Ended.Before(p.snapshot.Now.Truncate(time.Millisecond)) { // others had ended before, and were not filed
			p.changes.Ended = append(p.changes.Ended, one)
		}
	}
}

// note adds a write to what the record will tell.
func (p *pass) note(how string, object client.Object) {
	p.changes.Wrote = append(p.changes.Wrote, fmt.Sprintf("%s %s: %s", workload.Kind(object), object.GetName(), how))
}

// noteSpec tells what was written of the target's own spec.
func (p *pass) noteSpec(base, wanted *appsv1.Deployment) {
	if base.Spec.Paused != wanted.Spec.Paused {
		how := "let go"
		if wanted.Spec.Paused {
			how = "held"
		}
		p.note(how, wanted)
	}
	if size := int32(p.decision.Size); size > 0 && (base.Spec.Replicas == nil || *base.Spec.Replicas != size) { //nolint:gosec // a size that the API server accepted, or less
		p.note("scaled to "+pods(p.decision.Size), wanted)
	}
}

// enter puts rollouts into the ConfigMap. It is asked for live and not watched:
// nobody needs it between two rollouts.
func (p *pass) enter(ctx context.Context, done []record.Rollout) error {
	stored, err := p.stored(ctx)
	if err != nil {
		return err
	}
	var old record.Record
	if stored != nil && metav1.IsControlledBy(stored, p.world.Target) { // a namesake's record is not this one's
		if old, err = record.Decode(stored.Data[workload.RecordKey]); err != nil {
			return fmt.Errorf("%w; %w", err, errUnreadable)
		}
	}
	filed, changed := old.File(done)
	if !changed {
		return nil
	}
	wanted := workload.Record(p.world.Target, filed.Encode())
	if stored == nil {
		return p.Create(ctx, wanted, client.DisableReadYourWritesConsistency)
	}
	wanted.ResourceVersion = stored.ResourceVersion
	return p.Update(ctx, wanted, client.DisableReadYourWritesConsistency)
}

// stored is the ConfigMap that is there; nil: none.
func (p *pass) stored(ctx context.Context) (*corev1.ConfigMap, error) {
	stored := &corev1.ConfigMap{}
	err := p.live.Get(ctx, client.ObjectKey{Namespace: p.world.Key.Namespace, Name: p.recordName()}, stored)
	if apierrors.IsNotFound(err) {
		return nil, nil //nolint:nilnil // none is an ordinary state
	}
	if err != nil {
		return nil, err
	}
	if !workload.IsRecord(stored, p.world.Key.Name) {
		return nil, errInTheWay
	}
	return stored, nil
}

// unfile removes the record of a target that opts out.
func (p *pass) unfile(ctx context.Context) error {
	stored, err := p.stored(ctx)
	if stored == nil || err != nil {
		if errors.Is(err, errInTheWay) {
			return nil // nothing of ours is there
		}
		return err
	}
	err = p.Delete(ctx, stored, client.DisableReadYourWritesConsistency, client.Preconditions{UID: &stored.UID})
	return client.IgnoreNotFound(err)
}

func (p *pass) recordName() string { return workload.RecordName(p.world.Key.Name) }

// isRefused reports whether trying again would not help.
func isRefused(err error) bool {
	if errors.Is(err, errInTheWay) || errors.Is(err, errUnreadable) {
		return true
	}
	for _, is := range []func(error) bool{
		apierrors.IsForbidden, apierrors.IsInvalid, apierrors.IsBadRequest, apierrors.IsNotFound, apierrors.IsRequestEntityTooLargeError,
	} {
		if is(err) {
			return true
		}
	}
	return false
}
