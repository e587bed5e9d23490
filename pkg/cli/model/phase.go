// SPDX-License-Identifier: Apache-2.0

package model

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/serin-dev/serin/pkg/rollout"
)

// standing are the reasons for which the controller pauses a rollout. The
// condition has no field for the phase; its reason and the memo tell it.
var standing = []rollout.Reason{
	"StepPaused", "PauseRequested", "NoReplicas", "RoutesReverted", "InvalidConfiguration",
	"CanaryFailed", "AnalysisFailed", "DeadlineExceeded",
	rollout.ImagePullFailed, rollout.ContainerConfigFailed, rollout.CrashLoop, rollout.RestartsExceeded, rollout.ProgressDeadlineExceeded,
	rollout.InvalidAnnotations, rollout.UnsupportedStrategy, rollout.ExclusiveVolume, rollout.UnsupportedSelector,
	rollout.ServiceMissing, rollout.ServiceAmbiguous, rollout.ServiceUnsupported, rollout.RoutesUnsupported,
	rollout.TrafficUnavailable, rollout.NameTaken, rollout.Forbidden,
}

// PhaseOf is the phase that the controller's last words tell of, whatever
// template they spoke of; empty where there are none.
func PhaseOf(target *appsv1.Deployment) rollout.Phase {
	said, memo := Condition(target), Memo(target)
	if said == nil {
		return ""
	}
	switch said.Status {
	case corev1.ConditionTrue:
		return rollout.Idle
	case corev1.ConditionFalse:
		return rollout.RolledBack
	case corev1.ConditionUnknown:
		return underWay(memo, rollout.Reason(said.Reason))
	}
	return ""
}

func underWay(memo rollout.Memo, reason rollout.Reason) rollout.Phase {
	switch {
	case memo.Ending == rollout.Finished:
		return rollout.Promoting
	case memo.Ending != "":
		return rollout.RollingBack
	case memo.Promoting:
		return rollout.Promoting
	case slices.Contains(standing, reason):
		return rollout.Paused
	default:
		return rollout.Progressing
	}
}
