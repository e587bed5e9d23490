// SPDX-License-Identifier: Apache-2.0

package rollout

import (
	"fmt"
	"strings"
)

//go:generate go test . -run TestTheReferencePageIsCurrent -update

// finding is a reason that is not the name of a rule.
type finding struct {
	reason  Reason
	meaning string
	advice  string
}

// failures are what is found wrong with the canary's pods.
var failures = []finding{
	{ImagePullFailed, "The image of a canary pod cannot be pulled.", "Put the image's name or the pull secret right in the template."},
	{ContainerConfigFailed, "A container of the canary cannot be made: a ConfigMap, a Secret, a key of one, a command or a mount is missing or wrong.", "Put right what the message names."},
	{CrashLoop, "A container of the canary ends again and again.", "Read the message and `kubectl logs --previous` of the pod that it names."},
	{RestartsExceeded, "The canary's containers restarted more often than `serin.dev/max-restarts` tolerates.", "Read `kubectl logs --previous` of the pod that the message names."},
	{ProgressDeadlineExceeded, "The Deployment controller gave the canary Deployment up.", "Read what its pods wait for in the message."},
}

// mistakes are what a person has to put right before a rollout moves.
var mistakes = []finding{
	{InvalidAnnotations, "An annotation under `serin.dev/` is unknown or has a value that cannot be used.", "Type what the message proposes; it lists every mistake at once."},
	{UnsupportedStrategy, "The Deployment's strategy is Recreate, which leaves no room for a canary beside stable.", "Set `spec.strategy.type` to `RollingUpdate`, or opt out."},
	{ExclusiveVolume, "A volume of the pods can be mounted by one node or pod only, or does not exist.", "Use a ReadWriteMany or ReadOnlyMany claim or an ephemeral volume, or opt out."},
	{UnsupportedSelector, "The Deployment's selector or the template's labels cannot be told from the canary's.", "Do what the message says about the label that it names."},
	{ServiceMissing, "No Service selects the pods, or the one that is named does not exist.", "Create it, or name another in `serin.dev/service`."},
	{ServiceAmbiguous, "Several Services select the pods.", "Name the one that carries the traffic in `serin.dev/service`; the message lists them."},
	{ServiceUnsupported, "The Service cannot divide traffic: it is headless, an alias, has no selector, or does not select the canary's pods.", "Name a Service with a cluster IP that selects the pods."},
	{RoutesUnsupported, "A route to the Service cannot be split without harm.", "Change the object that the message names as it says."},
	{TrafficUnavailable, "The traffic mode that was asked for is not available.", "Install Istio, or set `serin.dev/traffic` to `auto` or `replicas`."},
	{NameTaken, "An object that Serin does not own has a name that Serin needs.", "Rename or remove the object that the message names."},
	{InvalidChecks, "The ConfigMap with checks and gates cannot be read or has mistakes, or asks for what this controller cannot measure.", "Put right what the message lists; it is read again every few seconds."},
	{Forbidden, "The controller lacks a permission.", "Grant what the message names; the manifests in `deploy/` have all of them."},
}

// obstacles keep what was decided from being done, and are told by an Event only.
var obstacles = []finding{
	{RequestFailed, "What Serin asks of the API server has failed for ten seconds: a webhook or an admission policy refuses it, or nobody answers. Serin asks again, at most half a minute apart.", "Read the message: it has the words of whoever refuses."},
}

// asides are told by an Event only, and hold nothing up.
var asides = []finding{
	{NotRecorded, "A rollout that ended could not be put into the record of the Deployment. The rollout itself is not touched by that.", "Do what the message says; the next rollout is recorded."},
}

// Reference is the page docs/reasons.md, made from the rules and the findings.
func Reference() string {
	var page strings.Builder
	page.WriteString(opening)
	page.WriteString("| | Reason | Meaning | What to do |\n|---|---|---|---|\n")
	for i, r := range rules {
		fmt.Fprintf(&page, "| %d | `%s` | %s | %s |\n", i+1, r.reason, r.meaning, r.advice)
	}
	page.WriteString("\n## What can be wrong with the canary's pods\n\nThese take the place of `CanaryFailed`.\n\n")
	tell(&page, failures)
	page.WriteString("\n## What a person has to put right\n\nThese take the place of `InvalidConfiguration`. No traffic moves to the canary until they are gone.\n\n")
	tell(&page, mistakes)
	page.WriteString("\n## What keeps Serin from what it decided\n\nAn Event says it; the condition keeps the reason from before.\n\n")
	tell(&page, obstacles)
	page.WriteString("\n## What is only told\n\nAn Event says it, and the rollout goes on.\n\n")
	tell(&page, asides)
	return page.String()
}

func tell(page *strings.Builder, findings []finding) {
	page.WriteString("| Reason | Meaning | What to do |\n|---|---|---|\n")
	for _, f := range findings {
		fmt.Fprintf(page, "| `%s` | %s | %s |\n", f.reason, f.meaning, f.advice)
	}
}

const opening = `<!-- Generated from pkg/rollout. Do not edit; run: go test ./pkg/rollout -update -->

# Reasons

A reason is the name of the rule that decided. It is the same word in the log, the Event, the condition ` + "`serin.dev/Promoted`" + `,
the metric label, ` + "`kubectl serin status`" + ` and here. The rules are tried in this order, and the first that fits decides; so the
table is the policy, and reads from the top: leaving, holding templates, going back, resting, promoting, refusing, people, progress.
A reason that stands here twice means the same in another place.

## The rules

`
