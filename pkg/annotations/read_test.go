// SPDX-License-Identifier: Apache-2.0

package annotations_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/rollout"
)

// byDefault is written out, because the defaults are part of the contract.
func byDefault() rollout.Plan {
	return rollout.Plan{
		Steps: []rollout.Step{
			{Weight: 50, Hold: time.Minute}, {Weight: 100, Hold: time.Minute}, {Weight: 250, Hold: time.Minute},
			{Weight: 500, Hold: time.Minute}, {Weight: 1000, Hold: time.Minute},
		},
		Hold:         time.Minute,
		Deadline:     10 * time.Minute,
		Settle:       5 * time.Second,
		Traffic:      rollout.Auto,
		VersionLabel: "version",
		OnNoData:     analysis.NoDataHold,
		WarmUp:       30 * time.Second,
	}
}

func TestReadFillsThePlan(t *testing.T) {
	for name, test := range map[string]struct {
		annotations map[string]string
		change      func(*rollout.Plan)
	}{
		"no annotation at all gives the defaults":      {nil, func(*rollout.Plan) {}},
		"opting in changes nothing else":               {map[string]string{annotations.Canary: "true"}, func(*rollout.Plan) {}},
		"other people's annotations are nobody's here": {map[string]string{"example.com/steps": "x", "serin.developer/x": "y"}, func(*rollout.Plan) {}},
		"the memo is ours and no wish":                 {map[string]string{annotations.Rollout: "{broken"}, func(*rollout.Plan) {}},
		"a blank value counts as absent": {
			map[string]string{annotations.Steps: "", annotations.Hold: "  ", annotations.Service: "", annotations.Pause: "", annotations.Promote: "", annotations.Abort: ""},
			func(*rollout.Plan) {},
		},
		"the hold key reaches the steps that name none, though it is read before them": {
			map[string]string{annotations.Hold: "7m", annotations.Steps: "10,50:1h,100"},
			func(p *rollout.Plan) {
				p.Hold = 7 * time.Minute
				p.Steps = []rollout.Step{{Weight: 100, Hold: 7 * time.Minute}, {Weight: 500, Hold: time.Hour}, {Weight: 1000, Hold: 7 * time.Minute}}
			},
		},
		"the hold key reaches the default steps": {
			map[string]string{annotations.Hold: "0s"},
			func(p *rollout.Plan) {
				p.Hold = 0
				for i := range p.Steps {
					p.Steps[i].Hold = 0
				}
			},
		},
		"spaces around a value do not matter": {map[string]string{annotations.Deadline: " 90s "}, func(p *rollout.Plan) { p.Deadline = 90 * time.Second }},
		"settling may be waived":              {map[string]string{annotations.Settle: "0s"}, func(p *rollout.Plan) { p.Settle = 0 }},
		"traffic by Istio":                    {map[string]string{annotations.Traffic: "istio"}, func(p *rollout.Plan) { p.Traffic = rollout.Istio }},
		"traffic by the ratio of pods":        {map[string]string{annotations.Traffic: "replicas"}, func(p *rollout.Plan) { p.Traffic = rollout.Replicas }},
		"a Service by name":                   {map[string]string{annotations.Service: "shop"}, func(p *rollout.Plan) { p.Service = "shop" }},
		"a number of canary pods":             {map[string]string{annotations.CanaryReplicas: "3"}, func(p *rollout.Plan) { p.CanaryReplicas.Number = 3 }},
		"a part of the size":                  {map[string]string{annotations.CanaryReplicas: "50%"}, func(p *rollout.Plan) { p.CanaryReplicas.Percent = 50 }},
		"restarts tolerated":                  {map[string]string{annotations.MaxRestarts: "2"}, func(p *rollout.Plan) { p.MaxRestarts = 2 }},
		"pod health alone":                    {map[string]string{annotations.Analysis: "off"}, func(p *rollout.Plan) { p.ChecksOff = true }},
		"the built-in checks":                 {map[string]string{annotations.Analysis: "built-in"}, func(*rollout.Plan) {}},
		"checks from a ConfigMap":             {map[string]string{annotations.Analysis: "shop-checks"}, func(p *rollout.Plan) { p.Checks = "shop-checks" }},
		"a success rate":                      {map[string]string{annotations.MinSuccessRate: "99.5"}, func(p *rollout.Plan) { p.MinSuccessRate = 99.5 }},
		"a success rate with its sign":        {map[string]string{annotations.MinSuccessRate: "99 %"}, func(p *rollout.Plan) { p.MinSuccessRate = 99 }},
		"a latency":                           {map[string]string{annotations.MaxLatency: "p99 < 300ms"}, func(p *rollout.Plan) { p.MaxLatency = rollout.Latency{Quantile: 0.99, Below: 300 * time.Millisecond} }},
		"a latency without spaces":            {map[string]string{annotations.MaxLatency: "p99.9<1s"}, func(p *rollout.Plan) { p.MaxLatency = rollout.Latency{Quantile: 0.999, Below: time.Second} }},
		"missing data rolls back":             {map[string]string{annotations.OnNoData: "rollback"}, func(p *rollout.Plan) { p.OnNoData = analysis.NoDataRollback }},
		"a longer warm-up":                    {map[string]string{annotations.WarmUp: "2m"}, func(p *rollout.Plan) { p.WarmUp = 2 * time.Minute }},
		"a failure pauses":                    {map[string]string{annotations.OnFailure: "pause"}, func(p *rollout.Plan) { p.PauseOnFailure = true }},
		"another version label":               {map[string]string{annotations.VersionLabel: "app.kubernetes.io/version"}, func(p *rollout.Plan) { p.VersionLabel = "app.kubernetes.io/version" }},
		"a pause":                             {map[string]string{annotations.Pause: "true"}, func(p *rollout.Plan) { p.Paused = true }},
		"no pause, in so many words":          {map[string]string{annotations.Pause: "false"}, func(*rollout.Plan) {}},
		"one step passed":                     {map[string]string{annotations.Promote: "step"}, func(p *rollout.Plan) { p.Promote = rollout.PromoteStep }},
		"all steps passed":                    {map[string]string{annotations.Promote: "full"}, func(p *rollout.Plan) { p.Promote = rollout.PromoteFull }},
		"an abort and a retry":                {map[string]string{annotations.Abort: "true", annotations.Retry: "true"}, func(p *rollout.Plan) { p.Abort, p.Retry = true, true }},
	} {
		t.Run(name, func(t *testing.T) {
			want := byDefault()
			test.change(&want)
			plan, problems := annotations.Read(test.annotations)
			if len(problems) > 0 {
				t.Errorf("problems: %v", problems)
			}
			if !reflect.DeepEqual(plan, want) {
				t.Errorf("plan:\n got %+v\nwant %+v", plan, want)
			}
		})
	}
}

