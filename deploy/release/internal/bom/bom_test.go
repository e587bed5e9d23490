// SPDX-License-Identifier: Apache-2.0

package bom_test

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/package-url/packageurl-go"
	spdxjson "github.com/spdx/tools-golang/json"
	"github.com/spdx/tools-golang/spdx"
	"github.com/spdx/tools-golang/spdxlib"

	"github.com/serin-dev/serin/deploy/release/internal/bom"
	"github.com/serin-dev/serin/deploy/release/internal/source"
)

var of = source.Source{Version: "v9.8.7", Commit: "abc", Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}

// self is this test: a program of many modules.
func self(t *testing.T) string {
	t.Helper()
	file, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// written writes the list and reads it again.
func written(t *testing.T, doc *spdx.Document) *spdx.Document {
	t.Helper()
	file := filepath.Join(t.TempDir(), "list.spdx.json")
	if err := bom.Write(doc, file); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	read, err := spdxjson.Read(bytes.NewReader(content))
	if err != nil {
		t.Fatalf("%v in\n%s", err, content)
	}
	if err := spdxlib.ValidateDocument(read); err != nil {
		t.Error(err)
	}
	return read
}

func byName(t *testing.T, doc *spdx.Document) map[string]*spdx.Package {
	t.Helper()
	all, ids := map[string]*spdx.Package{}, map[string]bool{}
	for _, p := range doc.Packages {
		if id := string(p.PackageSPDXIdentifier); ids[id] {
			t.Errorf("two packages are %s", id)
		} else {
			ids[id] = true
		}
		if p.FilesAnalyzed || p.PackageLicenseConcluded != "NOASSERTION" || p.PackageCopyrightText != "NOASSERTION" || p.PackageDownloadLocation == "" {
			t.Errorf("%s claims %+v", p.PackageName, p)
		}
		if _, err := packageurl.FromString(p.PackageExternalReferences[0].Locator); err != nil {
			t.Errorf("%s: %v", p.PackageName, err)
		}
		all[p.PackageName] = p
	}
	return all
}

func TestEveryModuleOfTheProgramIsListed(t *testing.T) {
	doc, err := bom.Program(of, "self", self(t))
	if err != nil {
		t.Fatal(err)
	}
	doc = written(t, doc)
	info, err := buildinfo.ReadFile(self(t))
	if err != nil {
		t.Fatal(err)
	}
	all := byName(t, doc)
	if got, want := len(doc.Packages), 2+len(info.Deps); got != want {
		t.Errorf("%d packages, want %d: the program, Go's library and each module", got, want)
	}
	for _, m := range info.Deps {
		p := all[m.Path]
		if p == nil {
			t.Errorf("%s is not listed", m.Path)
			continue
		}
		if p.PackageVersion != m.Version || p.PackageSourceInfo != "go.sum "+m.Sum || m.Sum == "" || p.PackageLicenseDeclared != "NOASSERTION" {
			t.Errorf("%s is listed as %+v", m.Path, p)
		}
		url, err := packageurl.FromString(p.PackageExternalReferences[0].Locator)
		if err != nil || url.Type != "golang" || !strings.EqualFold(url.Namespace+"/"+url.Name, m.Path) && !strings.EqualFold(url.Name, m.Path) || url.Version != m.Version {
			t.Errorf("%s is located at %v, %v", m.Path, url, err)
		}
	}
	if library := all["stdlib"]; "go"+library.PackageVersion != info.GoVersion {
		t.Errorf("Go is %s, want %s", library.PackageVersion, info.GoVersion)
	}
}

func TestTheProgramIsKnownByItsChecksum(t *testing.T) {
	doc, err := bom.Program(of, "self", self(t))
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(self(t))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(content)
	want := hex.EncodeToString(sum[:])
	program := byName(t, written(t, doc))["self"]
	if got := program.PackageChecksums[0]; got.Algorithm != "SHA256" || got.Value != want || !strings.HasSuffix(doc.DocumentNamespace, "/spdx/v9.8.7/self-"+want) {
		t.Errorf("it is %v in %s, want %s", got, doc.DocumentNamespace, want)
	}
	if doc.CreationInfo.Created != "2026-01-02T03:04:05Z" || program.PackageVersion != "v9.8.7" || program.PackageLicenseDeclared != "Apache-2.0" {
		t.Errorf("made at %s: %+v", doc.CreationInfo.Created, program)
	}
	described, err := spdxlib.GetDescribedPackageIDs(doc)
	if err != nil || len(described) != 1 || described[0] != program.PackageSPDXIdentifier {
		t.Errorf("described: %v, %v", described, err)
	}
}

func TestTheImageContainsTheProgram(t *testing.T) {
	sum := strings.Repeat("ab", 32)
	doc, err := bom.Image(of, "serin-image_linux_amd64", "ghcr.io/serin-dev/serin", "sha256:"+sum, self(t))
	if err != nil {
		t.Fatal(err)
	}
	image := byName(t, written(t, doc))["serin-image_linux_amd64"]
	url, err := packageurl.FromString(doc.Packages[0].PackageExternalReferences[0].Locator)
	if err != nil || url.Type != "oci" || url.Name != "serin" || url.Version != "sha256:"+sum || url.Qualifiers.Map()["repository_url"] != "ghcr.io/serin-dev/serin" {
		t.Errorf("the image is located at %v, %v", url, err)
	}
	if image == nil || doc.Relationships[0].RefB.ElementRefID != "image" || doc.Relationships[1].RefA.ElementRefID != "image" || doc.Relationships[1].RefB.ElementRefID != "program" {
		t.Errorf("the relationships begin with %+v and %+v", doc.Relationships[0], doc.Relationships[1])
	}
}

func TestTheSameProgramMakesTheSameList(t *testing.T) {
	var lists [2]bytes.Buffer
	for i := range lists {
		doc, err := bom.Program(of, "self", self(t))
		if err != nil {
			t.Fatal(err)
		}
		if err := spdxjson.Write(doc, &lists[i]); err != nil {
			t.Fatal(err)
		}
	}
	if lists[0].String() != lists[1].String() {
		t.Error("the lists differ")
	}
}

func TestWhatIsNoProgramHasNoList(t *testing.T) {
	if _, err := bom.Program(of, "serin", "/dev/null"); err == nil || !strings.Contains(err.Error(), "reading what is in /dev/null") {
		t.Errorf("Program() = %v", err)
	}
}
