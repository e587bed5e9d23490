// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/pkg/cli/cluster"
)

// NewTestCommand is the command with a cluster of the test's.
func NewTestCommand(c *cluster.Cluster, around Surroundings) *cobra.Command {
	return newRoot(Build{Version: "v1.2.3", Commit: "abc"}, around, func() (*cluster.Cluster, error) { return c, nil })
}
