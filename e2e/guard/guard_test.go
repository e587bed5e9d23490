// SPDX-License-Identifier: Apache-2.0

package guard_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

const (
	v2      = `{"spec":{"template":{"spec":{"containers":[{"name":"shop","image":"shop:v2"}]}}}}`
	restart = `{"spec":{"template":{"metadata":{"annotations":{"kubectl.kubernetes.io/restartedAt":"2026-01-01T00:00:00Z"}}}}}`

	isHeld  = "is held, and Serin takes it out as a canary; follow it with: kubectl serin status "
	isStill = `stays paused, because Serin takes its template out as a canary; to skip the steps that are left: kubectl annotate deployment `
)

func TestGuard(t *testing.T) {
	p := newPerson(t, newNamespace(t))
	p.install("policy.yaml")
	p.install("notice.yaml")
	p.create("probe", map[string]string{"serin.dev/canary": "true"})
	p.eventually("the policies to be in force", func(ctx context.Context) (bool, error) {
		p.warnings()
		probe, err := p.AppsV1().Deployments(p.namespace).Patch(ctx, "probe", types.StrategicMergePatchType,
			[]byte(strings.ReplaceAll(v2, `"name":"shop"`, `"name":"probe"`)), metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}})
		return err == nil && probe.Spec.Paused && p.warnings() != "", err
	})
	number := 0
	for sentence, test := range updates {
		number++
		name := fmt.Sprintf("shop-%d", number)
		t.Run(sentence, func(t *testing.T) { t.Parallel(); test.run(t, p.namespace, name) })
	}
}

// update is something that is sent to a Deployment, and what is to come of it.
type update struct {
	annotations map[string]string // before
	held        bool              // before: paused, with a changed template
	kind        types.PatchType   // empty: a strategic merge patch, as most of kubectl sends
	patch       string

	wantHeld    bool   // spec.paused
	wantRolls   bool   // the Deployment controller makes a ReplicaSet of the changed template
	wantWarning string // part of it; empty: none
}

var (
	in   = map[string]string{"serin.dev/canary": "true"}
	memo = map[string]string{"serin.dev/canary": "true", "serin.dev/rollout": `{"stable":"a"}`}
)

var updates = map[string]update{
	"set image is held": {
		annotations: in, patch: v2, wantHeld: true, wantWarning: isHeld,
	},
	"rollout restart is held": {
		annotations: in, patch: restart, wantHeld: true, wantWarning: isHeld,
	},
	"server-side apply is held": {
		annotations: in, kind: types.ApplyPatchType, wantHeld: true, wantWarning: isHeld,
		patch: manifest(`"serin.dev/canary":"true"`, `"replicas":1`, "shop:v2"),
	},
	"apply that says paused: false is held": {
		annotations: in, kind: types.ApplyPatchType, wantHeld: true, wantWarning: isHeld,
		patch: manifest(`"serin.dev/canary":"true"`, `"paused":false`, "shop:v2"),
	},
	"a memo does not let a new template go": {
		annotations: memo, wantHeld: true, wantWarning: isHeld,
		patch: `{"metadata":{"annotations":{"serin.dev/rollout":"{}"}},"spec":{"paused":false,"template":{"spec":{"containers":[{"name":"shop","image":"shop:v2"}]}}}}`,
	},
	"opt-in together with a new template is held": {
		wantHeld: true, wantWarning: isHeld,
		patch: `{"metadata":{"annotations":{"serin.dev/canary":"true"}},"spec":{"template":{"spec":{"containers":[{"name":"shop","image":"shop:v2"}]}}}}`,
	},
	"rollout resume is held": {
		annotations: memo, held: true, patch: `{"spec":{"paused":null}}`, wantHeld: true, wantWarning: isStill,
	},
	"rollout resume is held before the controller has ever looked": {
		annotations: in, held: true, patch: `{"spec":{"paused":null}}`, wantHeld: true, wantWarning: isStill,
	},
	"paused: false applied again and again is held": {
		annotations: memo, held: true, kind: types.MergePatchType, patch: `{"spec":{"paused":false}}`,
		wantHeld: true, wantWarning: `serin.dev/promote="full"`,
	},
	"a manifest without the memo does not let go": {
		annotations: memo, held: true, wantHeld: true,
		patch: `{"metadata":{"annotations":{"serin.dev/rollout":null}},"spec":{"paused":null}}`,
	},
	"the controller's joint write lets go": {
		annotations: memo, held: true, wantRolls: true,
		patch: `{"metadata":{"annotations":{"serin.dev/rollout":"{\"stable\":\"a\",\"promoting\":true}"}},"spec":{"paused":null}}`,
	},
	"opting out together with a new template lets go": {
		annotations: memo, wantRolls: true,
		patch: `{"metadata":{"annotations":{"serin.dev/canary":null}},"spec":{"template":{"spec":{"containers":[{"name":"shop","image":"shop:v2"}]}}}}`,
	},
	"opting out together with a resume lets go": {
		annotations: memo, held: true, wantRolls: true,
		patch: `{"metadata":{"annotations":{"serin.dev/canary":"false"}},"spec":{"paused":null}}`,
	},
	"scaling is nobody's business": {
		annotations: in, patch: `{"spec":{"replicas":3}}`,
	},
	"scaling what is held warns of nothing": {
		annotations: memo, held: true, patch: `{"spec":{"replicas":3}}`, wantHeld: true,
	},
	"a command warns of nothing": {
		annotations: memo, held: true, patch: `{"metadata":{"annotations":{"serin.dev/promote":"full"}}}`, wantHeld: true,
	},
	"what has not opted in rolls": {
		patch: v2, wantRolls: true,
	},
	"what says canary: false rolls": {
		annotations: map[string]string{"serin.dev/canary": "false"}, patch: v2, wantRolls: true,
	},
	"what has not opted in is resumed": {
		annotations: map[string]string{"other": "annotation"}, held: true, patch: `{"spec":{"paused":null}}`, wantRolls: true,
	},
}

