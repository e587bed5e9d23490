// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/cli"
)

// TestOrders gives every order in every situation. The golden file is a table
// of what each prints and of what it leaves on the Deployment.
func TestOrders(t *testing.T) {
	situations := []struct {
		name   string
		target *appsv1.Deployment
	}{
		{"at rest", shop()},
		{"held a moment ago", shop(func(d *appsv1.Deployment) { d.Spec.Paused = true })},
		{"in a step", shop(rolling)},
		{"in a step, paused", shop(rolling, annotate(annotations.Pause, "true"))},
		{"in a step, asked to promote", shop(rolling, annotate(annotations.Promote, "step"))},
		{"in a step, waiting on failure", shop(rolling, annotate(annotations.OnFailure, "pause"))},
		{"rolled back", shop(rolledBack)},
		{"not seen by the controller", shop(unseen)},
		{"not opted in", shop(unseen, without(annotations.Canary))},
	}
	for _, order := range []string{"promote", "promote --full", "abort", "pause", "resume", "retry"} {
		t.Run(order, func(t *testing.T) {
			var story strings.Builder
			for _, situation := range situations {
				client := fake.NewClientset(situation.target.DeepCopy())
				fmt.Fprintf(&story, "# %s\n", situation.name)
				story.WriteString(run(t, client, append(strings.Fields(order), "shop")...))
				story.WriteString(changes(t, client, situation.target) + "\n")
			}
			golden(t, strings.ReplaceAll(order, "--", ""), story.String())
		})
	}
}

// changes tells what an order did to the annotations, and fails if it did more.
func changes(t *testing.T, client *fake.Clientset, before *appsv1.Deployment) string {
	t.Helper()
	after, err := client.AppsV1().Deployments("demo").Get(t.Context(), "shop", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var told strings.Builder
	for _, key := range append([]string{annotations.Pause}, annotations.Commands...) {
		value, set := after.Annotations[key]
		if !set && before.Annotations[key] != "" {
			fmt.Fprintf(&told, "-> %s removed\n", key)
		}
		if set && before.Annotations[key] != value {
			fmt.Fprintf(&told, "-> %s=%s\n", key, value)
		}
		delete(after.Annotations, key)
	}
	for key, value := range after.Annotations {
		if before.Annotations[key] != value {
			t.Errorf("%s became %q", key, value)
		}
	}
	return told.String()
}

func TestOrdersWithoutPermission(t *testing.T) {
	client := world(shop(rolling))
	client.PrependReactor("patch", "deployments", forbid)
	want := "Error: annotating Deployment shop: you lack the permission to patch deployments in namespace demo; to check: kubectl auth can-i patch deployments -n demo\n"
	if got := run(t, client, "abort", "shop"); got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
}

func TestArguments(t *testing.T) {
	client := fake.NewClientset()
	for args, want := range map[string]string{
		"status":           "Error: the name of the Deployment is missing: kubectl serin status NAME\n",
		"abort shop cart":  "Error: one Deployment at a time, got [\"shop\" \"cart\"]\n",
		"abort shop --now": "Error: unknown flag: --now\n",
		"version":          "kubectl-serin v1.2.3 (commit abc)\n",
	} {
		if got := run(t, client, strings.Fields(args)...); got != want {
			t.Errorf("%s: printed %q, want %q", args, got, want)
		}
	}
}

func TestHelp(t *testing.T) {
	var help bytes.Buffer
	for _, command := range []string{"", "version", "status", "promote", "abort", "pause", "resume", "retry"} {
		fmt.Fprintf(&help, "$ kubectl serin %s --help\n", command)
		root := cli.NewCommand(cli.Build{}, &help, &help, time.Now)
		root.SetArgs(append(strings.Fields(command), "--help"))
		if err := root.ExecuteContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&help)
	}
	golden(t, "help", help.String())
}