func TestReadSaysWhatToTypeInstead(t *testing.T) {
	for name, test := range map[string]struct{ key, value, want string }{
		"a word is no duration":          {annotations.Hold, "soon", `serin.dev/hold: "soon" is not a duration; write for example 5m or 1h30m`},
		"a number lacks its unit":        {annotations.Hold, "30", `serin.dev/hold: "30" is not a duration; write for example 30s or 30m`},
		"there is no unit for days":      {annotations.Deadline, "2d", `serin.dev/deadline: "2d" is not a duration; write for example 48h`},
		"a bake is no word":              {annotations.Bake, "long", `serin.dev/bake: "long" is not a duration; write for example 5m or 1h30m`},
		"a bake of a month is a slip":    {annotations.Bake, "720h", `serin.dev/bake: "720h" is outside of the range from 0s to 168h; write for example 5m or 1h30m`},
		"a hold cannot be negative":      {annotations.Hold, "-1m", `serin.dev/hold: "-1m" is outside of the range from 0s to 168h; write for example 5m or 1h30m`},
		"a hold of a month is a slip":    {annotations.Hold, "720h", `serin.dev/hold: "720h" is outside of the range from 0s to 168h; write for example 5m or 1h30m`},
		"a deadline of nothing is none":  {annotations.Deadline, "0s", `serin.dev/deadline: "0s" is outside of the range from 1s to 168h; write for example 5m or 1h30m`},
		"a settle time of a day":         {annotations.Settle, "24h", `serin.dev/settle: "24h" is outside of the range from 0s to 1h; write for example 5m or 1h30m`},
		"an unknown key with a likeness": {"serin.dev/pasued", "true", `serin.dev/pasued: unknown annotation; did you mean serin.dev/pause?`},
		"a key in the wrong case":        {"serin.dev/maxRestarts", "1", `serin.dev/maxRestarts: unknown annotation; did you mean serin.dev/max-restarts?`},
		"an unknown key like no other":   {"serin.dev/colour", "red", `serin.dev/colour: unknown annotation; remove it, or choose one of those listed in docs/annotations.md`},
		"a label is no annotation":       {annotations.Track, "canary", `serin.dev/track: unknown annotation; remove it, or choose one of those listed in docs/annotations.md`},
		"opting in by another word":      {annotations.Canary, "yes", `serin.dev/canary: "yes" is neither "true" nor "false"; write "true" to opt in`},
		"traffic by a gateway":           {annotations.Traffic, "gateway", `serin.dev/traffic: "gateway" is not available yet; write auto, istio or replicas`},
		"traffic by what we call surge":  {annotations.Traffic, "surge", `serin.dev/traffic: "surge" is no way to move traffic; write auto, istio or replicas`},
		"a host for a Service":           {annotations.Service, "shop.prod.svc", `serin.dev/service: "shop.prod.svc" is a host name; write the bare name of a Service in the Deployment's own namespace, for example shop`},
		"no name for a Service":          {annotations.Service, "My Shop", `serin.dev/service: "My Shop" cannot be the name of a Service; write at most 63 small letters, digits and hyphens, for example shop`},
		"words for pods":                 {annotations.CanaryReplicas, "some", `serin.dev/canary-replicas: "some" is no number of pods; write auto, a number such as 3, or a part of the Deployment's size such as 50%`},
		"no pods":                        {annotations.CanaryReplicas, "0", `serin.dev/canary-replicas: "0" is outside of the range from 1 to 10000; write for example 3, or auto`},
		"no part":                        {annotations.CanaryReplicas, "0%", `serin.dev/canary-replicas: "0%" is outside of the range from 1% to 100%; write for example 50%`},
		"more than the whole":            {annotations.CanaryReplicas, "150%", `serin.dev/canary-replicas: "150%" is outside of the range from 1% to 100%; write for example 50%`},
		"fewer restarts than none":       {annotations.MaxRestarts, "-1", `serin.dev/max-restarts: "-1" is not a whole number from 0 to 10000; write for example 0 or 2`},
		"no name of a ConfigMap":         {annotations.Analysis, "Shop", `serin.dev/analysis: "Shop" cannot be the name of a ConfigMap; write built-in, off, or the name of one in the Deployment's own namespace, for example shop-checks`},
		"a rate that is a word":          {annotations.MinSuccessRate, "high", `serin.dev/min-success-rate: "high" is no percentage; write for example 99.5`},
		"a rate that is a part of one":   {annotations.MinSuccessRate, "0.995", `serin.dev/min-success-rate: "0.995" is less than one percent; did you mean 99.5?`},
		"a rate above all":               {annotations.MinSuccessRate, "101", `serin.dev/min-success-rate: "101" is outside of the range from 1 to 100 percent; write for example 99.5`},
		"a latency without a quantile":   {annotations.MaxLatency, "300ms", `serin.dev/max-latency: "300ms" names no quantile and its bound; write for example p99 < 300ms`},
		"a latency without a unit":       {annotations.MaxLatency, "p99 < 300", `serin.dev/max-latency: "300" is not a duration; write for example p99 < 300ms`},
		"a latency of nothing":           {annotations.MaxLatency, "p99 < 0s", `serin.dev/max-latency: "0s" is outside of the range above 0 and up to 1h; write for example p99 < 300ms`},
		"no quantile":                    {annotations.MaxLatency, "p0 < 1s", `serin.dev/max-latency: p0 is outside of the range from p1 to p99.9; write for example p99 < 300ms`},
		"another answer to missing data": {annotations.OnNoData, "fail", `serin.dev/on-no-data: "fail" is no answer to missing data; write hold, rollback or proceed`},
		"another answer to a failure":    {annotations.OnFailure, "explode", `serin.dev/on-failure: "explode" is no answer to a failure; write rollback or pause`},
		"no key of a label":              {annotations.VersionLabel, "the version", `serin.dev/version-label: "the version" cannot be the key of a label; write for example version or app.kubernetes.io/version`},
		"an empty prefix of a label":     {annotations.VersionLabel, "/version", `serin.dev/version-label: "/version" cannot be the key of a label; write for example version or app.kubernetes.io/version`},
		"a pause by another word":        {annotations.Pause, "yes", `serin.dev/pause: "yes" is neither "true" nor "false"; write "true" to hold the rollout where it is`},
		"a promotion that says no more":  {annotations.Promote, "true", `serin.dev/promote: "true" does not say how far; write step to pass the step under way, or full to pass all that are left`},
		"an abort by another word":       {annotations.Abort, "now", `serin.dev/abort: "now" is neither "true" nor "false"; write "true" to roll back`},
		"a retry by another word":        {annotations.Retry, "1", `serin.dev/retry: "1" is neither "true" nor "false"; write "true" to try the rolled-back template again`},
		"a value of unreadable length":   {annotations.OnFailure, strings.Repeat("ü", 70), `serin.dev/on-failure: "` + strings.Repeat("ü", 60) + `…" is no answer to a failure; write rollback or pause`},
	} {
		t.Run(name, func(t *testing.T) {
			plan, problems := annotations.Read(map[string]string{test.key: test.value})
			want := []rollout.Problem{{Reason: rollout.InvalidAnnotations, Message: test.want}}
			if !slices.Equal(problems, want) {
				t.Errorf("problems:\n got %v\nwant %v", problems, want)
			}
			if !reflect.DeepEqual(plan, byDefault()) {
				t.Errorf("a key that is wrong keeps its default, got %+v", plan)
			}
		})
	}
}

