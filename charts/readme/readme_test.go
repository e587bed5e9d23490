// SPDX-License-Identifier: Apache-2.0

package readme_test

import (
	"os"
	"strings"
	"testing"

	"gotest.tools/v3/golden"

	"github.com/serin-dev/serin/charts/readme"
)

func TestTheReadmeIsCurrent(t *testing.T) {
	t.Parallel()
	const file = "../../serin/README.md"
	values, err := os.ReadFile("../serin/values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want, err := readme.Fill(string(golden.Get(t, file)), values)
	if err != nil {
		t.Fatal(err)
	}
	golden.Assert(t, want, file, "run: make generate")
}

func TestTable(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ values, want, wrong string }{
		"a value":                        {"# -- Size\nreplicas: 2\n", "| `replicas` | `2` | Size |\n", ""},
		"a value below another":          {"image:\n  # -- Its tag\n  tag: \"\"\n", "| `image.tag` | `\"\"` | Its tag |\n", ""},
		"a map that is one value":        {"# -- What it gets\nresources:\n  limits: {memory: 1Gi}\n", "| `resources` | `{\"limits\":{\"memory\":\"1Gi\"}}` | What it gets |\n", ""},
		"a comment above the real one":   {"# A heading.\n#\n# -- Size\nreplicas: 2\n", "| `replicas` | `2` | Size |\n", ""},
		"a comment of two lines":         {"# -- Size,\n# in pods\nreplicas: 2\n", "| `replicas` | `2` | Size, in pods |\n", ""},
		"a bar that would end the cell":  {"# -- a|b\nx: 1\n", "| `x` | `1` | a\\|b |\n", ""},
		"a value that nobody explained":  {"# -- Size\nreplicas: 2\nworkers: 1\n", "", "line 3: workers has no comment"},
		"an empty map without a comment": {"labels: {}\n", "", "line 1: labels has no comment"},
		"no values":                      {"", "", "there are none"},
		"no YAML":                        {"a: [", "", "reading the values"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := readme.Table([]byte(test.values))
			if test.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), test.wrong) {
					t.Errorf("got %v, want an error with %q", err, test.wrong)
				}
				return
			}
			if err != nil || !strings.HasSuffix(got, "|---|---|---|\n"+test.want) {
				t.Errorf("got %q, %v, want %q", got, err, test.want)
			}
		})
	}
}

func TestAPageWithoutAPlaceIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := readme.Fill("# A page\n", []byte("# -- x\na: 1\n")); err == nil {
		t.Error("nobody would notice that the table is missing")
	}
}
