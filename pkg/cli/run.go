// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/serin-dev/serin/pkg/cli/cluster"
	"github.com/serin-dev/serin/pkg/cli/pipeline"
)

// change is the flags that say what to change.
type change struct {
	images  []string
	file    string
	restart bool
	content []byte // of the file, read once: the standard input cannot be read again
}

const runLong = `Change the template of a Deployment, follow the rollout to its end, and print a line for every move.

Exit codes: 0 the template serves everybody, 1 it was rolled back or something else went wrong, 2 the time was up,
3 somebody else's template took the place of this one, 130 it was interrupted.

A template that serves everybody already ends with 0 at once. Interrupted, or when the time is up, the rollout is left
running, or with --abort-on-exit asked to roll back. In GitHub Actions and GitLab CI the lines are folded, and the error is marked.`

func runCommand(around Surroundings, connect connector) *cobra.Command {
	var what change
	run := pipeline.Run{}
	command := &cobra.Command{
		Use: "run NAME (--image CONTAINER=IMAGE | --from-file FILE | --restart)", Short: "Change the template and follow the rollout to its end", Long: runLong,
		Example: "  # The step of a pipeline\n  kubectl serin run shop --image app=registry.example/shop:v2 --timeout 1h --abort-on-exit\n\n" +
			"  # The template of a manifest\n  kubectl serin run shop --from-file shop.yaml\n\n" +
			"  # The same template once more, as kubectl rollout restart\n  kubectl serin run shop --restart",
		Args: oneName, ValidArgsFunction: completeName(connect),
		RunE: func(command *cobra.Command, args []string) error {
			if err := what.check(); err != nil {
				return err
			}
			c, err := connect()
			if err != nil {
				return err
			}
			if err := what.read(command.InOrStdin()); err != nil {
				return err
			}
			run.Cluster, run.Name = c, args[0]
			run.Change = func(target *appsv1.Deployment) (cluster.Change, error) { return what.of(target, c.Now) }
			run.Journal = &pipeline.Journal{Out: command.OutOrStdout(), System: around.system(command.OutOrStdout()), Colour: around.colours(), Now: c.Now}
			result, err := run.Do(command.Context())
			if err != nil || result != pipeline.Promoted {
				return &Ended{int(result), err}
			}
			return nil
		},
	}
	flags := command.Flags()
	flags.StringArrayVar(&what.images, "image", nil, "the new image of a container, as `CONTAINER=IMAGE`; may be repeated")
	flags.StringVarP(&what.file, "from-file", "f", "", "take the template of the Deployment in `FILE`; - is the standard input")
	flags.BoolVar(&what.restart, "restart", false, "take the same template out once more")
	flags.DurationVar(&run.Timeout, "timeout", 0, "longest `TIME` for all of it; 0 is no limit")
	flags.BoolVar(&run.AbortOnExit, "abort-on-exit", false, "ask to roll back when interrupted, or when the time is up")
	flags.Int64Var(&run.LogLines, "log-lines", 20, "`LINES` of the canary's log to show after a rollback; 0 is none")
	return command
}

// system: a terminal is read by a person, whatever the environment says.
func (s Surroundings) system(out io.Writer) pipeline.System {
	if terminal(out) != nil {
		return pipeline.Plain
	}
	return pipeline.SystemOf(s.Getenv)
}

func (w *change) check() error {
	given := 0
	for _, set := range []bool{len(w.images) > 0, w.file != "", w.restart} {
		if set {
			given++
		}
	}
	if given != 1 {
		return fmt.Errorf("say what to change, one of: --image CONTAINER=IMAGE, --from-file FILE, --restart")
	}
	return nil
}

func (w *change) read(in io.Reader) (err error) {
	switch w.file {
	case "":
		return nil
	case "-":
		w.content, err = io.ReadAll(in)
	default:
		w.content, err = os.ReadFile(w.file)
	}
	if err != nil {
		return fmt.Errorf("reading the manifest: %w", err)
	}
	return nil
}

func (w *change) of(target *appsv1.Deployment, now func() time.Time) (cluster.Change, error) {
	switch {
	case w.restart:
		return cluster.Restart(now().UTC().Format(time.RFC3339))
	case w.file != "":
		return w.fromFile(target)
	}
	images, err := w.parse(target)
	if err != nil {
		return cluster.Change{}, err
	}
	return cluster.SetImages(images)
}

func (w *change) parse(target *appsv1.Deployment) (map[string]string, error) {
	var names []string
	for _, c := range target.Spec.Template.Spec.Containers {
		names = append(names, c.Name)
	}
	images := map[string]string{}
	for _, text := range w.images {
		name, image, found := strings.Cut(text, "=")
		if !found || name == "" || image == "" {
			return nil, fmt.Errorf("--image %s: write CONTAINER=IMAGE, for example --image %s=registry.example/%s:v2", text, names[0], target.Name)
		}
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("--image %s: Deployment %s has no container %s; it has %s", text, target.Name, name, strings.Join(names, ", "))
		}
		images[name] = image
	}
	return images, nil
}

// fromFile takes the template of the one Deployment of that name in the file.
func (w *change) fromFile(target *appsv1.Deployment) (cluster.Change, error) {
	const ahead = 4096 // bytes that tell YAML from JSON
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(w.content), ahead)
	for {
		wanted := &appsv1.Deployment{}
		err := decoder.Decode(wanted)
		switch {
		case errors.Is(err, io.EOF):
			return cluster.Change{}, fmt.Errorf("%s has no Deployment %s (apps/v1)", w.file, target.Name)
		case err != nil:
			return cluster.Change{}, fmt.Errorf("reading %s: %w", w.file, err)
		case wanted.Kind == "Deployment" && wanted.Name == target.Name && (wanted.Namespace == "" || wanted.Namespace == target.Namespace):
			return cluster.Replace(target, wanted.Spec.Template)
		}
	}
}
