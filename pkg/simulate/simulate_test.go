// SPDX-License-Identifier: Apache-2.0

package simulate_test

import (
	"math"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/analysis"
	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/rollout"
	"github.com/serin-dev/serin/pkg/simulate"
)

// shop is a rollout by the ratio of ten pods, half of the requests in its only
// long step, of ten minutes.
func shop() simulate.Scenario {
	labels := map[string]string{"app": "shop"}
	template := corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "shop:v1"}}}}
	target := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "web", Name: "shop",
		Annotations: map[string]string{annotations.Canary: "true", annotations.Steps: "50:10m"}}}
	target.Spec = appsv1.DeploymentSpec{Replicas: new(int32(10)), Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: template}
	service := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "web", Name: "shop"}, Spec: corev1.ServiceSpec{Selector: labels}}
	wanted := *template.DeepCopy()
	wanted.Spec.Containers[0].Image = "shop:v2"
	return simulate.Scenario{Target: target, Others: []client.Object{service}, Wanted: wanted, Seed: 1,
		Traffic: simulate.Traffic{RPS: 100, Interval: 10 * time.Second, StableErrors: 0.01, CanaryErrors: 0.01}}
}

// bound is a judge that fails a canary beyond a number of failed requests.
type bound float64

func (b bound) Verdict(samples analysis.Samples, _ time.Time) analysis.Verdict {
	bad := 0.0
	for _, i := range samples.Intervals {
		if i.State == analysis.Usable {
			bad += i.Canary.Bad
		}
	}
	if bad > float64(b) {
		return analysis.Verdict{Outcome: analysis.Failed, Evidence: "too many failed requests"}
	}
	return analysis.Verdict{Outcome: analysis.Passed}
}

func play(t *testing.T, scenario simulate.Scenario) simulate.Result {
	t.Helper()
	result, err := simulate.Play(t.Context(), scenario)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestJudge(t *testing.T) {
	scenario := shop()
	scenario.Judge = bound(500)
	if got := play(t, scenario); got.Outcome != simulate.Promoted {
		t.Errorf("a canary with 1 %% errors is %s: %s", got.Outcome, got.Message)
	}
	scenario.Traffic.CanaryErrors = 0.1
	got := play(t, scenario)
	if got.Outcome != simulate.RolledBack || got.Reason != "AnalysisFailed" || got.Message != "too many failed requests" {
		t.Errorf("a canary with 10 %% errors is %s: %s: %s", got.Outcome, got.Reason, got.Message)
	}
	// Five failed requests a second: the bound is passed after a hundred seconds, and seen with the next sample.
	if took := time.Duration(got.Took); took < 80*time.Second || took > 2*time.Minute+10*time.Second {
		t.Errorf("it was found after %s", took)
	}
}

// TestTraffic: counts lie within five standard deviations of what was asked for.
func TestTraffic(t *testing.T) {
	scenario := shop()
	scenario.Traffic.CanaryErrors = 0.02
	got := play(t, scenario)
	seconds := time.Duration(got.Took).Seconds()
	for _, c := range []struct {
		what      string
		got, want float64
	}{
		{"requests", got.Stable.Total + got.Canary.Total, 100 * seconds},
		{"failed requests of stable", got.Stable.Bad, 0.01 * got.Stable.Total},
		{"failed requests of the canary", got.Canary.Bad, 0.02 * got.Canary.Total},
	} {
		if math.Abs(c.got-c.want) > 5*math.Sqrt(c.want)+1 {
			t.Errorf("%s: %.0f, want about %.0f", c.what, c.got, c.want)
		}
	}
	if part := got.Canary.Total / (got.Canary.Total + got.Stable.Total); part < 0.45 || part > 0.55 {
		t.Errorf("the canary got %.3f of the requests, want about a half", part)
	}
}

func TestRepeat(t *testing.T) {
	scenario := shop()
	scenario.Startup = simulate.Range{Least: time.Minute, Most: 11 * time.Minute}
	scenario.Traffic = simulate.Traffic{}
	odds, err := simulate.Repeat(t.Context(), scenario, 30)
	if err != nil {
		t.Fatal(err)
	}
	runs := 0
	for _, o := range odds {
		runs += o.Runs
		if o.Low > o.Percent || o.High < o.Percent || o.Fastest > o.Median || o.Median > o.Slowest {
			t.Errorf("odds %+v", o)
		}
	}
	if runs != 30 || len(odds) != 2 {
		t.Errorf("of 30 runs: %+v", odds)
	}
}

func TestFaultsHappenOnce(t *testing.T) {
	scenario := shop()
	scenario.Faults = []simulate.Fault{{At: 500, What: simulate.Rescaled, Size: 20}, {At: rollout.Full, What: simulate.Abort}}
	got := play(t, scenario)
	scaled := 0
	for _, line := range got.Lines {
		if line.Message == "the Deployment is scaled to 20" {
			scaled++
		}
	}
	if scaled != 1 || got.Outcome != simulate.RolledBack || got.Reason != "AbortRequested" {
		t.Errorf("scaled %d times, then %s: %s", scaled, got.Outcome, got.Reason)
	}
}
