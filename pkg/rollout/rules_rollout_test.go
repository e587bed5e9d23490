// SPDX-License-Identifier: Apache-2.0

package rollout_test

import (
	"time"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/rollout"
)

var returningRows = map[string]row{
	"traffic goes back":                                        {returning, nil, "RollingBack", rollout.RollingBack},
	"a new template does not stop the way back":                {returning, func(s *rollout.Snapshot) { s.Target.WantsCanary = false }, "RollingBack", rollout.RollingBack},
	"a pause does not stop the way back":                       {returning, func(s *rollout.Snapshot) { s.Plan.Paused = true }, "RollingBack", rollout.RollingBack},
	"problems do not stop the way back":                        {returning, func(s *rollout.Snapshot) { s.Problems = problem() }, "RollingBack", rollout.RollingBack},
	"stable is too short to take the traffic":                  {returning, func(s *rollout.Snapshot) { s.Stable.Available = 1 }, "StableNotAvailable", rollout.RollingBack},
	"stable pods that are about to go cannot take the traffic": {returning, func(s *rollout.Snapshot) { s.Stable.Desired = 3 }, "StableNotAvailable", rollout.RollingBack},
	"any stable pod will do after the deadline": {returning, func(s *rollout.Snapshot) {
		s.Stable.Available = 1
		s.Waiting = rollout.Waiting{Reason: "StableNotAvailable", Since: epoch.Add(-time.Hour)}
	}, "RollingBack", rollout.RollingBack},
	"no stable pod will never do": {returning, func(s *rollout.Snapshot) {
		s.Stable.Available = 0
		s.Waiting = rollout.Waiting{Reason: "StableNotAvailable", Since: epoch.Add(-time.Hour)}
	}, "StableNotAvailable", rollout.RollingBack},
	"a promotion that is taken back fills stable first": {promotion, func(s *rollout.Snapshot) {
		s.Memo.Ending = rollout.Reject
	}, "StableRefilling", rollout.RollingBack},
	"proxies have time to leave the canary": {returning, func(s *rollout.Snapshot) {
		s.Routes.Weight, s.Routes.Since = 0, epoch.Add(-time.Second)
	}, "RoutesSettling", rollout.RollingBack},
	"proxies that do not follow keep the canary's pods": {returning, func(s *rollout.Snapshot) {
		s.Routes.Weight = 0
		lagging(s)
	}, "ProxiesLagging", rollout.RollingBack},
	"proxies have time from when they were sent the routes": {returning, func(s *rollout.Snapshot) {
		s.Routes.Weight, s.Routes.Served = 0, epoch.Add(-time.Second)
	}, "RoutesSettling", rollout.RollingBack},
	"proxies that do not follow keep our subsets": {returned, func(s *rollout.Snapshot) {
		s.Routes.Ours, s.Routes.Split = false, false
		lagging(s)
	}, "ProxiesLagging", rollout.RollingBack},
	"the canary's pods go":           {returning, func(s *rollout.Snapshot) { s.Routes.Weight = 0 }, "Withdrawn", rollout.RollingBack},
	"the canary's pods drain":        {returned, func(s *rollout.Snapshot) { s.Canary.Pods = 1 }, "CanaryDraining", rollout.RollingBack},
	"a withdrawn canary is replaced": {returned, func(s *rollout.Snapshot) { s.Memo.Ending = rollout.Restart }, "Restarted", rollout.Progressing},
	"routes are restored":            {returned, nil, "RoutesRestored", rollout.RollingBack},
	"proxies have time to leave our subsets": {returned, func(s *rollout.Snapshot) {
		s.Routes.Ours, s.Routes.Split, s.Routes.Since = false, false, epoch.Add(-time.Second)
	}, "RoutesSettling", rollout.RollingBack},
	"subsets go last": {returned, func(s *rollout.Snapshot) { s.Routes.Ours, s.Routes.Split = false, false }, "SubsetsRemoved", rollout.RollingBack},
	"a cancelled canary goes altogether": {returned, func(s *rollout.Snapshot) {
		s.Routes.Ours, s.Routes.Split, s.Memo.Ending = false, false, rollout.Cancel
	}, "CanaryRemoved", rollout.RollingBack},
	"a size that was lowered comes back": {byRatio, func(s *rollout.Snapshot) { s.Memo.Ending = rollout.Reject }, "StableSizeRestored", rollout.RollingBack},
	"a promoted rollout clears up": {full, func(s *rollout.Snapshot) {
		s.Memo.Ending, s.Memo.Stable, s.Stable.Hash, s.Target.WantsStable = rollout.Finished, "v2", "v2", true
	}, "RoutesRestored", rollout.Promoting},
	"a promoted rollout is over": {rest, func(s *rollout.Snapshot) { s.Memo.Ending = rollout.Finished }, "Promoted", rollout.Idle},
}

