// SPDX-License-Identifier: Apache-2.0

package journeys_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/serin-dev/serin/e2e/internal/journal"
)

// byHand is a rollout whose steps all wait for a person, so that a journey has as long as it likes at each of them.
var byHand = with(brief, "serin.dev/steps", "25:pause,50:pause,100:pause", "serin.dev/hold", "0s")

// climb takes a version up to a weight, in tenths of a percent, by passing the steps before it.
func (p *shop) climb(version string, weight int) {
	p.Helper()
	p.deploy(version)
	for _, step := range p.wants() {
		p.waiting(step)
		if step == weight {
			return
		}
		p.annotate("promote", "step")
	}
	p.Fatalf("the plan %v has no step of %d", p.wants(), weight)
}

// waiting waits until a step waits for a person: its traffic has been there for a while.
func (p *shop) waiting(weight int) {
	p.Helper()
	p.await(fmt.Sprintf("the step of %s to wait for a person", percent(weight)), func(v journal.View) string {
		if memo := v.Memo(app); memo.Weight != weight {
			return fmt.Sprintf("the step is %s: %s", percent(memo.Weight), condition(v, "", "none"))
		}
		return condition(v, "Unknown", "StepPaused")
	})
	p.weighing(weight)
}

// dial makes all ready canary pods misbehave from now on.
func (p *shop) dial(faults string) {
	p.Helper()
	v, _ := p.Now()
	canary := readyCanary(v)
	for _, pod := range canary {
		p.must(post("http://"+net.JoinHostPort(pod.Status.PodIP, "8080")+"/faults", faults))
	}
	if len(canary) == 0 {
		p.Fatal("no canary pod is ready")
	}
}

func readyCanary(v journal.View) []*corev1.Pod {
	return slices.DeleteFunc(pods(v), func(pod *corev1.Pod) bool { return !journal.IsCanary(pod) || !journal.IsReady(pod) })
}

func post(url, text string) error {
	response, err := http.Post(url, "text/plain", strings.NewReader(text))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(response.Body)
		return fmt.Errorf("%s answers %s: %s", url, response.Status, said)
	}
	return nil
}

// obeyed waits until a command is gone, because it was carried out.
func (p *shop) obeyed(command string) {
	p.Helper()
	p.await(command+" to be carried out", func(v journal.View) string {
		if value, found := v.Deployment(app).Annotations["serin.dev/"+command]; found {
			return "the annotation is still " + value
		}
		return ""
	})
}

// warned waits for a Warning Event with one of the reasons, and returns its words.
func (p *shop) warned(reasons ...string) (note string) {
	p.Helper()
	p.await("a Warning Event "+strings.Join(reasons, " or "), func(v journal.View) string {
		for _, e := range v.Story(app) {
			for _, reason := range reasons {
				if e.Type == corev1.EventTypeWarning && e.Reason == reason {
					note = e.Note
					return ""
				}
			}
		}
		return fmt.Sprintf("the Events tell %v", v.Reasons(app))
	})
	return note
}
