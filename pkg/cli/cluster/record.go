// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/cli/story"
	"github.com/serin-dev/serin/pkg/record"
	"github.com/serin-dev/serin/pkg/workload"
)

// Rollouts reads all rollouts that are known of a Deployment, the newest last;
// there is at least one. What is kept of rollouts that ended may be unreadable
// to a person who can still be told of the one under way: gap says so.
func (c *Cluster) Rollouts(ctx context.Context, name string) (all []record.Rollout, gap string, err error) {
	target, err := c.Target(ctx, name)
	if err != nil {
		return nil, "", err
	}
	journal, err := record.DecodeJournal(target.Annotations[annotations.Journal])
	if err != nil {
		return nil, "", fmt.Errorf("annotation %s of Deployment %s: %w", annotations.Journal, name, err)
	}
	var kept record.Record
	m, err := c.API.CoreV1().ConfigMaps(c.Namespace).Get(ctx, workload.RecordName(name), metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
	case err != nil && journal.Began.IsZero():
		return nil, "", c.Explain(err, "get", "configmaps", "reading the record of Deployment "+name)
	case err != nil:
		gap = c.Explain(err, "get", "configmaps", "reading the rollouts before this one").Error()
	case metav1.IsControlledBy(m, target):
		if kept, err = record.Decode(m.Data[workload.RecordKey]); err != nil {
			return nil, "", fmt.Errorf("ConfigMap %s: %w", m.Name, err)
		}
	default:
		gap = fmt.Sprintf("ConfigMap %s is not the record of this Deployment, which has none until it is renamed or deleted", m.Name)
	}
	all = story.Together(kept, journal)
	switch {
	case len(all) > 0:
		return all, gap, nil
	case gap != "":
		return nil, "", fmt.Errorf("no rollout of Deployment %s is recorded: %s", name, gap)
	case !annotations.OptedIn(target.Annotations):
		return nil, "", c.NotOptedIn(target)
	default:
		return nil, "", fmt.Errorf("no rollout of Deployment %s is recorded yet; the next template that goes out as a canary is", name)
	}
}