var promotingRows = map[string]row{
	"a promotion rolls natively":      {promotion, nil, "Promoting", rollout.Promoting},
	"an abort takes a promotion back": {promotion, func(s *rollout.Snapshot) { s.Plan.Abort = true }, "AbortRequested", rollout.RollingBack},
	"an old template takes a promotion back": {promotion, func(s *rollout.Snapshot) {
		s.Target.WantsStable, s.Target.WantsCanary, s.Target.Paused = true, false, true
	}, "Cancelled", rollout.RollingBack},
	"a pause does not stop a promotion":             {promotion, func(s *rollout.Snapshot) { s.Plan.Paused = true }, "Promoting", rollout.Promoting},
	"problems do not stop a promotion":              {promotion, func(s *rollout.Snapshot) { s.Problems = problem() }, "Promoting", rollout.Promoting},
	"a new template before the first new pod":       {promotion, func(s *rollout.Snapshot) { s.Target.WantsCanary, s.Target.Paused, s.Judged.Desired = false, true, 0 }, "Superseded", rollout.RollingBack},
	"a new template after the first new pod":        {promotion, func(s *rollout.Snapshot) { s.Target.WantsCanary, s.Target.Paused = false, true }, "PromotionFinishing", rollout.Promoting},
	"the canary is lost while the target rolls":     {promotion, func(s *rollout.Snapshot) { s.Canary.Available = 0 }, "CanaryLost", rollout.Promoting},
	"its Deployment is lost while the target rolls": {promotion, func(s *rollout.Snapshot) { s.Canary, s.Target.WantsCanary = rollout.Canary{}, false }, "CanaryLost", rollout.Promoting},
	"somebody moves weights during a promotion":     {promotion, func(s *rollout.Snapshot) { s.Routes.Weight = 500 }, "WeightNotApplied", rollout.Promoting},
	"somebody pauses a promotion":                   {promotion, func(s *rollout.Snapshot) { s.Target.Paused = true }, "PromotionResumed", rollout.Promoting},
	"a promotion is stuck":                          {promotion, func(s *rollout.Snapshot) { s.Target.Stuck = "exceeded quota" }, "PromotionStuck", rollout.Promoting},
	"a promotion is complete":                       {promotion, func(s *rollout.Snapshot) { s.Target.Complete = true }, "RoutesRestored", rollout.Promoting},
	"its routes are not followed yet":               {promotion, func(s *rollout.Snapshot) { cleared(s); s.Routes.Lagging = "istiod is slow" }, "ProxiesLagging", rollout.Promoting},
	"its routes settle":                             {promotion, func(s *rollout.Snapshot) { cleared(s); s.Routes.Since = s.Now }, "RoutesSettling", rollout.Promoting},
	"its routes are restored":                       {promotion, cleared, "CanaryRemoved", rollout.Promoting},
	"its canary is gone":                            {promotion, func(s *rollout.Snapshot) { cleared(s); uncanaried(s) }, "SubsetsRemoved", rollout.Promoting},
	"its canary is gone, and a new controller cannot know for how long": {promotion, func(s *rollout.Snapshot) {
		cleared(s)
		uncanaried(s)
		s.Routes.Since = s.Now
	}, "RoutesSettling", rollout.Promoting},
	"nothing of it is left": {promotion, func(s *rollout.Snapshot) {
		cleared(s)
		uncanaried(s)
		s.Routes = rollout.Routes{}
	}, "Promoted", rollout.Idle},
	"a new template before note was taken": {promotion, func(s *rollout.Snapshot) {
		cleared(s)
		s.Target.Complete, s.Target.Paused, s.Target.WantsCanary = false, true, false
	}, "PromotionFinishing", rollout.Promoting},
	"a new template after the canary went": {promotion, func(s *rollout.Snapshot) {
		cleared(s)
		uncanaried(s)
		s.Target.Complete, s.Target.Paused = false, true
	}, "PromotionFinishing", rollout.Promoting},
	"a promotion by ratio is complete": {byRatio, func(s *rollout.Snapshot) {
		s.Memo.Weight, s.Memo.Promoting, s.Memo.Size, s.Memo.Lowered = rollout.Full, true, 0, 0
		s.Target.Paused, s.Target.Complete = false, true
	}, "PromotionComplete", rollout.Promoting},
	"a target by ratio grows back": {byRatio, func(s *rollout.Snapshot) {
		s.Memo.Weight, s.Memo.Promoting, s.Target.Paused, s.Target.Complete = rollout.Full, true, false, true
	}, "Refilling", rollout.Promoting},
}

