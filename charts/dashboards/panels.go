// SPDX-License-Identifier: Apache-2.0

package dashboards

// query is one question of a panel and how its answers are called.
type query struct{ expr, legend string }

// The colours of what is good, bad and in between.
const (
	green  = "green"
	orange = "orange"
	red    = "red"
	blue   = "blue"
	grey   = "text"
)

func newPanel(kind, title, description string, width, height int, queries []query) *Panel {
	p := &Panel{Type: kind, Title: title, Description: description, Datasource: source, GridPos: grid{W: width, H: height}}
	for i, q := range queries {
		p.Targets = append(p.Targets, object{"datasource": source, "expr": q.expr, "legendFormat": q.legend, "refId": string(rune('A' + i)), "range": true, "instant": false})
	}
	return p
}

// now asks for the present value alone.
func (p *Panel) now(format string) *Panel {
	for _, t := range p.Targets {
		t["range"], t["instant"], t["format"] = false, true, format
	}
	return p
}

// lines is a graph over time.
func lines(title, description, unit string, width int, queries ...query) *Panel {
	p := newPanel("timeseries", title, description, width, 8, queries)
	p.FieldConfig = object{"defaults": object{
		"unit": unit, "min": 0, "color": object{"mode": "palette-classic"},
		"custom": object{"drawStyle": "line", "lineWidth": 1, "fillOpacity": 8, "showPoints": "never", "spanNulls": false},
	}, "overrides": []object{}}
	p.Options = object{
		"legend":  object{"displayMode": "list", "placement": "bottom", "showLegend": true, "calcs": []string{}},
		"tooltip": object{"mode": "multi", "sort": "desc"},
	}
	return p
}

// custom sets how a graph is drawn.
func (p *Panel) custom(key string, value any) *Panel {
	p.defaults()["custom"].(object)[key] = value
	return p
}

func (p *Panel) defaults() object { return p.FieldConfig["defaults"].(object) }

// limited draws a line across the graph, where it is bad.
func (p *Panel) limited(at float64) *Panel {
	p.defaults()["thresholds"] = steps(green, red, at)
	return p.custom("thresholdsStyle", object{"mode": "line"})
}

// bars are counts of each interval, one above the other.
func (p *Panel) bars() *Panel {
	return p.custom("drawStyle", "bars").custom("fillOpacity", 80).custom("stacking", object{"mode": "normal", "group": "A"})
}

// coloured gives a series a colour of its own.
func (p *Panel) coloured(series, colour string) *Panel {
	p.FieldConfig["overrides"] = append(p.FieldConfig["overrides"].([]object), object{
		"matcher":    object{"id": "byName", "options": series},
		"properties": []object{{"id": "color", "value": object{"mode": "fixed", "fixedColor": colour}}},
	})
	return p
}

// versions gives stable and canary the same colours in every panel.
func (p *Panel) versions() *Panel { return p.coloured("stable", blue).coloured("canary", orange) }

func steps(below, above string, at float64) object {
	return object{"mode": "absolute", "steps": []object{{"color": below, "value": nil}, {"color": above, "value": at}}}
}

// number is one value, coloured from a bound on.
func number(title, description, unit string, width int, below, above string, at float64, queries ...query) *Panel {
	p := newPanel("stat", title, description, width, 4, queries).now("time_series")
	p.FieldConfig = object{"defaults": object{"unit": unit, "thresholds": steps(below, above, at), "noValue": "–"}, "overrides": []object{}}
	p.Options = object{
		"colorMode": "value", "graphMode": "none", "justifyMode": "auto", "textMode": "auto", "orientation": "auto",
		"reduceOptions": object{"calcs": []string{"lastNotNull"}, "fields": "", "values": false},
	}
	return p
}

// word shows the label of a series in place of its value.
func (p *Panel) word() *Panel {
	p.Options["textMode"] = "name"
	return p
}

// both shows the name of a series and its value.
func (p *Panel) both() *Panel {
	p.Options["textMode"] = "value_and_name"
	return p
}

// timeline shows when each series was 1.
func timeline(title, description string, width int, on string, queries ...query) *Panel {
	p := newPanel("state-timeline", title, description, width, 8, queries)
	p.FieldConfig = object{"defaults": object{
		"unit": "none", "color": object{"mode": "thresholds"}, "thresholds": steps(grey, green, 1),
		"custom":   object{"fillOpacity": 70, "lineWidth": 0},
		"mappings": []object{{"type": "value", "options": object{"1": object{"text": on, "index": 0}, "0": object{"text": "–", "index": 1}}}},
	}, "overrides": []object{}}
	p.Options = object{
		"mergeValues": true, "showValue": "never", "alignValue": "left", "rowHeight": 0.8,
		"legend": object{"displayMode": "list", "placement": "bottom", "showLegend": false}, "tooltip": object{"mode": "single"},
	}
	return p
}

// gauges are bars, one for each series.
func gauges(title, description, unit string, width int, queries ...query) *Panel {
	p := newPanel("bargauge", title, description, width, 8, queries).now("time_series")
	p.FieldConfig = object{"defaults": object{"unit": unit, "min": 0, "thresholds": object{"mode": "absolute", "steps": []object{{"color": blue, "value": nil}}}}, "overrides": []object{}}
	p.Options = object{
		"displayMode": "basic", "orientation": "horizontal", "valueMode": "text", "showUnfilled": false, "namePlacement": "left",
		"reduceOptions": object{"calcs": []string{"lastNotNull"}, "fields": "", "values": false},
	}
	return p
}

// column is one of a table: the name that Grafana gives it, ours, and its unit.
type column struct{ field, title, unit string }

// table joins its queries by their labels. Columns that are not named are left out.
func table(title, description string, width int, columns []column, queries ...query) *Panel {
	p := newPanel("table", title, description, width, 8, queries).now("table")
	names, order, overrides := object{}, object{}, []object{}
	for i, c := range columns {
		names[c.field], order[c.field] = c.title, i
		if c.unit != "" {
			overrides = append(overrides, object{"matcher": object{"id": "byName", "options": c.title}, "properties": []object{{"id": "unit", "value": c.unit}}})
		}
		if c.title == "deployment" {
			overrides = append(overrides, object{"matcher": object{"id": "byName", "options": c.title}, "properties": []object{{"id": "links", "value": []object{{
				"title": "Rollout", "url": "/d/serin-rollout?var-datasource=${datasource}&var-namespace=${__data.fields.namespace}&var-deployment=${__data.fields.deployment}&${__url_time_range}",
			}}}}})
		}
	}
	p.FieldConfig = object{"defaults": object{"unit": "none", "custom": object{"align": "auto", "filterable": true}}, "overrides": overrides}
	p.Options = object{"showHeader": true, "cellHeight": "sm"}
	include := object{}
	for _, c := range columns {
		include[c.field] = true
	}
	p.Transformations = []object{
		{"id": "merge", "options": object{}},
		{"id": "organize", "options": object{"includeByName": include, "indexByName": order, "renameByName": names, "excludeByName": object{}}},
	}
	return p
}
