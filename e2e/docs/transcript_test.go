// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// step is a command of a console block and what is shown below it.
type step struct {
	line    int // of the command, counted from 0 in the block
	command string
	shown   []string
}

// steps takes a console block apart. Lines that begin with "> " go on with the command above.
func steps(block string) []step {
	var all []step
	for i, line := range strings.Split(strings.TrimSuffix(block, "\n"), "\n") {
		last := len(all) - 1
		switch {
		case strings.HasPrefix(line, "$ "):
			all = append(all, step{line: i, command: line[2:]})
		case last >= 0 && strings.HasPrefix(line, "> ") && all[last].shown == nil:
			all[last].command += "\n" + line[2:]
		case last >= 0:
			all[last].shown = append(all[last].shown, line)
		}
	}
	return all
}

// matches reports whether the lines that were shown are those that were printed. Blanks count as one, so that columns may be as wide
// as they like.
func matches(shown, printed []string) bool {
	if len(shown) == 0 {
		return len(printed) == 0
	}
	if strings.TrimSpace(shown[0]) == "..." {
		for skip := range len(printed) + 1 {
			if matches(shown[1:], printed[skip:]) {
				return true
			}
		}
		return false
	}
	return len(printed) > 0 && pattern(shown[0]).MatchString(plain(printed[0])) && matches(shown[1:], printed[1:])
}

func pattern(shown string) *regexp.Regexp {
	parts := strings.Split(plain(shown), "...")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return regexp.MustCompile("^" + strings.Join(parts, ".*") + "$")
}

func plain(line string) string { return strings.Join(strings.Fields(line), " ") }

// lines are those of a text, without empty ones at its end.
func lines(text string) []string {
	if text = strings.TrimRight(text, " \n"); text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

func TestATranscriptMatchesWhatWasPrinted(t *testing.T) {
	printed := []string{"NAME   AGE", "shop   5s", "cart   7m"}
	for name, c := range map[string]struct {
		shown []string
		want  bool
	}{
		"word for word":              {[]string{"NAME AGE", "shop 5s", "cart 7m"}, true},
		"any text in a line":         {[]string{"NAME AGE", "shop ...", "cart ...m"}, true},
		"any lines":                  {[]string{"NAME AGE", "..."}, true},
		"no line where any may be":   {[]string{"NAME AGE", "...", "shop 5s", "...", "cart 7m", "..."}, true},
		"another word":               {[]string{"NAME AGE", "shop 6s", "cart 7m"}, false},
		"a line too few":             {[]string{"NAME AGE", "shop 5s"}, false},
		"a line too many":            {[]string{"NAME AGE", "shop 5s", "cart 7m", "till 1s"}, false},
		"nothing shown is not empty": {nil, false},
	} {
		if got := matches(c.shown, printed); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestAConsoleBlockIsTakenApart(t *testing.T) {
	got := steps("$ cat <<END\n> one\n> END\none\n$ true\n")
	if len(got) != 2 || got[0].command != "cat <<END\none\nEND" || !slices.Equal(got[0].shown, []string{"one"}) || got[1].line != 4 {
		t.Errorf("got %+v", got)
	}
}