// gates at the end of a step, in these states.
func gates(states ...rollout.GateState) func(*rollout.Snapshot) {
	return func(s *rollout.Snapshot) {
		for i, state := range states {
			s.Gates = append(s.Gates, rollout.Gate{Name: string(rune('a' + i)), State: state})
		}
	}
}

// holding gates are those whose failure waits for a person.
func holdingGates(states ...rollout.GateState) func(*rollout.Snapshot) {
	return func(s *rollout.Snapshot) {
		gates(states...)(s)
		for i := range s.Gates {
			s.Gates[i].Holds = true
		}
	}
}

func also(changes ...func(*rollout.Snapshot)) func(*rollout.Snapshot) {
	return func(s *rollout.Snapshot) {
		for _, change := range changes {
			change(s)
		}
	}
}

func byStep(s *rollout.Snapshot) { s.Plan.Promote = rollout.PromoteStep }

var gateRows = map[string]row{
	"a gate that was not asked stands":                {passed, gates(""), "GateWaiting", rollout.Progressing},
	"a gate that was asked stands":                    {passed, gates(rollout.GatePassed, rollout.GatePending), "GateWaiting", rollout.Progressing},
	"gates that passed let a step pass":               {passed, gates(rollout.GatePassed, rollout.GatePassed), "StepPassed", rollout.Progressing},
	"a gate is not asked before its step is over":     {holding, gates(""), "Holding", rollout.Progressing},
	"a gate is not asked before the pods are there":   {passed, also(gates(""), func(s *rollout.Snapshot) { s.Canary.Available = 1 }), "CanaryNotAvailable", rollout.Progressing},
	"a gate stands before the promotion":              {full, gates(rollout.GatePending), "GateWaiting", rollout.Progressing},
	"a gate that failed rolls back":                   {passed, gates(rollout.GatePending, rollout.GateFailed), "GateFailed", rollout.RollingBack},
	"a gate that failed outranks a pause":             {passed, also(gates(rollout.GateFailed), func(s *rollout.Snapshot) { s.Plan.Paused = true }), "GateFailed", rollout.RollingBack},
	"a gate that failed outranks promote":             {passed, also(gates(rollout.GateFailed), byStep), "GateFailed", rollout.RollingBack},
	"a gate that failed freezes where that is wanted": {passed, also(gates(rollout.GateFailed), func(s *rollout.Snapshot) { s.Plan.PauseOnFailure = true }), "GateFailed", rollout.Paused},
	"a frozen gate is forgiven":                       {passed, also(gates(rollout.GateFailed), byStep, func(s *rollout.Snapshot) { s.Plan.PauseOnFailure = true }), "FailureForgiven", rollout.Progressing},
	"a gate that failed holds where that is wanted":   {passed, holdingGates(rollout.GateFailed), "GateFailed", rollout.Paused},
	"a held gate is passed by a person":               {passed, also(holdingGates(rollout.GateFailed), byStep), "PromoteRequested", rollout.Progressing},
	"a held gate is begun again by a person":          {passed, also(holdingGates(rollout.GateFailed), func(s *rollout.Snapshot) { s.Plan.Retry = true }), "RetryRequested", rollout.RollingBack},
	"an abort does not wait for a gate":               {passed, also(gates(rollout.GatePending), func(s *rollout.Snapshot) { s.Plan.Abort = true }), "AbortRequested", rollout.RollingBack},
	"a failing canary does not wait for a gate":       {passed, also(gates(rollout.GatePending), crash), rollout.CrashLoop, rollout.RollingBack},
	"gates do not keep a promotion":                   {promotion, gates(""), "Promoting", rollout.Promoting},
	"gates are asked when all is cleared up": {promotion, func(s *rollout.Snapshot) {
		cleared(s)
		uncanaried(s)
		s.Routes = rollout.Routes{}
		gates("")(s)
	}, "GateWaiting", rollout.Promoting},
	"what fails after the promotion is only told": {rest, func(s *rollout.Snapshot) {
		s.Memo.Ending = rollout.Finished
		gates(rollout.GateFailed)(s)
	}, "Promoted", rollout.Idle},
	"what cannot be asked after the promotion is only told": {rest, func(s *rollout.Snapshot) {
		s.Memo.Ending = rollout.Finished
		s.Gates = []rollout.Gate{{Name: "report", State: rollout.GatePending, Stuck: true}}
	}, "Promoted", rollout.Idle},
	"gates are asked after a rollout by ratio": {rest, func(s *rollout.Snapshot) {
		s.Memo.Ending = rollout.Finished
		gates(rollout.GatePending)(s)
	}, "GateWaiting", rollout.Promoting},
}

