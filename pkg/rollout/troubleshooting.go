// SPDX-License-Identifier: Apache-2.0

package rollout

import (
	"fmt"
	"strings"
)

// Troubleshooting is the page docs/troubleshooting.md, made from the rules, the findings and the remedies.
func Troubleshooting() string {
	var page strings.Builder
	page.WriteString(threeInTheMorning)
	told := map[Reason]bool{}
	for _, group := range groups {
		fmt.Fprintf(&page, "\n## %s\n", group)
		for _, r := range remedies {
			if r.group == group {
				told[r.reason] = true
				r.tell(&page)
			}
		}
	}
	page.WriteString(inPassing)
	for _, f := range everything() {
		if !told[f.reason] {
			told[f.reason] = true
			fmt.Fprintf(&page, "| `%s` | %s | %s |\n", f.reason, f.meaning, f.advice)
		}
	}
	return page.String()
}

func (r remedy) tell(page *strings.Builder) {
	fmt.Fprintf(page, "\n### %s\n\n", r.reason)
	for _, f := range everything() {
		if f.reason == r.reason {
			fmt.Fprintf(page, "%s\n\n", f.meaning)
			break
		}
	}
	fmt.Fprintf(page, "- **Why it waits:** %s\n- **What lets it go on:** %s\n\n```sh\n%s\n```\n", r.waits, r.until, r.commands)
}

// everything is all that can be a reason, in the order of the rules.
func everything() []finding {
	var all []finding
	for _, r := range rules {
		all = append(all, finding{r.reason, r.meaning, r.advice})
	}
	all = append(all, failures...)
	all = append(all, mistakes...)
	all = append(all, obstacles...)
	return append(all, asides...)
}

const threeInTheMorning = `<!-- Generated from pkg/rollout. Do not edit; run: make generate -->

# It is stuck, or broken. What do I type?

` + "```sh" + `
kubectl serin status shop    # where it is, why, and what to type: the word behind the phase is the reason
` + "```" + `

| you see | you want | type |
|---|---|---|
| users are hurt, and a rollout is under way | everybody on the old version, now | ` + "`kubectl serin abort shop`" + ` |
| users are hurt, and it was promoted already | the version before | ` + "`kubectl serin history shop`, then `kubectl set image` with its image: a rollout like any other; in a hurry `kubectl serin promote shop --full` after it" + ` |
| ` + "`RolledBack`" + ` | to know why | ` + "`kubectl serin explain shop`" + ` |
| ` + "`Paused`" + ` | to let it pass | ` + "`kubectl serin approve shop STEP`" + `; if a person paused it, ` + "`kubectl serin resume shop`" + ` |
| it holds, and the fix must be out now | to skip what is left; the canary must be available all the same | ` + "`kubectl serin promote shop --full`" + ` |
| a reason that you do not know | what it waits for | look it up below |
| an old reason, or none; nothing answers | to know whether anything runs | ` + "`kubectl serin doctor`" + `, ` + "`kubectl get pods -n serin-system`" + ` |
| no controller, and none to be had | to do by hand what it would do | [when the controller is down](operations.md#when-the-controller-is-down) |
| to be rid of it | an ordinary Deployment | ` + "`kubectl serin undo shop`, then `kubectl annotate deployment shop serin.dev/canary-`" + ` |

Nothing that Serin does is undone by waiting: a rollout that is stuck keeps its weights, and a canary that fails loses them by itself.
The commands below are for a Deployment ` + "`shop`" + ` in the present namespace. Without the plugin, ` + "`kubectl describe deployment shop`" + ` has the
reason in the condition ` + "`serin.dev/Promoted`" + `, and [annotations](annotations.md#examples) are the commands. [reasons.md](reasons.md) has the
same reasons in the order in which they are decided.
`

const inPassing = `
## In passing

Moves, and what ends within seconds. Where one of these lasts, look at the controller:

` + "```sh" + `
kubectl serin explain shop
kubectl serin doctor
kubectl logs --namespace serin-system --selector app.kubernetes.io/name=serin
` + "```" + `

| Reason | Meaning | What to do |
|---|---|---|
`
