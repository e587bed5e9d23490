// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"io"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/kubernetes"
)

// NewTestCommand is the command with a client and a clock of the test's.
func NewTestCommand(client kubernetes.Interface, now time.Time, out io.Writer) *cobra.Command {
	root := newRoot(Build{Version: "v1.2.3", Commit: "abc"}, func() (*session, error) {
		return &session{client: client, namespace: "demo", where: " -n demo", now: func() time.Time { return now }}, nil
	})
	root.SetOut(out)
	root.SetErr(out)
	return root
}
