// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"bytes"
	"fmt"
	"text/template"

	"github.com/serin-dev/serin/deploy/release/internal/product"
	"github.com/serin-dev/serin/deploy/release/internal/source"
)

// Archive is one archive of the plugin.
type Archive struct {
	product.Program

	Name string // of the file
	Sum  string // SHA-256, in hexadecimal
}

// Krew fills in the template of the plugin's manifest.
func Krew(s source.Source, file string, archives []Archive) ([]byte, error) {
	form, err := template.New("serin.yaml.tmpl").Option("missingkey=error").ParseFiles(file)
	if err != nil {
		return nil, fmt.Errorf("reading the plugin's manifest: %w", err)
	}
	var text bytes.Buffer
	if err := form.Execute(&text, struct {
		Version  string
		Archives []Archive
	}{s.Version, archives}); err != nil {
		return nil, fmt.Errorf("filling in the plugin's manifest: %w", err)
	}
	return text.Bytes(), nil
}
