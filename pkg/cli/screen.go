// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"io"
	"os"

	"golang.org/x/term"

	"github.com/serin-dev/serin/pkg/cli/cluster"
	"github.com/serin-dev/serin/pkg/cli/view"
)

// terminal is the terminal that a stream is, nil if it is none.
func terminal(stream any) *os.File {
	file, isFile := stream.(*os.File)
	if !isFile || !term.IsTerminal(int(file.Fd())) {
		return nil
	}
	return file
}

// frame is what a view is drawn into: as wide as the terminal, or as wide as it
// takes where the output is read by a program.
func (s Surroundings) frame(out io.Writer, c *cluster.Cluster) view.Frame {
	f := view.Frame{Now: s.Now(), Where: c.Where}
	if tty := terminal(out); tty != nil {
		if width, _, err := term.GetSize(int(tty.Fd())); err == nil {
			f.Width = width
		}
		f.Colour = s.colours()
	}
	return f
}

// colours: see https://no-color.org; a terminal that is dumb has none.
func (s Surroundings) colours() bool { return s.Getenv("NO_COLOR") == "" && s.Getenv("TERM") != "dumb" }
