// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// act is one rollout and how it has to end.
type act struct {
	title   string
	image   string
	code    int                        // of kubectl serin status --wait
	ended   func(*story) (bool, error) // whether it is over; an error where it went wrong
	promise func(s *story, serving string) error
}

var (
	byWeights = act{
		title: "1. v1 goes to v2 by Istio weights.",
		image: "registry.test/shop:v2",
		code:  codePromoted,
		ended: isPromoted,
		promise: func(s *story, serving string) error {
			if !passed(s.weights, "0%", "10%", "50%", "100%", "-") {
				return fmt.Errorf("the VirtualService had the weights %v and not 0%%, 10%%, 50%%, 100%% and none again", s.weights)
			}
			return serves(s, serving, "registry.test/shop:v2")
		},
	}
	badVersion = act{
		title: "2. v3 crashes, and is refused.",
		image: "registry.test/shop:v3-crash",
		code:  codeRolledBack,
		ended: isRejected,
		promise: func(s *story, serving string) error {
			words := s.now.promoted.Message
			if !strings.Contains(words, "pod "+canaryName+"-") || !strings.Contains(words, "restarting failed container") {
				return fmt.Errorf("the condition does not give the pod's own message: %s", words)
			}
			return serves(s, serving, "registry.test/shop:v2")
		},
	}
	byPods = act{
		title: "3. The same where there is no mesh: v1 goes to v2 by the ratio of pods.",
		image: "registry.test/shop:v2",
		code:  codePromoted,
		ended: isPromoted,
		promise: func(s *story, serving string) error {
			if s.now.meshed {
				return fmt.Errorf("there is a VirtualService")
			}
			return serves(s, serving, "registry.test/shop:v2")
		},
	}
)

// playActs plays all three, and returns the VirtualService as its user wrote it.
func playActs(ctx context.Context, out *paper, c *cluster, view view) (*unstructured.Unstructured, error) {
	mesh, objects, err := c.deploy(ctx, out, "shop", "shop.yaml")
	if err != nil {
		return nil, err
	}
	for _, act := range []act{byWeights, badVersion} {
		if err := act.play(ctx, mesh, view); err != nil {
			return nil, err
		}
	}
	ratio, _, err := c.deploy(ctx, out, "plain", "plain.yaml")
	if err != nil {
		return nil, err
	}
	if err := byPods.play(ctx, ratio, view); err != nil {
		return nil, err
	}
	for _, object := range objects {
		if object.GetKind() == "VirtualService" {
			return object, nil
		}
	}
	return nil, fmt.Errorf("shop.yaml has no VirtualService")
}

// deploy applies a manifest and waits until its Deployment serves and Serin has taken note of it.
func (c *cluster) deploy(ctx context.Context, out *paper, namespace, file string) (*story, []*unstructured.Unstructured, error) {
	manifest, err := manifests.ReadFile(file)
	if err != nil {
		return nil, nil, err
	}
	objects, err := c.apply(ctx, manifest)
	if err != nil {
		return nil, nil, err
	}
	out.say(plain, "")
	out.say(bold, "$ kubectl apply --server-side -f %s", file)
	for _, object := range objects {
		out.say(plain, "  %s/%s", strings.ToLower(object.GetKind()), object.GetName())
	}
	s, err := c.follow(ctx, out, namespace)
	if err != nil {
		return nil, nil, err
	}
	err = s.until(ctx, func(s *story) (bool, error) {
		return s.told("UpToDate") && s.now.promoted.Status == corev1.ConditionTrue && level(s.now.target), nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("waiting for v1 in namespace %s: %w", namespace, err)
	}
	out.say(plain, "v1 serves. The next template goes out as a canary: serin.dev/steps=%q", s.now.target.Annotations["serin.dev/steps"])
	return s, objects, c.awaitGuard(ctx, namespace)
}

// play changes the image, as a person or a pipeline would, and follows what comes of it.
func (a act) play(ctx context.Context, s *story, view view) error {
	s.out.say(plain, "")
	s.out.say(bold, "%s", a.title)
	s.out.say(bold, "$ kubectl -n %s set image deployment/%s %s=%s", s.namespace, app, app, a.image)
	s.begin()
	if _, err := s.setImage(ctx, s.namespace, a.image, metav1.PatchOptions{FieldManager: "kubectl"}); err != nil {
		return err
	}
	for _, words := range s.notices.taken() {
		s.out.say(yellow, "Warning: %s", words)
	}
	if err := a.follow(ctx, s, view); err != nil {
		return fmt.Errorf("%s %w", a.title, err)
	}
	if err := s.table(ctx); err != nil {
		return err
	}
	serving, _, err := s.serving(ctx, s.namespace)
	if err == nil {
		err = a.promise(s, serving)
	}
	if err != nil {
		return fmt.Errorf("%s It did not end as promised: %w", a.title, err)
	}
	return nil
}

// follow shows what the plugin says, and looks itself, until both say that the act is over.
func (a act) follow(ctx context.Context, s *story, view view) error {
	s.out.say(bold, "$ kubectl serin status %s -n %s -w --wait", app, s.namespace)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return view.show(ctx, s.namespace, a.code) })
	group.Go(func() error { return s.until(ctx, a.ended) })
	return group.Wait()
}

// tidy: nothing of the rollout is left in the mesh.
func tidy(l look) bool { return !l.subsets && l.split.pairs == 0 }

func isPromoted(s *story) (bool, error) {
	if s.now.promoted.Status == corev1.ConditionFalse {
		return false, fmt.Errorf("rejected, and was to be promoted: %s: %s", s.now.promoted.Reason, s.now.promoted.Message)
	}
	return s.told("Promoted") && s.now.promoted.Status == corev1.ConditionTrue && s.now.canary == nil && tidy(s.now) && level(s.now.target), nil
}

func isRejected(s *story) (bool, error) {
	if s.told("Promoted") {
		return false, fmt.Errorf("promoted, and was to be rejected")
	}
	return s.now.promoted.Status == corev1.ConditionFalse && s.last != nil && strings.HasPrefix(s.last.Note, "RolledBack") &&
		tidy(s.now) && level(s.now.target) && level(s.now.canary), nil
}

// serves: the Deployment has the pods that its user asked for, all of this image, and the canary has none.
func serves(s *story, serving, image string) error {
	if pods(s.now.target) != "4/4" || serving != image {
		return fmt.Errorf("%s pods of %s serve and not 4/4 of %s", pods(s.now.target), serving, image)
	}
	if s.now.canary != nil && *s.now.canary.Spec.Replicas != 0 {
		return fmt.Errorf("the canary still has %s pods", pods(s.now.canary))
	}
	return nil
}
