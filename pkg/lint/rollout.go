// SPDX-License-Identifier: Apache-2.0

package lint

import (
	"context"
	"regexp"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/manifest"
	"github.com/serin-dev/serin/pkg/model"
	"github.com/serin-dev/serin/pkg/plan"
	"github.com/serin-dev/serin/pkg/rollout"
	"github.com/serin-dev/serin/pkg/traffic"
)

// This file asks the controller what it would complain of.

// epoch is any time.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// checkRollout pushes a new template in the model and reads what the
// controller sees then.
func checkRollout(ctx context.Context, s subject) ([]Finding, error) {
	if !annotations.OptedIn(s.deployment.Annotations) {
		return nil, nil
	}
	others := s.others()
	claims, notes := model.StandIns(s.deployment, others)
	var found []Finding
	for _, note := range notes {
		found = append(found, s.find("ClaimNotGiven", Warning, s.Place("spec", "template", "spec", "volumes"), "%s", note))
	}
	snapshot, err := look(ctx, s, append(others, claims...))
	if err != nil {
		return nil, err
	}
	for _, note := range rollout.BakeNotes(snapshot.Plan, snapshot.Mode, snapshot.Target.Scaled) {
		found = append(found, s.find("BakeKeepsLess", Warning, s.Place("metadata", "annotations", annotations.Bake), "%s", note))
	}
	for _, p := range snapshot.Problems {
		found = append(found, s.translate(p)...)
	}
	return append(found, s.routes(snapshot.Service)...), nil
}

func look(ctx context.Context, s subject, others []client.Object) (rollout.Snapshot, error) {
	world := model.New(s.deployment, others, epoch)
	ignore := func(model.Pass) error { return nil }
	if err := world.Run(ctx, epoch, ignore); err != nil {
		return rollout.Snapshot{}, err
	}
	world.Push(plan.Wanted(s.deployment.Spec.Template))
	pass, err := world.Pass(ctx)
	return pass.Snapshot, err
}

// fields are where a person puts a problem right.
var fields = map[rollout.Reason][]string{
	rollout.UnsupportedStrategy: {"spec", "strategy"},
	rollout.UnsupportedSelector: {"spec", "selector"},
	rollout.ExclusiveVolume:     {"spec", "template", "spec", "volumes"},
	rollout.ServiceAmbiguous:    {"metadata", "annotations", annotations.Canary},
	rollout.ServiceMissing:      {"metadata", "annotations", annotations.Canary},
	rollout.ServiceUnsupported:  {"metadata", "annotations", annotations.Service},
	rollout.NameTaken:           {"metadata", "name"},
}

// translate makes a finding of a problem, unless another check has it already.
func (s subject) translate(p rollout.Problem) []Finding {
	level, message := Error, p.Message
	switch p.Reason {
	case rollout.InvalidAnnotations, rollout.RoutesUnsupported:
		return nil
	case rollout.ServiceMissing: // the files may not be all there is
		level, message = Warning, message+"; if it is elsewhere, give its file with -f, too"
	default:
	}
	place := s.Place(fields[p.Reason]...)
	if _, named := s.deployment.Annotations[annotations.Service]; named && p.Reason == rollout.ServiceMissing {
		place = s.Place("metadata", "annotations", annotations.Service)
	}
	return []Finding{s.find(string(p.Reason), level, place, "%s", message)}
}

// routes finds what cannot be split.
func (s subject) routes(service string) []Finding {
	svc, vss, drs := s.around(service)
	if svc == nil || len(vss)+len(drs) == 0 {
		return nil
	}
	var found []Finding
	for _, p := range traffic.Problems(svc, vss, drs, traffic.Service{Name: service, Namespace: s.deployment.Namespace}) {
		level := Warning
		if p.Blocking {
			level = Error
		}
		found = append(found, s.find(p.Rule, level, s.placeOf(p), "%s: %s", p.Object, p.Message))
	}
	return found
}

// around are the Service and all of Istio's objects.
func (s subject) around(service string) (svc *corev1.Service, vss, drs []*unstructured.Unstructured) {
	for _, known := range s.all {
		switch value := known.Value.(type) {
		case *corev1.Service:
			if value.Namespace == s.deployment.Namespace && value.Name == service {
				svc = value
			}
		case *unstructured.Unstructured:
			if value.GetKind() == "VirtualService" {
				vss = append(vss, value)
			} else {
				drs = append(drs, value)
			}
		}
	}
	return svc, vss, drs
}

var ruleAt = regexp.MustCompile(`spec\.([A-Za-z0-9]+)\[([0-9]+)\]`)

// placeOf is the rule that the problem names, in the object that it is about.
func (s subject) placeOf(p traffic.Problem) manifest.Place {
	for _, known := range s.all {
		if known.GetKind()+" "+known.Value.GetNamespace()+"/"+known.Value.GetName() != p.Object {
			continue
		}
		if at := ruleAt.FindStringSubmatch(p.Message); at != nil && strings.HasPrefix(p.Object, "VirtualService ") {
			return known.Place("spec", at[1], at[2])
		}
		return known.Place("metadata", "name")
	}
	return s.Place("metadata", "name")
}
