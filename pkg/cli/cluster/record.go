// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
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
	kept, err := c.kept(ctx, target)
	all = story.Together(kept, journal)
	switch {
	case err != nil && len(all) > 0:
		return all, err.Error(), nil
	case err != nil:
		return nil, "", err
	case len(all) > 0:
		return all, "", nil
	case !annotations.OptedIn(target.Annotations):
		return nil, "", c.NotOptedIn(target)
	}
	return nil, "", fmt.Errorf("no rollout of Deployment %s is recorded yet; the next template that goes out as a canary is", name)
}

// kept are the rollouts that ended; none where there is no record.
func (c *Cluster) kept(ctx context.Context, target *appsv1.Deployment) (record.Record, error) {
	m, err := c.API.CoreV1().ConfigMaps(c.Namespace).Get(ctx, workload.RecordName(target.Name), metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return record.Record{}, nil
	case err != nil:
		return record.Record{}, c.Explain(err, "get", "configmaps", "reading the record of the rollouts that ended")
	case !metav1.IsControlledBy(m, target):
		return record.Record{}, fmt.Errorf("ConfigMap %s is not the record of this Deployment, which has none until it is renamed or deleted", m.Name)
	}
	kept, err := record.Decode(m.Data[workload.RecordKey])
	if err != nil {
		return record.Record{}, fmt.Errorf("ConfigMap %s: %w", m.Name, err)
	}
	return kept, nil
}