var refusingRows = map[string]row{
	"nothing to judge by":                     {holding, func(s *rollout.Snapshot) { s.Target.Replicas = 0 }, "NoReplicas", rollout.RollingBack},
	"a new template begins":                   {held, nil, "NewTemplate", rollout.Progressing},
	"a template nobody has seen yet":          {held, func(s *rollout.Snapshot) { s.Target.Lagging = true }, "NotObserved", rollout.Progressing},
	"problems keep a rollout from beginning":  {held, func(s *rollout.Snapshot) { s.Problems = problem() }, "InvalidAnnotations", rollout.Paused},
	"the old template cancels":                {holding, func(s *rollout.Snapshot) { s.Target.WantsStable = true }, "Cancelled", rollout.RollingBack},
	"another template supersedes":             {holding, func(s *rollout.Snapshot) { s.Target.WantsCanary = false }, "Superseded", rollout.RollingBack},
	"another template outranks an abort":      {holding, func(s *rollout.Snapshot) { s.Target.WantsCanary, s.Plan.Abort = false, true }, "Superseded", rollout.RollingBack},
	"an abort":                                {holding, func(s *rollout.Snapshot) { s.Plan.Abort = true }, "AbortRequested", rollout.RollingBack},
	"an abort outranks a pause":               {holding, func(s *rollout.Snapshot) { s.Plan.Abort, s.Plan.Paused = true, true }, "AbortRequested", rollout.RollingBack},
	"an abort outranks problems":              {holding, func(s *rollout.Snapshot) { s.Plan.Abort, s.Problems = true, problem() }, "AbortRequested", rollout.RollingBack},
	"an abort outranks promote":               {holding, func(s *rollout.Snapshot) { s.Plan.Abort, s.Plan.Promote = true, rollout.PromoteFull }, "AbortRequested", rollout.RollingBack},
	"a failure":                               {holding, crash, rollout.CrashLoop, rollout.RollingBack},
	"a failure outranks a pause":              {holding, func(s *rollout.Snapshot) { s.Plan.Paused = true; crash(s) }, rollout.CrashLoop, rollout.RollingBack},
	"a failure outranks promote full":         {holding, func(s *rollout.Snapshot) { s.Plan.Promote = rollout.PromoteFull; crash(s) }, rollout.CrashLoop, rollout.RollingBack},
	"a failure outranks problems":             {holding, func(s *rollout.Snapshot) { s.Problems = problem(); crash(s) }, rollout.CrashLoop, rollout.RollingBack},
	"a failure freezes where that is wanted":  {holding, func(s *rollout.Snapshot) { s.Plan.PauseOnFailure = true; crash(s) }, rollout.CrashLoop, rollout.Paused},
	"a failure is forgiven":                   {holding, func(s *rollout.Snapshot) { s.Plan.PauseOnFailure, s.Plan.Promote = true, rollout.PromoteStep; crash(s) }, "FailureForgiven", rollout.Progressing},
	"a forgiven failure stays forgiven":       {holding, func(s *rollout.Snapshot) { s.Memo.Forgiven = true; crash(s) }, "Holding", rollout.Progressing},
	"a retry begins a frozen rollout again":   {holding, func(s *rollout.Snapshot) { s.Plan.PauseOnFailure, s.Plan.Retry = true, true; crash(s) }, "RetryRequested", rollout.RollingBack},
	"a failed analysis":                       {holding, worse, "AnalysisFailed", rollout.RollingBack},
	"a failed analysis waived":                {holding, func(s *rollout.Snapshot) { s.Memo.Full = true; worse(s) }, "CanaryNotAvailable", rollout.Progressing},
	"the deadline":                            {passed, late, "DeadlineExceeded", rollout.RollingBack},
	"the deadline outranks a pause":           {passed, func(s *rollout.Snapshot) { s.Plan.Paused = true; late(s) }, "DeadlineExceeded", rollout.RollingBack},
	"a wait from before a restart is no wait": {passed, func(s *rollout.Snapshot) { late(s); s.Waiting = rollout.Waiting{} }, "CanaryLost", rollout.Progressing},
}

