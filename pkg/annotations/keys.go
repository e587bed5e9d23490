// SPDX-License-Identifier: Apache-2.0

package annotations

import (
	"time"

	"github.com/serin-dev/serin/pkg/rollout"
)

// Key is one annotation of the contract.
type Key struct {
	Name    string // the whole key
	Default string // the value that an absent key stands for; empty where absence means no wish
	Meaning string // for the reference page
	Example string

	// read puts the value into the plan, or says what is wrong with it and
	// what to type instead. It leaves the plan alone when it fails.
	read func(value string, plan *rollout.Plan) error
}

// The longest times that are taken for a wish rather than for a slip of the
// keyboard.
const (
	longestHold   = 7 * 24 * time.Hour
	longestSettle = time.Hour
)

// Keys is the contract, in the order of the reference page.
var Keys = []Key{
	{
		Canary, "", "`\"true\"` opts the Deployment in. Removing it, or `\"false\"`, in the middle of a rollout rolls back first and then lets go.", "true",
		readCanary,
	},
	{
		Steps, "5,10,25,50,100", "Canary weights in percent, rising, above 0 and at most 100, with at most one decimal. `25:10m` gives a step its own hold; " +
			"`50:pause` waits there for a person. A last step of 100 is added where it is missing.", "5, 25:10m, 50:pause, 100",
		readSteps,
	},
	{
		Hold, "1m", "How long a step that names no hold of its own keeps its weight before it may pass, from `0s` to `168h`.", "5m",
		readDuration(func(p *rollout.Plan) *time.Duration { return &p.Hold }, 0, longestHold),
	},
	{
		Bake, "0s", "How long everybody stays on the canary after the last step, from `0s` (no bake) to `168h`, before the Deployment's own pods are replaced. The canary is judged all the while; " +
			"with Istio the pods of stable stay at full number and weight 0, so that a return is one write of the routes. By the ratio of pods it holds the last step's ratio.", "10m",
		readDuration(func(p *rollout.Plan) *time.Duration { return &p.Bake }, 0, longestHold),
	},
	{
		Deadline, "10m", "The longest a step may wait for its pods, or for data, from `1s` to `168h`. After that the rollout fails.", "15m",
		readDuration(func(p *rollout.Plan) *time.Duration { return &p.Deadline }, time.Second, longestHold),
	},
	{
		Traffic, "auto", "How traffic moves: `istio` by weights in VirtualServices, `replicas` by the ratio of pods, " +
			"`auto` by Istio where the workload is in the mesh and by the ratio of pods elsewhere.", "istio",
		readTraffic,
	},
	{
		Service, "", "The Service that carries the traffic. Only needed where several Services select the pods; otherwise the one that does is found.", "shop",
		readService,
	},
	{
		CanaryReplicas, "auto", "Pods of the canary where Istio splits the traffic: `auto` is enough for the weight, `3` a number, `50%` a part of the Deployment's size.", "50%",
		readCanaryReplicas,
	},
	{
		Settle, "5s", "How long to wait after a route was written until proxies are taken to follow it, from `0s` to `1h`. Where Serin asks istiod: after istiod was seen to serve it.", "10s",
		readDuration(func(p *rollout.Plan) *time.Duration { return &p.Settle }, 0, longestSettle),
	},
	{
		MaxRestarts, "0", "Container restarts tolerated in all canary pods together before the rollout fails.", "2",
		readMaxRestarts,
	},
	{
		Analysis, analysisBuiltIn, "What judges the canary besides the health of its pods: `built-in`, the name of a ConfigMap with checks and gates in the Deployment's namespace (docs/checks.md), or `off`. Pod health is always watched.", "shop-checks",
		readAnalysis,
	},
	{
		MinSuccessRate, "", "The percentage of the canary's requests that must not fail, from 1 to 100, in addition to the other checks.", "99.5",
		readSuccessRate,
	},
	{
		MaxLatency, "", "A quantile of the duration of the canary's requests, and what it must stay below, in addition to the other checks.", "p99 < 300ms",
		readMaxLatency,
	},
	{
		OnNoData, "hold", "What a step without usable data does at its deadline: `hold`, `rollback` or `proceed`. A ConfigMap with checks that says otherwise wins.", "rollback",
		readOnNoData,
	},
	{
		WarmUp, "30s", "For how long after a canary pod became ready nothing that is measured counts, from `0s` to `1h`. A ConfigMap with checks that says otherwise wins.", "1m",
		readDuration(func(p *rollout.Plan) *time.Duration { return &p.WarmUp }, 0, longestWarmUp),
	},
	{
		OnFailure, "rollback", "What a failure leads to: `rollback`, or `pause`, which keeps the weight and waits for a person.", "pause",
		readOnFailure,
	},
	{
		VersionLabel, "version", "The label of the Service that is kept equal to the same label of the promoted pods. Only where both have it.", "app.kubernetes.io/version",
		readVersionLabel,
	},
	{
		Pause, "", "`\"true\"` holds the rollout where it is until it is taken away.", "true",
		readFlag(func(p *rollout.Plan) *bool { return &p.Paused }, "hold the rollout where it is"),
	},
	{
		Promote, "", "A command: `step` passes the step or the bake under way, `full` all that is left. Removed when carried out.", "step",
		readPromote,
	},
	{
		Abort, "", "A command: `\"true\"` sends all traffic back and ends the rollout as rolled back. Removed when carried out.", "true",
		readFlag(func(p *rollout.Plan) *bool { return &p.Abort }, "roll back"),
	},
	{
		Retry, "", "A command: `\"true\"` tries a rolled-back template again. Removed when carried out.", "true",
		readFlag(func(p *rollout.Plan) *bool { return &p.Retry }, "try the rolled-back template again"),
	},
}