func (u update) run(t *testing.T, namespace, name string) {
	p := newPerson(t, namespace)
	p.create(name, u.annotations)
	about := strings.NewReplacer(`"name":"shop"`, `"name":"`+name+`"`, `"app":"shop"`, `"app":"`+name+`"`)
	if u.held {
		p.patch(name, types.StrategicMergePatchType, about.Replace(`{"spec":{"paused":true,"template":{"spec":{"containers":[{"name":"shop","image":"shop:v2"}]}}}}`))
	}
	p.warnings()
	if u.kind == "" {
		u.kind = types.StrategicMergePatchType
	}
	stored := p.patch(name, u.kind, about.Replace(u.patch))
	warnings := p.warnings()
	if stored.Spec.Paused != u.wantHeld {
		t.Errorf("spec.paused is %t, want %t", stored.Spec.Paused, u.wantHeld)
	}
	if sets := p.revisions(name); (sets > 1) != u.wantRolls {
		t.Errorf("there are ReplicaSets of %d templates; rolls: want %t", sets, u.wantRolls)
	}
	switch {
	case u.wantWarning == "" && warnings != "":
		t.Errorf("warned: %s", warnings)
	case u.wantWarning != "" && (!strings.Contains(warnings, u.wantWarning) || !strings.Contains(warnings, name+" -n "+namespace)):
		t.Errorf("warned %q, want %q about %s", warnings, u.wantWarning, name)
	}
}

// manifest is a whole Deployment, as a GitOps tool sends it.
func manifest(annotation, spec, image string) string {
	return `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"shop","annotations":{` + annotation + `}},"spec":{` + spec + `,` +
		`"selector":{"matchLabels":{"app":"shop"}},"template":{"metadata":{"labels":{"app":"shop"}},"spec":{"containers":[{"name":"shop","image":"` + image + `"}]}}}}`
}

// create makes a Deployment and waits until its first template has its ReplicaSet.
func (p *person) create(name string, annotations map[string]string) {
	p.Helper()
	labels := map[string]string{"app": name}
	target := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: annotations},
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: name, Image: "shop:v1"}}},
			},
		},
	}
	if _, err := p.AppsV1().Deployments(p.namespace).Create(p.Context(), target, metav1.CreateOptions{}); err != nil {
		p.Fatal(err)
	}
	if p.revisions(name) != 1 {
		p.Fatal("the first template is held, too")
	}
}

// TestStatusKeepsAnnotations asserts what the memo rests on: an annotation in
// a write to the status subresource is stored, without a new generation.
func TestStatusKeepsAnnotations(t *testing.T) {
	p := newPerson(t, newNamespace(t))
	p.create("memo", in)
	before, err := p.AppsV1().Deployments(p.namespace).Get(t.Context(), "memo", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	after := p.patch("memo", types.MergePatchType, `{"metadata":{"annotations":{"serin.dev/rollout":"{}"}}}`, "status")
	if after.Annotations["serin.dev/rollout"] != "{}" {
		t.Error("the annotation is lost")
	}
	if after.Generation != before.Generation {
		t.Errorf("the generation went from %d to %d", before.Generation, after.Generation)
	}
	if after = p.patch("memo", types.MergePatchType, `{"metadata":{"annotations":{"other":"annotation"}}}`); after.Generation == before.Generation {
		t.Error("an annotation through the main resource no longer makes a generation: the memo could go there")
	}
}
