// SPDX-License-Identifier: Apache-2.0

package dashboards_test

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/golden"

	"github.com/serin-dev/serin/charts/dashboards"
)

const files = "../serin/files/dashboards"

var all = map[string]func() dashboards.Dashboard{"fleet.json": dashboards.Fleet, "rollout.json": dashboards.Rollout}

func TestTheDashboardsAreCurrent(t *testing.T) {
	t.Parallel()
	for name, make := range all {
		want, err := make().Write()
		if err != nil {
			t.Fatal(err)
		}
		golden.Assert(t, string(want), "../"+files+"/"+name, "run: make generate")
	}
	found, err := filepath.Glob(filepath.Join(files, "*"))
	if err != nil || len(found) != len(all) {
		t.Errorf("%d files, want %d: %v, %v", len(found), len(all), found, err)
	}
}

// panelTypes are those of Grafana's own that are there to stay. graph,
// singlestat, table-old and grafana-piechart-panel are not any more.
var panelTypes = []string{"row", "timeseries", "stat", "table", "state-timeline", "bargauge"}

// Dashboards that Grafana would have to repair are found here, not there.
func TestPanelsAreInOrder(t *testing.T) {
	t.Parallel()
	for name, make := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := make()
			ids, titles := map[int]bool{}, map[string]bool{}
			for i, p := range d.Panels {
				if p.ID < 1 || ids[p.ID] || titles[p.Title] || p.Title == "" {
					t.Errorf("panel %d %q: an id or a title is there twice, or missing", p.ID, p.Title)
				}
				ids[p.ID], titles[p.Title] = true, true
				g := p.GridPos
				if g.X < 0 || g.W < 1 || g.H < 1 || g.X+g.W > 24 {
					t.Errorf("%s reaches beyond the grid: %+v", p.Title, g)
				}
				for _, other := range d.Panels[:i] {
					o := other.GridPos
					if g.X < o.X+o.W && o.X < g.X+g.W && g.Y < o.Y+o.H && o.Y < g.Y+g.H {
						t.Errorf("%s lies on %s", p.Title, other.Title)
					}
				}
				if !slices.Contains(panelTypes, p.Type) {
					t.Errorf("%s is of the type %s", p.Title, p.Type)
				}
				if p.Type != "row" {
					checkPanel(t, p)
				}
			}
		})
	}
}

func checkPanel(t *testing.T, p *dashboards.Panel) {
	t.Helper()
	if defaults, ok := p.FieldConfig["defaults"].(map[string]any); !ok || defaults["unit"] == nil {
		t.Errorf("%s has no unit", p.Title)
	}
	if !strings.HasSuffix(p.Description, ".") {
		t.Errorf("%s does not say what it tells", p.Title)
	}
	if len(p.Targets) == 0 || p.Datasource["uid"] != "${datasource}" {
		t.Errorf("%s asks nobody", p.Title)
	}
	refs := map[any]bool{}
	for _, q := range p.Targets {
		if refs[q["refId"]] || q["datasource"] == nil || q["expr"] == "" {
			t.Errorf("%s: query %v", p.Title, q)
		}
		refs[q["refId"]] = true
	}
}

var used = regexp.MustCompile(`\$\{?([a-z_]+)`)

// Nothing refers to a Grafana of ours, and every variable that is used is there.
func TestDashboardsWorkAnywhere(t *testing.T) {
	t.Parallel()
	uids := map[string]bool{}
	for name, make := range all {
		d := make()
		text, err := d.Write()
		if err != nil {
			t.Fatal(err)
		}
		if uids[d.UID] || d.UID == "" || d.ID != nil || d.SchemaVersion != 42 || !slices.Contains(d.Tags, "serin") {
			t.Errorf("%s: uid %q, schema %d, tags %v", name, d.UID, d.SchemaVersion, d.Tags)
		}
		uids[d.UID] = true
		known := map[string]bool{"__rate_interval": true, "__range": true, "__data": true, "__url_time_range": true, "__all": true}
		for _, v := range d.Templating["list"].([]map[string]any) {
			known[v["name"].(string)] = true
		}
		for _, match := range used.FindAllStringSubmatch(string(text), -1) {
			if !known[match[1]] {
				t.Errorf("%s uses the variable %s, and has none", name, match[1])
			}
		}
		var sources any
		if err := json.Unmarshal(text, &sources); err != nil {
			t.Fatal(err)
		}
		checkSources(t, name, sources)
	}
}

// checkSources finds every datasource, however deep.
func checkSources(t *testing.T, name string, value any) {
	t.Helper()
	switch value := value.(type) {
	case map[string]any:
		if uid, found := value["uid"].(string); found && value["type"] == "prometheus" && uid != "${datasource}" {
			t.Errorf("%s asks the datasource %q", name, uid)
		}
		for _, below := range value {
			checkSources(t, name, below)
		}
	case []any:
		for _, below := range value {
			checkSources(t, name, below)
		}
	}
}
