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

func play(t *testing.T, scenario simulate.Scenario) simulate.Result {
	t.Helper()
	result, err := simulate.Play(t.Context(), scenario)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// TestJudge: the controller's own checks judge the modelled requests.
func TestJudge(t *testing.T) {
	scenario := shop()
	if got := play(t, scenario); got.Outcome != simulate.Promoted || got.Detected != nil || len(got.Checks) != 3 || got.Checks[0].Outcome != analysis.Passed {
		t.Errorf("a canary as good as stable is %s: %s: %+v", got.Outcome, got.Message, got.Checks)
	}
	scenario.Traffic.CanaryErrors = 0.1
	got := play(t, scenario)
	if got.Outcome != simulate.RolledBack || got.Reason != "AnalysisFailed" || got.Checks[0].Outcome != analysis.Failed {
		t.Errorf("a canary with ten times the errors is %s: %s: %s", got.Outcome, got.Reason, got.Message)
	}
	// Its pods warm up for 30 s, and three intervals of 10 s have to agree.
	if took := time.Duration(*got.Detected); took < 50*time.Second || took > 90*time.Second {
		t.Errorf("it was found after %s", took)
	}
	scenario = shop()
	scenario.Traffic.StableLatency = simulate.Latency{P50: 50 * time.Millisecond, P99: 500 * time.Millisecond}
	scenario.Traffic.CanaryLatency = simulate.Latency{P50: 150 * time.Millisecond, P99: 1500 * time.Millisecond}
	if got := play(t, scenario); got.Reason != "AnalysisFailed" || got.Checks[0].Outcome == analysis.Failed {
		t.Errorf("a canary three times as slow is %s: %s: %s", got.Outcome, got.Reason, got.Message)
	}
	scenario.Target.Annotations[annotations.Analysis] = "off"
	if got := play(t, scenario); got.Outcome != simulate.Promoted || len(got.Checks) > 0 {
		t.Errorf("one that nobody judges is %s: %s: %s", got.Outcome, got.Reason, got.Message)
	}
}

// TestMissingData: with next to no requests a step waits, and no longer than
// the user wants.
func TestMissingData(t *testing.T) {
	scenario := shop()
	scenario.Traffic.RPS = 0.0001
	scenario.Target.Annotations[annotations.OnNoData] = "rollback"
	if got := play(t, scenario); got.Outcome != simulate.RolledBack || got.Reason != "NoData" {
		t.Errorf("without data it is %s: %s: %s", got.Outcome, got.Reason, got.Message)
	}
}

// TestHealthyCanaries: of those that are as good as stable hardly any is rolled back.
func TestHealthyCanaries(t *testing.T) {
	odds, err := simulate.Repeat(t.Context(), shop(), 40)
	if err != nil {
		t.Fatal(err)
	}
	if odds[0].Outcome != simulate.Promoted || odds[0].Runs < 39 {
		t.Errorf("%+v", odds)
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
