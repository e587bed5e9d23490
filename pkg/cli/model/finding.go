// SPDX-License-Identifier: Apache-2.0

package model

// Level is how bad a finding is.
type Level string

// The levels. Only what is broken makes the examination fail.
const (
	OK      Level = "ok"
	Note    Level = "note"    // worth knowing
	Unknown Level = "unknown" // could not be looked at
	Broken  Level = "broken"
)

// Finding is one thing that the doctor looked at.
type Finding struct {
	About string `json:"about"` // Guard, Controller, Permissions, Mesh, or namespace/name of a Deployment
	Level Level  `json:"level"`
	Text  string `json:"text"`
	Do    string `json:"do,omitempty"`
}
