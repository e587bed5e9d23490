// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"encoding/json"
	"fmt"
)

// object is a piece of JSON.
type object = map[string]any

// schema is the last version of the classic dashboards' schema.
const schema = 42

// source is the Prometheus that the reader chose.
var source = object{"type": "prometheus", "uid": "${datasource}"}

// Dashboard is one of them. It can be written as JSON.
type Dashboard struct {
	ID            *int     `json:"id"` // null: Grafana gives it one
	UID           string   `json:"uid"`
	Title         string   `json:"title"`
	Description   string   `json:"description"`
	Tags          []string `json:"tags"`
	SchemaVersion int      `json:"schemaVersion"`
	Editable      bool     `json:"editable"`
	GraphTooltip  int      `json:"graphTooltip"` // 1: one crosshair for all panels
	Refresh       string   `json:"refresh"`
	Timezone      string   `json:"timezone"`
	Time          object   `json:"time"`
	Links         []object `json:"links"`
	Annotations   object   `json:"annotations"`
	Templating    object   `json:"templating"`
	Panels        []*Panel `json:"panels"`
}

// Panel is a panel, or a row of them.
type Panel struct {
	ID              int      `json:"id"`
	Type            string   `json:"type"`
	Title           string   `json:"title"`
	Description     string   `json:"description,omitempty"`
	GridPos         grid     `json:"gridPos"`
	Datasource      object   `json:"datasource,omitempty"`
	Repeat          string   `json:"repeat,omitempty"`
	RepeatDirection string   `json:"repeatDirection,omitempty"`
	MaxPerRow       int      `json:"maxPerRow,omitempty"`
	Collapsed       *bool    `json:"collapsed,omitempty"`
	Panels          []*Panel `json:"panels,omitempty"`
	FieldConfig     object   `json:"fieldConfig,omitempty"`
	Options         object   `json:"options,omitempty"`
	Transformations []object `json:"transformations,omitempty"`
	Targets         []object `json:"targets,omitempty"`
}

type grid struct {
	H int `json:"h"`
	W int `json:"w"`
	X int `json:"x"`
	Y int `json:"y"`
}

// columns is how wide Grafana's grid is.
const columns = 24

// section is a row of panels under a heading.
type section struct {
	title  string
	panels []*Panel
}

// arrange gives each panel its place, from left to right and top to bottom.
func arrange(sections []section) []*Panel {
	var all []*Panel
	y := 0
	for _, s := range sections {
		open := false
		all = append(all, &Panel{Type: "row", Title: s.title, Collapsed: &open, GridPos: grid{H: 1, W: columns, Y: y}})
		y++
		x, height := 0, 0
		for _, p := range s.panels {
			if x+p.GridPos.W > columns {
				x, y, height = 0, y+height, 0
			}
			p.GridPos.X, p.GridPos.Y = x, y
			x, height = x+p.GridPos.W, max(height, p.GridPos.H)
			all = append(all, p)
		}
		y += height
	}
	for i, p := range all {
		p.ID = i + 1
	}
	return all
}

func dashboard(uid, title, description string, variables, annotations []object, sections []section) Dashboard {
	builtIn := object{
		"builtIn": 1, "datasource": object{"type": "grafana", "uid": "-- Grafana --"}, "enable": true, "hide": true,
		"iconColor": "rgba(0, 211, 255, 1)", "name": "Annotations & Alerts", "type": "dashboard",
	}
	choice := object{"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus", "refresh": 1, "current": object{}, "hide": 0}
	return Dashboard{
		UID: uid, Title: title, Description: description, Tags: []string{"serin"}, SchemaVersion: schema, Editable: true, GraphTooltip: 1,
		Refresh: "30s", Timezone: "browser", Time: object{"from": "now-6h", "to": "now"},
		Links: []object{{
			"asDropdown": false, "icon": "external link", "includeVars": false, "keepTime": true, "tags": []string{"serin"},
			"targetBlank": false, "title": "Serin", "type": "dashboards",
		}},
		Annotations: object{"list": append([]object{builtIn}, annotations...)},
		Templating:  object{"list": append([]object{choice}, variables...)},
		Panels:      arrange(sections),
	}
}

// variable is one whose values Prometheus knows.
func variable(name, label, query string, all bool) object {
	v := object{
		"name": name, "label": label, "type": "query", "datasource": source, "definition": query, "hide": 0, "includeAll": all, "multi": all,
		"query": object{"qryType": 1, "query": query, "refId": "PrometheusVariableQueryEditor-VariableQuery"}, "refresh": 2, "sort": 1, "current": object{},
	}
	if all {
		v["current"] = object{"text": []string{"All"}, "value": []string{"$__all"}}
	}
	return v
}

// written is a variable that the reader writes, hidden unless it is needed.
func written(name, label, usual string) object {
	value := object{"text": usual, "value": usual}
	return object{"name": name, "label": label, "type": "textbox", "query": usual, "hide": 0, "current": value, "options": []object{value}}
}

// moments are annotations at times that are the values of series, in seconds.
func moments(name, colour, query, title string) object {
	return object{
		"name": name, "datasource": source, "enable": true, "hide": false, "iconColor": colour, "expr": query + " * 1000",
		"step": "15s", "titleFormat": title, "textFormat": "{{namespace}}/{{deployment}}", "useValueForTime": true,
	}
}

// Write is the file of a dashboard.
func (d Dashboard) Write() ([]byte, error) {
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the dashboard %s: %w", d.Title, err)
	}
	return append(text, '\n'), nil
}
