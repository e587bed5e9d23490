// SPDX-License-Identifier: Apache-2.0

package lint

import (
	"context"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/serin-dev/serin/pkg/annotations"
)

// This file checks what the manifests say by themselves.

func checkAnnotations(_ context.Context, s subject) ([]Finding, error) {
	_, problems := annotations.Read(s.deployment.Annotations)
	var found []Finding
	for _, p := range problems {
		key, _, _ := strings.Cut(p.Message, ":")
		found = append(found, s.find(string(p.Reason), Error, s.Place("metadata", "annotations", key), "%s", p.Message))
	}
	return found, nil
}

// checkOptIn finds plans of Deployments that have none: of a slip, most likely.
func checkOptIn(_ context.Context, s subject) ([]Finding, error) {
	if _, said := s.deployment.Annotations[annotations.Canary]; said {
		return nil, nil
	}
	return []Finding{s.find("NotOptedIn", Warning, s.Place("metadata", "annotations"),
		`Deployment %s has annotations under %s and has not opted in, so they mean nothing; add %s: "true"`, s.GetName(), annotations.Prefix, annotations.Canary)}, nil
}

// checkGit finds what should not be in files that are applied again and again.
func checkGit(_ context.Context, s subject) ([]Finding, error) {
	var found []Finding
	for _, command := range annotations.Commands {
		if _, given := s.deployment.Annotations[command]; given {
			found = append(found, s.find("CommandInManifest", Warning, s.Place("metadata", "annotations", command),
				"%s is a command and removed when it was carried out, so that each apply gives it again; remove it, and type kubectl serin %s %s",
				command, strings.TrimPrefix(command, annotations.Prefix), s.GetName()))
		}
	}
	if _, kept := s.deployment.Annotations[annotations.Rollout]; kept {
		found = append(found, s.find("MemoInManifest", Warning, s.Place("metadata", "annotations", annotations.Rollout),
			"%s is what the controller remembers of a rollout, and an apply would put an old one back; remove it", annotations.Rollout))
	}
	if _, said, _ := unstructured.NestedFieldNoCopy(s.Object.Object, "spec", "paused"); said && annotations.OptedIn(s.deployment.Annotations) {
		found = append(found, s.find("PausedInManifest", Warning, s.Place("spec", "paused"),
			"spec.paused of a Deployment that has opted in is Serin's; remove it, and hold rollouts with %s", annotations.Pause))
	}
	return found, nil
}

// checkServices finds Services beside the one that carries the traffic: theirs is not divided.
func checkServices(_ context.Context, s subject) ([]Finding, error) {
	carrier := s.deployment.Annotations[annotations.Service]
	if carrier == "" {
		return nil, nil // several without a name are a problem of the rollout
	}
	var found []Finding
	for _, known := range s.all {
		svc, ok := known.Value.(*corev1.Service)
		if !ok || svc.Name == carrier || svc.Namespace != s.deployment.Namespace || len(svc.Spec.Selector) == 0 ||
			!labels.SelectorFromSet(svc.Spec.Selector).Matches(labels.Set(s.deployment.Spec.Template.Labels)) {
			continue
		}
		found = append(found, s.find("ServiceBeside", Warning, known.Place("spec", "selector"),
			"Service %s selects the pods of Deployment %s, too, whose traffic Service %s carries; what comes this way goes to all pods, canary included, whatever the weight",
			svc.Name, s.GetName(), carrier))
	}
	return found, nil
}
