// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// System is the pipeline that reads along.
type System string

// The systems. Each has its own way to fold lines, and to point at an error.
const (
	Plain  System = ""
	GitHub System = "github"
	GitLab System = "gitlab"
)

// SystemOf reads it off the environment.
func SystemOf(getenv func(string) string) System {
	switch {
	case getenv("GITHUB_ACTIONS") == "true":
		return GitHub
	case getenv("GITLAB_CI") != "":
		return GitLab
	}
	return Plain
}

// Journal prints lines with a fixed prefix, as the system folds and marks them.
type Journal struct {
	Out    io.Writer
	System System
	Colour bool
	Now    func() time.Time

	open string // the section that is open
}

const prefix = "serin: "

// Say prints one line.
func (j *Journal) Say(format string, args ...any) {
	fmt.Fprintf(j.Out, "%s%s %s\n", prefix, j.Now().UTC().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}

// Open begins a section, which the system may fold.
func (j *Journal) Open(name, title string) {
	j.open = name
	switch j.System {
	case GitHub:
		fmt.Fprintf(j.Out, "::group::%s%s\n", prefix, title)
	case GitLab:
		fmt.Fprintf(j.Out, "\x1b[0Ksection_start:%d:%s\r\x1b[0K%s%s\n", j.Now().Unix(), name, prefix, title)
	case Plain:
		j.Say("%s", title)
	}
}

// Close ends the section that is open.
func (j *Journal) Close() {
	if j.open == "" {
		return
	}
	switch j.System {
	case GitHub:
		fmt.Fprintln(j.Out, "::endgroup::")
	case GitLab:
		fmt.Fprintf(j.Out, "\x1b[0Ksection_end:%d:%s\r\x1b[0K\n", j.Now().Unix(), j.open)
	case Plain:
	}
	j.open = ""
}

// Fail points at an error, outside of any section, so that nobody has to unfold
// one to see it.
func (j *Journal) Fail(title, text string) {
	j.Close()
	j.Say("%s: %s", title, text)
	switch j.System {
	case GitHub:
		fmt.Fprintf(j.Out, "::error title=%s::%s\n", escapeProperty(title), escape(text))
	case GitLab:
		line := "ERROR: " + title + ": " + text
		if j.Colour { // GitLab shows colours, and has no other mark for an error
			line = "\x1b[31;1m" + line + "\x1b[0m"
		}
		fmt.Fprintln(j.Out, line)
	case Plain:
	}
}

// escape is what GitHub wants of a message: no raw line breaks.
func escape(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(text)
}

func escapeProperty(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(text)
}
