// SPDX-License-Identifier: Apache-2.0

package annotations

import (
	"fmt"
	"strings"
)

// Reference is the page docs/annotations.md, made from Keys and Outputs.
func Reference() string {
	var page strings.Builder
	page.WriteString(opening)
	page.WriteString("| Annotation | Default | Meaning | Example |\n|---|---|---|---|\n")
	for _, key := range Keys {
		fmt.Fprintf(&page, "| `%s` | %s | %s | `\"%s\"` |\n", key.Name, code(key.Default), key.Meaning, key.Example)
	}
	page.WriteString(rules)
	page.WriteString("`" + strings.Join(Commands, "`, `") + "`")
	page.WriteString(examples)
	page.WriteString("| What | Where | Meaning |\n|---|---|---|\n")
	for _, output := range Outputs {
		fmt.Fprintf(&page, "| `%s` | %s | %s |\n", output.Name, output.Where, output.Meaning)
	}
	page.WriteString(closing)
	return page.String()
}

// Output is something that the controller writes under our prefix, or an
// object that it creates.
type Output struct {
	Name    string
	Where   string
	Meaning string
}

// Outputs are everything that people meet and did not write.
var Outputs = []Output{
	{Rollout, "annotation on the Deployment", "The memo: what the controller must remember and cannot observe, as JSON. Not to be edited; removing it makes the controller look at the Deployment as if for the first time."},
	{Journal, "annotation on the Deployment, during a rollout", "What happened so far, for `kubectl serin explain`. Never read back to decide; it moves into the ConfigMap when the rollout ends."},
	{ConditionPromoted, "condition in the Deployment's status", "`True`: the wanted template serves everybody. `Unknown`: a rollout is under way; reason and message say where and why. `False`: the template was rejected; the reason says why."},
	{"<deployment>-canary", "Deployment, owned by yours", "The canary during a rollout. After a rollback it stays at 0 replicas as the memory of what was rejected."},
	{"<deployment>-serin", "ConfigMap, owned by yours", "The record of the last ten rollouts, for `kubectl serin explain` and `history`. It goes when the Deployment opts out, and with the Deployment."},
	{"<service>-serin", "DestinationRule, during a rollout by Istio", "The subsets of stable and canary. Your own DestinationRule is not touched."},
	{"<service>-serin", "VirtualService, during a rollout by Istio", "Only where no VirtualService of yours routes to the Service."},
	{Track, "label on the canary's pods", "Has the value `" + TrackCanary + "`."},
	{Vouched, "label on the canary Deployment", "The UID of your Deployment: the [fence](security.md#the-fence) has looked it up."},
	{CanaryOf, "label on the canary Deployment and its pods", "The name of your Deployment; one of more than 63 letters is shortened."},
	{ManagedBy, "label on every object that Serin creates", "Has the value `" + Manager + "`."},
}

func code(value string) string {
	if value == "" {
		return "–"
	}
	return "`" + value + "`"
}

const opening = `<!-- Generated from pkg/annotations. Do not edit; run: go test ./pkg/annotations -update -->

# Annotations

Serin is steered by annotations on a Deployment. One is enough:

` + "```yaml" + `
metadata:
  annotations:
    serin.dev/canary: "true"
` + "```" + `

## What you write

`

const rules = `
- A blank value counts as absent. Values are words in quotes, because Kubernetes takes annotations as strings only.
- A duration is written with its units: ` + "`90s`, `5m`, `1h30m`" + `. There is no unit for a day; write ` + "`24h`" + `.
- A mistake moves no traffic: the rollout holds where it is, and the condition, a Warning Event and ` + "`kubectl serin status`" + ` name
  every mistake at once with what to type instead. An annotation under ` + "`" + Prefix + "`" + ` that is not listed here is a mistake, too.
- Commands are removed once they are carried out: `

const examples = `.

## Examples

Small steps first, a longer look at a quarter, and a person's consent at half of the traffic:

` + "```yaml" + `
serin.dev/canary: "true"
serin.dev/steps: "0.5, 5, 25:10m, 50:pause, 100"
serin.dev/hold: "2m"
` + "```" + `

The ratio of pods even where Istio is present, two restarts tolerated, and a pause in place of a rollback:

` + "```yaml" + `
serin.dev/canary: "true"
serin.dev/traffic: "replicas"
serin.dev/max-restarts: "2"
serin.dev/on-failure: "pause"
` + "```" + `

As many canary pods as the Deployment has, before the first request goes there:

` + "```yaml" + `
serin.dev/canary: "true"
serin.dev/canary-replicas: "100%"
serin.dev/deadline: "15m"
` + "```" + `

Commands, where the kubectl plugin is not at hand:

` + "```sh" + `
kubectl annotate deployment shop --overwrite serin.dev/promote=step   # pass this step
kubectl annotate deployment shop --overwrite serin.dev/promote=full   # pass all that are left
kubectl annotate deployment shop --overwrite serin.dev/abort=true     # all traffic back
kubectl annotate deployment shop --overwrite serin.dev/retry=true     # once more
kubectl annotate deployment shop --overwrite serin.dev/pause=true     # hold; to go on: serin.dev/pause-
` + "```" + `

## What Serin writes

`

const closing = `
To wait for the outcome in a pipeline:

` + "```sh" + `
kubectl wait --for=condition=serin.dev/Promoted deployment/shop --timeout=30m
` + "```" + `
`
