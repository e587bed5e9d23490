// SPDX-License-Identifier: Apache-2.0

package orders

import (
	"fmt"

	"github.com/serin-dev/serin/pkg/cli/model"
	"github.com/serin-dev/serin/pkg/rollout"
)

// Ignored begins the answer to a command that was consumed without effect.
const Ignored = "Nothing came of it"

// consumed waits until the controller has taken the annotation away. The memo
// of the same write tells what it did; where it tells nothing, there was
// nothing to do.
func consumed(key string, effect func(was, is rollout.Memo) string) func(before, now model.Objects) string {
	return func(before, now model.Objects) string {
		if _, there := now.Target.Annotations[key]; there {
			return ""
		}
		if said := effect(model.Memo(before.Target), model.Memo(now.Target)); said != "" {
			return said
		}
		return Ignored + ": the controller found nothing for it to do, or somebody took it back."
	}
}

func passed(was, is rollout.Memo) string {
	switch {
	case is.Baked && !was.Baked:
		return "The bake is ended; what is left is the promotion."
	case is.Passed > was.Passed:
		return fmt.Sprintf("The step at %s is passed.", is.Passed)
	case is.Weight > was.Weight:
		return fmt.Sprintf("It went from %s to %s.", was.Weight, is.Weight)
	case is.Forgiven && !was.Forgiven:
		return "It goes on in spite of the failure."
	}
	return ""
}

func waived(was, is rollout.Memo) string {
	switch {
	case is.Full && !was.Full:
		return "The steps that are left are waived; the canary still has to be available."
	case is.Promoting && !was.Promoting, is.Stable != was.Stable:
		return "The template is being promoted."
	case is.Started != was.Started && !is.Started.IsZero():
		return "A rollout has begun."
	}
	return ""
}

func aborted(was, is rollout.Memo) string {
	switch {
	case is.Ending == rollout.Reject && was.Ending != rollout.Reject:
		return "It goes back to stable."
	case is.Ending != "" && is.Ending != was.Ending:
		return fmt.Sprintf("It goes back to stable already (%s).", is.Reason)
	}
	return ""
}

func retried(was, is rollout.Memo) string {
	switch {
	case is.Ending == rollout.Restart && was.Ending != rollout.Restart:
		return "The canary is withdrawn, then it begins again."
	case is.Started != was.Started && !is.Started.IsZero():
		return "A new rollout has begun."
	}
	return ""
}
