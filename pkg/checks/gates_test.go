// SPDX-License-Identifier: Apache-2.0

package checks_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/serin-dev/serin/pkg/checks"
	"github.com/serin-dev/serin/pkg/rollout"
)

func TestReadGates(t *testing.T) {
	t.Parallel()
	policy, problems := checks.Read(`
gates:
- {name: report, when: after, http: {url: "http://tests.web.svc:8080/x?y=z"}}
- name: board
  when: before-promotion
  on-failure: hold
  http: {url: https://board.example, secret: board, timeout: 30s, retries: 0}
- name: smoke
  when: before-traffic
  job: {backoffLimit: 2, template: {spec: {containers: [{name: smoke, image: smoke}]}}}
`, checks.Default())
	want := []checks.Gate{
		{Name: "report", When: rollout.AfterPromotion, HTTP: &checks.HTTP{URL: "http://tests.web.svc:8080/x?y=z", Timeout: 10 * time.Second, Retries: 3}},
		{Name: "board", When: rollout.BeforePromotion, Holds: true, HTTP: &checks.HTTP{URL: "https://board.example", Secret: "board", Timeout: 30 * time.Second}},
		{Name: "smoke", When: rollout.BeforeTraffic, Job: &batchv1.JobSpec{
			BackoffLimit: new(int32(2)), ActiveDeadlineSeconds: new(int64(600)), TTLSecondsAfterFinished: new(int32(3600)),
			Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{RestartPolicy: corev1.RestartPolicyNever, Containers: []corev1.Container{{Name: "smoke", Image: "smoke"}}}},
		}},
	}
	if diff := cmp.Diff(want, policy.Gates); diff != "" || len(problems) > 0 {
		t.Errorf("%v\n%s", problems, diff)
	}
	if len(policy.Checks) != 3 || policy.Written {
		t.Errorf("beside gates %d checks are built in (written: %t)", len(policy.Checks), policy.Written)
	}
}

func TestGatesAlone(t *testing.T) {
	t.Parallel()
	policy, problems := checks.Read(checks.GateExample, checks.Default())
	if len(policy.Gates) != 2 || len(policy.Checks) != 0 || policy.Written || len(problems) > 0 {
		t.Errorf("%+v, %v", policy, problems)
	}
}