func TestReadReportsEveryMistakeAtOnceAndSorted(t *testing.T) {
	_, problems := annotations.Read(map[string]string{
		"serin.dev/steps":  "5, x, 3, 50:soon,",
		"serin.dev/pasued": "true",
		"serin.dev/hold":   "soon",
	})
	want := []string{
		`serin.dev/hold: "soon" is not a duration; write for example 5m or 1h30m`,
		`serin.dev/pasued: unknown annotation; did you mean serin.dev/pause?`,
		`serin.dev/steps: "x" is not a weight; write percent with at most one decimal, for example 5 or 0.5`,
		`serin.dev/steps: weight 3 comes after 5; weights must rise`,
		`serin.dev/steps: the hold of step 50: "soon" is not a duration; write for example 5m or 1h30m, or pause to wait for a person`,
		`serin.dev/steps: a step is empty; remove the comma that has no weight, as in 5,25,50,100`,
	}
	var got []string
	for _, problem := range problems {
		got = append(got, problem.Message)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestReadKeepsTheGoodKeysBesideABadOne(t *testing.T) {
	plan, problems := annotations.Read(map[string]string{annotations.Hold: "3m", annotations.Steps: "nonsense", annotations.MaxRestarts: "4"})
	if len(problems) != 1 || plan.MaxRestarts != 4 || plan.Steps[0] != (rollout.Step{Weight: 50, Hold: 3 * time.Minute}) {
		t.Errorf("got %+v with %v", plan, problems)
	}
}

func TestReadGivesEachCallerItsOwnSteps(t *testing.T) {
	first, _ := annotations.Read(nil)
	first.Steps[0].Weight = 999
	if second, _ := annotations.Read(nil); second.Steps[0].Weight != 50 {
		t.Error("a caller changed another caller's plan")
	}
}

func TestOptedInTakesTheExactWordOnly(t *testing.T) {
	if !annotations.OptedIn(map[string]string{annotations.Canary: "true"}) {
		t.Error("the word does not opt in")
	}
	for _, value := range []string{"false", "", "True", " true", "yes"} {
		if annotations.OptedIn(map[string]string{annotations.Canary: value}) {
			t.Errorf("%q opts in", value)
		}
	}
	if annotations.OptedIn(nil) {
		t.Error("nothing opts in")
	}
}

func TestCommandsAreKeys(t *testing.T) {
	for _, command := range annotations.Commands {
		if !slices.ContainsFunc(annotations.Keys, func(k annotations.Key) bool { return k.Name == command }) {
			t.Errorf("%s is a command and no key", command)
		}
	}
}
