// SPDX-License-Identifier: Apache-2.0

package orders

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/cli/cluster"
	"github.com/serin-dev/serin/pkg/cli/model"
)

// Wait says how long to wait for the controller's answer; none at all if it is zero.
type Wait time.Duration

// ErrNoAnswer means that the controller has not answered in time.
var ErrNoAnswer = errors.New("the controller has not answered")

// ErrIgnored means that the controller found nothing to do.
var ErrIgnored = errors.New("the command had no effect")

// attempts are how often a write is tried that others got in the way of.
const attempts = 5

// Give looks, refuses what makes no sense, writes, waits, and says what changed.
func (o Order) Give(ctx context.Context, c *cluster.Cluster, name string, wait Wait, out io.Writer) error {
	before, said, err := o.write(ctx, c, name)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Deployment %s%s asked to %s.\n", name, said, o.asked)
	if _, paused := before.Target.Annotations[annotations.Pause]; paused && o.key == annotations.Promote {
		fmt.Fprintf(out, "It is also paused; to go on: kubectl serin resume %s%s\n", name, c.Where)
	}
	if wait == 0 {
		fmt.Fprintf(out, "To follow it: kubectl serin status %s%s -w\n", name, c.Where)
		return nil
	}
	return o.await(ctx, c, before, time.Duration(wait), out)
}

// write returns the Deployment as it was when the order was given.
func (o Order) write(ctx context.Context, c *cluster.Cluster, name string) (before model.Objects, said string, err error) {
	for range attempts {
		target, err := c.Opted(ctx, name)
		if err != nil {
			return before, "", err
		}
		before = c.Judge(ctx, target)
		if o.refuse != nil {
			if why := o.refuse(before, c.Where); why != "" {
				return before, "", fmt.Errorf("%s: %s", name, why)
			}
		}
		if o.value != "" && target.Annotations[o.key] == o.value {
			return before, " was already", nil
		}
		version := ""
		if o.locked {
			version = target.ResourceVersion
		}
		_, err = c.Annotate(ctx, name, o.key, o.value, version)
		if !apierrors.IsConflict(err) {
			return before, ":", err
		}
	}
	return before, "", fmt.Errorf("%s: somebody writes to the Deployment all the time, so that it cannot be told which step is approved; try again", name)
}

// await follows the Deployment until the controller has answered.
func (o Order) await(ctx context.Context, c *cluster.Cluster, before model.Objects, limit time.Duration, out io.Writer) error {
	limited, cancel := context.WithTimeoutCause(ctx, limit, cluster.ErrTimeout)
	defer cancel()
	name := before.Target.Name
	var answer string
	err := c.Follow(limited, name, func(step cluster.Step) (bool, error) {
		if step.Target == nil {
			return false, nil
		}
		if !annotations.OptedIn(step.Target.Annotations) {
			return false, c.NotOptedIn(step.Target)
		}
		answer = o.answer(before, c.Judge(limited, step.Target))
		return answer != "", nil
	})
	if errors.Is(err, cluster.ErrTimeout) {
		return fmt.Errorf("%w within %s: %s; to find out whether one runs: kubectl serin doctor%s%s", ErrNoAnswer, limit, name, c.Where, o.takeBack(before.Target, c.Where))
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(out, answer)
	if strings.HasPrefix(answer, Ignored) {
		return fmt.Errorf("%s: %w; to see where it stands: kubectl serin status %s%s", name, ErrIgnored, name, c.Where)
	}
	return nil
}

func (o Order) takeBack(target *appsv1.Deployment, where string) string {
	if o.value == "" {
		return ""
	}
	return fmt.Sprintf("; what was asked for stays asked for; to take it back: kubectl annotate deployment %s%s %s-", target.Name, where, o.key)
}
