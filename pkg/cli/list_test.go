// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/golden"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/serin-dev/serin/pkg/cli"
)

// fleet is one Deployment in each phase, some in another namespace.
func fleet() []runtime.Object {
	var all []runtime.Object
	for i, edit := range []edit{func(*appsv1.Deployment) {}, held, judged, undecided, unchecked, promoting, failing, rolledBack, unseen} {
		d := shop(edit)
		d.Name = fmt.Sprintf("shop-%d", i)
		d.UID = types.UID(d.Name)
		set := stable(d)
		canary := canaryOf(d, "shop:v2", 2)
		all = append(all, d, set, canary)
	}
	other := shop()
	other.Namespace, other.Name = "other", "cart"
	return append(all, other, deployment("stranger", "stranger:v1", 1), routes(25))
}

func TestList(t *testing.T) {
	compare(t, "list", newWorld(fleet()...).everywhere(t, "list"))
	compare(t, "list wide everywhere", newWorld(fleet()...).everywhere(t, "list", "-A", "-o", "wide"))
	compare(t, "list name", newWorld(fleet()...).run(t, "list", "-o", "name"))
	compare(t, "list verdicts", newWorld(fleet()...).run(t, "list", "-o", `jsonpath={range .items[*]}{.name}: {.verdict}{"\n"}{end}`))
	compare(t, "list empty", newWorld().run(t, "list")+newWorld().run(t, "list", "-A", "-o", "json"))
	w := newWorld(fleet()...)
	w.PrependReactor("list", "replicasets", forbid)
	w.mesh.PrependReactor("list", "virtualservices", forbid)
	compare(t, "list without permissions", w.run(t, "list"))
	w.PrependReactor("list", "deployments", forbid)
	compare(t, "list without any permission", w.run(t, "list", "-A"))
}

func TestListOfABake(t *testing.T) {
	got := newWorld(shop(baking), stable(shop(baking)), routes(100)).run(t, "list")
	_, rows, _ := strings.Cut(got, "\n")
	if want := "shop Progressing bake 100% 100% "; !strings.HasPrefix(strings.Join(strings.Fields(rows), " "), want) {
		t.Errorf("listed is %s", got)
	}
}

func TestCompletion(t *testing.T) {
	w := newWorld(fleet()...)
	for typed, want := range map[string]string{
		"status ":                "shop-0\nshop-1\nshop-2\nshop-3\nshop-4\nshop-5\nshop-6\nshop-7\nshop-8\n:4\n",
		"run shop-1":             "shop-1\n:4\n",
		"approve shop-3 ":        "50\n:4\n",
		"abort shop-1 something": ":4\n",
	} {
		args := append([]string{"__complete"}, strings.Split(typed, " ")...)
		if got, _, _ := strings.Cut(w.run(t, args...), "Completion ended"); got != want {
			t.Errorf("%q: proposed %q, want %q", typed, got, want)
		}
	}
	w.PrependReactor("list", "deployments", forbid)
	if got, _, _ := strings.Cut(w.run(t, "__complete", "status", ""), "Completion ended"); got != ":4\n" {
		t.Errorf("without permission it proposes %q", got)
	}
}

func TestArguments(t *testing.T) {
	for args, want := range map[string]string{
		"status":                       "Error: the name of the Deployment is missing: kubectl serin status NAME\n",
		"abort shop cart":              "Error: one Deployment at a time, got [\"shop\" \"cart\"]\n",
		"abort shop --now":             "Error: unknown flag: --now\n",
		"approve shop":                 "Error: name the Deployment and the step that it waits at: kubectl serin approve NAME STEP, for example shop 50\n",
		"approve shop half":            "Error: \"half\" is not a step; write its weight as the plan does, for example 50 or 0.5\n",
		"status shop -o table":         "Error: \"table\" is no format; write -o json, yaml, name or jsonpath='{.phase}'\n",
		"status shop -w -o yaml":       "Error: -w prints lines or -o json, and no yaml\n",
		"status shop --timeout 1s":     "Error: --timeout goes with --wait or -w\n",
		"status shop -o jsonpath={.a]": "Error: reading the template of -o jsonpath: unrecognized character in action: U+005D ']'\n",
	} {
		if got := newWorld(shop()).run(t, strings.Fields(args)...); got != want+"(exit code 1)\n" {
			t.Errorf("%s: printed %q, want %q", args, got, want)
		}
	}
	for _, asked := range []string{"version", "--version"} {
		want := cli.Build{Version: "v1.2.3", Commit: "abc"}.String()
		if got := newWorld().run(t, asked); got != "kubectl-serin "+want+"\n" || !strings.HasPrefix(want, "v1.2.3 (commit abc, go1.") {
			t.Errorf("%s prints %q", asked, got)
		}
	}
}

func whole() cli.Surroundings { return cli.Surroundings{Now: time.Now, Getenv: os.Getenv} }

func TestHelp(t *testing.T) {
	var help bytes.Buffer
	root := cli.NewCommand(cli.Build{}, whole())
	for _, command := range root.Commands() {
		if command.Example == "" {
			t.Errorf("%s has no example", command.Name())
		}
		if command.GroupID == "" && command.Name() != "version" {
			t.Errorf("%s is in no group", command.Name())
		}
	}
	root.SetOut(&help)
	root.SetArgs([]string{"--help"})
	if err := root.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	compare(t, "help", help.String())
}

func TestTheReferencePageIsCurrent(t *testing.T) {
	golden.Assert(t, cli.Reference(cli.NewCommand(cli.Build{}, whole())), "../../../docs/cli.md", "run: make generate")
}
