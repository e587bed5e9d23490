// SPDX-License-Identifier: Apache-2.0

package bom

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"time"

	spdxjson "github.com/spdx/tools-golang/json"
	"github.com/spdx/tools-golang/spdx/v2/common"
	spdx "github.com/spdx/tools-golang/spdx/v2/v2_3"

	"github.com/serin-dev/serin/deploy/release/internal/source"
)

// unknown is what SPDX has for what nobody has looked at.
const unknown = "NOASSERTION"

// Program lists what is in the program of the name, such as serin_linux_amd64.
func Program(s source.Source, name, file string) (*spdx.Document, error) {
	app, modules, err := read(s, name, file)
	if err != nil {
		return nil, err
	}
	doc := document(s, name, app.PackageChecksums[0].Value)
	add(doc, common.TypeRelationshipDescribe, "DOCUMENT", app)
	for _, module := range modules {
		add(doc, common.TypeRelationshipContains, app.PackageSPDXIdentifier, module)
	}
	return doc, nil
}

// Image lists what is in the image of the name and digest, sha256:…, whose one program is the given file.
func Image(s source.Source, name, repository, digest, file string) (*spdx.Document, error) {
	app, modules, err := read(s, name, file)
	if err != nil {
		return nil, err
	}
	sum := strings.TrimPrefix(digest, "sha256:")
	doc := document(s, name, sum)
	image := container(s, name, repository, sum)
	add(doc, common.TypeRelationshipDescribe, "DOCUMENT", image)
	add(doc, common.TypeRelationshipContains, image.PackageSPDXIdentifier, app)
	for _, module := range modules {
		add(doc, common.TypeRelationshipContains, app.PackageSPDXIdentifier, module)
	}
	return doc, nil
}

// Write writes the list as JSON.
func Write(doc *spdx.Document, file string) error {
	out, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("writing the bill of materials: %w", err)
	}
	err = spdxjson.Write(doc, out, spdxjson.Indent("  "), spdxjson.EscapeHTML(false))
	if closed := out.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("writing the bill of materials %s: %w", file, err)
	}
	return nil
}

func document(s source.Source, name, sum string) *spdx.Document {
	return &spdx.Document{
		SPDXVersion: spdx.Version, DataLicense: spdx.DataLicense, SPDXIdentifier: "DOCUMENT", DocumentName: name,
		DocumentNamespace: home + "/spdx/" + s.Version + "/" + name + "-" + sum,
		CreationInfo: &spdx.CreationInfo{
			Creators: []common.Creator{{CreatorType: "Organization", Creator: "serin-dev"}, {CreatorType: "Tool", Creator: "serin-release-" + s.Version}},
			Created:  s.Time.Format(time.RFC3339),
		},
	}
}

func add(doc *spdx.Document, how string, to common.ElementID, p *spdx.Package) {
	doc.Packages = append(doc.Packages, p)
	doc.Relationships = append(doc.Relationships, &spdx.Relationship{
		RefA: common.DocElementID{ElementRefID: to}, RefB: common.DocElementID{ElementRefID: p.PackageSPDXIdentifier}, Relationship: how,
	})
}

// read takes the program's own list: the program itself, and the modules in it, the standard library first.
func read(s source.Source, name, file string) (*spdx.Package, []*spdx.Package, error) {
	info, err := buildinfo.ReadFile(file)
	if err != nil {
		return nil, nil, fmt.Errorf("reading what is in %s: %w", file, err)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, fmt.Errorf("reading %s: %w", file, err)
	}
	sum := sha256.Sum256(content)
	app, err := application(s, name, info.Main.Path, hex.EncodeToString(sum[:]))
	if err != nil {
		return nil, nil, err
	}
	first, err := standard(info.GoVersion)
	if err != nil {
		return nil, nil, err
	}
	modules := []*spdx.Package{first}
	for _, dep := range info.Deps {
		next, err := dependency(replaced(dep))
		if err != nil {
			return nil, nil, err
		}
		modules = append(modules, next)
	}
	return app, modules, nil
}

// replaced is the module whose code is in the program, whatever name it is imported by.
func replaced(m *debug.Module) *debug.Module {
	if m.Replace != nil {
		return m.Replace
	}
	return m
}