// cleared is a promotion that is complete, with its routes given back.
func cleared(s *rollout.Snapshot) {
	s.Target.Complete, s.Wanted.Desired, s.Wanted.Available = true, 4, 4
	s.Judged, s.Stable.Desired, s.Stable.Available = s.Wanted, 0, 0
	s.Routes.Ours, s.Routes.Split, s.Routes.Weight, s.Routes.OurSubsets = false, false, 0, true
}

func uncanaried(s *rollout.Snapshot) {
	s.Canary, s.Target.WantsCanary = rollout.Canary{}, false
}

func lagging(s *rollout.Snapshot) {
	s.Routes.Asked, s.Routes.Lagging = true, "1 of 12 connected proxies has not acknowledged the routes: web-1.shop"
}

var progressingRows = map[string]row{
	"proxies that do not follow hold the step":         {passed, lagging, "ProxiesLagging", rollout.Progressing},
	"proxies that do not follow hold a promotion":      {full, lagging, "ProxiesLagging", rollout.Progressing},
	"proxies that do not follow do not hold a failure": {passed, func(s *rollout.Snapshot) { lagging(s); crash(s) }, rollout.CrashLoop, rollout.RollingBack},
	"a hold counts from when proxies were sent the routes": {passed, func(s *rollout.Snapshot) {
		s.Routes.Asked, s.Routes.Served = true, epoch.Add(-8*time.Second)
	}, "Holding", rollout.Progressing},
	"a retry of what did not fail":        {holding, func(s *rollout.Snapshot) { s.Plan.Retry = true }, "CommandIgnored", rollout.Progressing},
	"problems hold":                       {passed, func(s *rollout.Snapshot) { s.Problems = problem() }, "InvalidAnnotations", rollout.Paused},
	"problems outrank promote":            {passed, func(s *rollout.Snapshot) { s.Problems, s.Plan.Promote = problem(), rollout.PromoteFull }, "InvalidAnnotations", rollout.Paused},
	"a pause holds":                       {passed, func(s *rollout.Snapshot) { s.Plan.Paused = true }, "PauseRequested", rollout.Paused},
	"a pause outranks promote":            {passed, func(s *rollout.Snapshot) { s.Plan.Paused, s.Plan.Promote = true, rollout.PromoteStep }, "PauseRequested", rollout.Paused},
	"a lost canary outranks a pause":      {holding, func(s *rollout.Snapshot) { s.Plan.Paused, s.Canary.Available = true, 0 }, "CanaryLost", rollout.Progressing},
	"too much weight outranks a pause":    {holding, func(s *rollout.Snapshot) { s.Plan.Paused, s.Routes.Weight = true, 500 }, "WeightNotApplied", rollout.Progressing},
	"too little weight waits for a pause": {holding, func(s *rollout.Snapshot) { s.Plan.Paused, s.Routes.Weight = true, 50 }, "PauseRequested", rollout.Paused},
	"promote passes a step":               {holding, func(s *rollout.Snapshot) { s.Plan.Promote = rollout.PromoteStep }, "PromoteRequested", rollout.Progressing},
	"subsets come first":                  {holding, func(s *rollout.Snapshot) { s.Memo.Weight, s.Routes = 0, rollout.Routes{} }, "SubsetsPrepared", rollout.Progressing},
	"subsets settle": {holding, func(s *rollout.Snapshot) {
		s.Memo.Weight, s.Routes = 0, rollout.Routes{Subsets: true, OurSubsets: true, SubsetsSince: epoch}
	}, "Settling", rollout.Progressing},
	"routes come second": {holding, func(s *rollout.Snapshot) {
		s.Memo.Weight, s.Routes = 0, rollout.Routes{Subsets: true, OurSubsets: true}
	}, "RoutesSplit", rollout.Progressing},
	"routes are fought over": {holding, func(s *rollout.Snapshot) {
		s.Routes.Weight, s.Routes.RetryAt, s.Routes.Reverted = 0, epoch.Add(time.Minute), "argocd did"
	}, "RoutesReverted", rollout.Paused},
	"routes drift":                                   {holding, func(s *rollout.Snapshot) { s.Routes.Weight = 50 }, "WeightNotApplied", rollout.Progressing},
	"routes settle":                                  {holding, func(s *rollout.Snapshot) { s.Routes.Since = epoch }, "Settling", rollout.Progressing},
	"a step holds":                                   {holding, nil, "Holding", rollout.Progressing},
	"the next step's pods come":                      {passed, func(s *rollout.Snapshot) { s.Canary.Available = 1 }, "CanaryNotAvailable", rollout.Progressing},
	"a step waits for a person":                      {passed, func(s *rollout.Snapshot) { s.Plan.Steps[1].Pause = true }, "StepPaused", rollout.Paused},
	"a step waits for evidence":                      {passed, func(s *rollout.Snapshot) { s.Verdict = analysis.Verdict{Evidence: "no samples"} }, "AnalysisInconclusive", rollout.Progressing},
	"a step waits for data":                          {passed, unmeasured("", 5*time.Minute), "AnalysisInconclusive", rollout.Progressing},
	"missing data hold where nothing else is wished": {passed, unmeasured(analysis.NoDataHold, time.Hour), "AnalysisInconclusive", rollout.Progressing},
	"missing data have until the deadline":           {passed, unmeasured(analysis.NoDataRollback, 59*time.Second), "AnalysisInconclusive", rollout.Progressing},
	"missing data roll back where that is wished":    {passed, unmeasured(analysis.NoDataRollback, time.Minute), "NoData", rollout.RollingBack},
	"missing data pass a step where that is wished":  {passed, unmeasured(analysis.NoDataProceed, time.Minute), "NoData", rollout.Progressing},
	"missing data freeze where that is wished": {passed, func(s *rollout.Snapshot) {
		unmeasured(analysis.NoDataRollback, time.Minute)(s)
		s.Plan.PauseOnFailure = true
	}, "NoData", rollout.Paused},
	"a proof that is wanting is not missing data": {passed, func(s *rollout.Snapshot) {
		unmeasured(analysis.NoDataRollback, time.Hour)(s)
		s.Verdict.NoData = false
	}, "AnalysisInconclusive", rollout.Progressing},
	"requests that go elsewhere hold":        {passed, func(s *rollout.Snapshot) { s.Seen.Off = "5 of 100 requests" }, "ShareNotSeen", rollout.Progressing},
	"a hold begins when requests follow":     {passed, func(s *rollout.Snapshot) { s.Seen.Since = epoch.Add(-time.Second) }, "Holding", rollout.Progressing},
	"a person passes a step without a share": {passed, func(s *rollout.Snapshot) { s.Seen.Off, s.Memo.Passed = "5 of 100 requests", s.Memo.Weight }, "StepPassed", rollout.Progressing},
	"no evidence is needed at 0 %":           {passed, func(s *rollout.Snapshot) { s.Memo.Weight, s.Routes.Weight, s.Verdict = 0, 0, analysis.Verdict{} }, "StepPassed", rollout.Progressing},
	"a step passes":                          {passed, nil, "StepPassed", rollout.Progressing},
	"a canary that lost one of two waits":    {passed, func(s *rollout.Snapshot) { s.Memo.Weight, s.Routes.Weight, s.Canary.Available = 500, 500, 1 }, "CanaryNotAvailable", rollout.Progressing},
	"all steps passed":                       {full, nil, "AllStepsPassed", rollout.Promoting},
	"the last step waits for a person":       {full, func(s *rollout.Snapshot) { s.Plan.Steps[3].Pause = true }, "StepPaused", rollout.Paused},
}

var ratioRows = map[string]row{
	"a ratio is reached":     {byRatio, nil, "Holding", rollout.Progressing},
	"somebody scales":        {byRatio, func(s *rollout.Snapshot) { s.Target.Replicas = 7 }, "Rescaled", rollout.Progressing},
	"a ratio is not reached": {byRatio, func(s *rollout.Snapshot) { s.Memo.Lowered, s.Target.Replicas = 7, 7 }, "RatioNotReached", rollout.Progressing},
	"a ratio's pods come": {byRatio, func(s *rollout.Snapshot) {
		s.Memo.Lowered, s.Target.Replicas, s.Canary.Available = 7, 7, 3
	}, "CanaryNotAvailable", rollout.Progressing},
}

// unmeasured is a verdict that has lacked data for some time.
func unmeasured(wish analysis.OnNoData, wait time.Duration) func(*rollout.Snapshot) {
	return func(s *rollout.Snapshot) {
		s.Verdict, s.OnNoData = analysis.Verdict{Evidence: "no series", NoData: true}, wish
		s.Waiting = rollout.Waiting{Reason: "AnalysisInconclusive", Since: epoch.Add(-wait)}
	}
}
