// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/cli/story"
	"github.com/serin-dev/serin/pkg/record"
	"github.com/serin-dev/serin/pkg/workload"
)

func explainCommand(connect connector) *cobra.Command {
	number, format := 1, ""
	command := &cobra.Command{
		Use: "explain NAME", Short: "Tell the story of a rollout: each move, its evidence, what was written",
		Long: "Tell the story of a rollout from the Deployment's record: each move with its reason, its evidence and what was written, how long each wait was, " +
			"and of a canary that failed its last words.\nThe rollout under way, or the last one, is number 1; 'kubectl serin history' has the numbers of those before.",
		Example: "  kubectl serin explain shop -n shop\n\n  # The one before\n  kubectl serin explain shop --rollout 2",
		Args:    oneName,
		RunE: func(command *cobra.Command, args []string) error {
			all, frame, err := recorded(command, connect, args[0], format)
			if err != nil {
				return err
			}
			if number < 1 || number > len(all) {
				return fmt.Errorf("there is no rollout %d of %s; its record has %d, of which 1 is the newest", number, args[0], len(all))
			}
			one := all[len(all)-number]
			if format == "json" {
				return asJSON(command.OutOrStdout(), one)
			}
			_, err = io.WriteString(command.OutOrStdout(), story.Explain(frame, one, number, len(all)))
			return err
		},
	}
	command.Flags().IntVar(&number, "rollout", 1, "`NUMBER` of the rollout, counted back from the newest")
	command.Flags().StringVarP(&format, "output", "o", "", "print as `FORMAT`: json")
	return command
}

// recorded reads all rollouts that are known, the newest last; there is at least one.
func recorded(command *cobra.Command, connect connector, name, format string) ([]record.Rollout, story.Frame, error) {
	if format != "" && format != "json" {
		return nil, story.Frame{}, fmt.Errorf("%q is no format; write -o json", format)
	}
	s, err := connect()
	if err != nil {
		return nil, story.Frame{}, err
	}
	all, err := s.rollouts(command.Context(), name)
	return all, story.Frame{Name: s.namespace + "/" + name, Now: s.now(), Width: columns(command.OutOrStdout())}, err
}

func (s *session) rollouts(ctx context.Context, name string) ([]record.Rollout, error) {
	target, err := s.target(ctx, name)
	if err != nil {
		return nil, err
	}
	var kept record.Record
	m, err := s.client.CoreV1().ConfigMaps(s.namespace).Get(ctx, workload.RecordName(name), metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
	case err != nil:
		return nil, s.explain(err, "get", "configmaps", "reading the record of Deployment "+name)
	case metav1.IsControlledBy(m, target):
		if kept, err = record.Decode(m.Data[workload.RecordKey]); err != nil {
			return nil, fmt.Errorf("ConfigMap %s: %w", m.Name, err)
		}
	}
	journal, err := record.DecodeJournal(target.Annotations[annotations.Journal])
	if err != nil {
		return nil, fmt.Errorf("annotation %s of Deployment %s: %w", annotations.Journal, name, err)
	}
	all := story.Together(kept, journal)
	switch {
	case len(all) > 0:
		return all, nil
	case !annotations.OptedIn(target.Annotations):
		return nil, s.notOptedIn(target)
	default:
		return nil, fmt.Errorf("no rollout of Deployment %s is recorded yet; the next template that goes out as a canary is", name)
	}
}

// columns is the width of the terminal; 0 where a program reads.
func columns(out io.Writer) int {
	file, isFile := out.(*os.File)
	if !isFile {
		return 0
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 0
	}
	return width
}

func asJSON(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