func TestGateProblems(t *testing.T) {
	t.Parallel()
	const job = "gates: [{name: a, when: after, job: {template: {spec: {containers: [{name: a, image: a}]}}"
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"no list":  {"gates: {}", []string{"line 1: gates: is not a list; write each gate after a hyphen"}},
		"too many": {"gates: [" + strings.Repeat("{},", 17) + "]", []string{"line 1: gates: has 17 gates, and may have 16"}},
		"everything at once": {"gates:\n- {name: A, when: before-traffik, on-failur: hold}\n- {name: b, when: after, on-failure: hold, http: {}, job: {}}\n- {name: b, when: after, http: {url: 'http://a'}}\n", []string{
			`line 2: gates[0].name: "A" cannot be the name of a check; write at most 63 small letters, digits and hyphens`,
			`line 2: gates[0].when: "before-traffik" cannot be; write after, before-promotion, before-step or before-traffic`,
			"line 2: gates[0].on-failur: unknown field; did you mean on-failure?",
			"line 2: gates[0]: http or job is missing",
			"line 3: gates[1].http: url is missing",
			"line 3: gates[1].job.template.spec.containers: there are none; write at least one with name and image",
			"line 3: gates[1]: has http and job; choose one",
			"line 3: gates[1].on-failure: after the promotion nothing is rolled back or held; remove it",
			`line 4: gates[2].name: "b" is another gate's name; give each its own`,
		}},
		"http": {"gates:\n- name: a\n  when: after\n  http:\n    url: ftp://a\n    secret: A/b\n    timeout: 10m\n    retries: 1.5\n    proxy: a\n", []string{
			`line 5: gates[0].http.url: "ftp" is neither http nor https`,
			`line 6: gates[0].http.secret: "A/b" cannot be the name of a Secret`,
			"line 7: gates[0].http.timeout: 10m is outside of the range from 1s to 5m",
			"line 8: gates[0].http.retries: 1.5 is not a whole number",
			"line 9: gates[0].http.proxy: unknown field; there are url, secret, timeout, retries",
		}},
		"URLs": {"gates:\n- {name: a, when: after, http: {url: 'http://u:p@a'}}\n- {name: b, when: after, http: {url: '/a'}}\n- {name: c, when: after, http: {url: 'http://a#b', retries: 11}}\n", []string{
			"line 2: gates[0].http.url: has credentials in it; sign the request with a secret",
			`line 3: gates[1].http.url: "/a" is not a URL; write for example http://tests.web.svc/smoke`,
			"line 4: gates[2].http.url: has a fragment (#), which is never sent; remove it",
			"line 4: gates[2].http.retries: 11 is outside of the range from 0 to 10",
		}},
		"a Job's bounds": {job + ", backoffLimit: 11, activeDeadlineSeconds: 0, ttlSecondsAfterFinished: 1, suspend: true, manualSelector: true, selector: {}}}]", []string{
			"line 1: gates[0].job.selector: is Serin's to decide; remove it",
			"line 1: gates[0].job.manualSelector: is Serin's to decide; remove it",
			"line 1: gates[0].job.suspend: is Serin's to decide; remove it",
			"line 1: gates[0].job.backoffLimit: is outside of the range from 0 to 10",
			"line 1: gates[0].job.activeDeadlineSeconds: is outside of the range from 1 to 86400",
			"line 1: gates[0].job.ttlSecondsAfterFinished: is outside of the range from 60 to 604800: it is by the Job that its success is known",
		}},
		"fields that a Job does not have": {job + ", backoffLimits: 1, template2: {}}}]", []string{
			`line 1: gates[0].job: unknown field "backoffLimits"`, `line 1: gates[0].job: unknown field "template2"`,
		}},
		"what reaches into the node": {"gates: [{name: a, when: after, job: {template: {metadata: {labels: {serin.dev/canary-of: shop}}, spec: {hostNetwork: true, hostPID: true, hostIPC: true, nodeName: a, restartPolicy: Always, " +
			"volumes: [{name: a, hostPath: {path: /}}], initContainers: [{name: a, image: a, env: [{name: SERIN_GATE}]}], containers: [{name: a, securityContext: {privileged: true}}]}}}}]", []string{
			"line 1: gates[0].job.template.metadata: serin.dev/canary-of is under serin.dev/, which is Serin's; remove it",
			"line 1: gates[0].job.template.spec.restartPolicy: a Job has Never (the default) or OnFailure",
			"line 1: gates[0].job.template.spec.hostNetwork: reaches into the node, and a gate has no use for that; remove it",
			"line 1: gates[0].job.template.spec.hostPID: reaches into the node, and a gate has no use for that; remove it",
			"line 1: gates[0].job.template.spec.hostIPC: reaches into the node, and a gate has no use for that; remove it",
			"line 1: gates[0].job.template.spec.nodeName: passes the scheduler by; write a nodeSelector",
			"line 1: gates[0].job.template.spec.volumes[0].hostPath: reaches into the node, and a gate has no use for that; remove it",
			"line 1: gates[0].job.template.spec.initContainers[0].env: has a variable whose name begins with SERIN_, which are Serin's; call it otherwise",
			"line 1: gates[0].job.template.spec.containers[0].image: is missing",
			"line 1: gates[0].job.template.spec.containers[0].securityContext.privileged: reaches into the node, and a gate has no use for that; remove it",
		}},
		"a Job of another shape": {"gates: [{name: a, when: after, job: [1]}]", []string{
			"line 1: gates[0].job: is not the spec of a Job: json: cannot unmarshal array into Go value of type v1.JobSpec",
		}},
		"an alias": {"gates: [{name: a, when: after, job: &x {template: *x}}]", []string{"line 1: gates[0].job: has an alias in it; write the value itself"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, problems := checks.Read(test.text, checks.Default())
			var got []string
			for _, p := range problems {
				got = append(got, p.String())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
