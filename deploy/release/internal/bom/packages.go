// SPDX-License-Identifier: Apache-2.0

package bom

import (
	"fmt"
	"path"
	"regexp"
	"runtime/debug"
	"strings"

	"github.com/package-url/packageurl-go"
	"github.com/spdx/tools-golang/spdx/v2/common"
	spdx "github.com/spdx/tools-golang/spdx/v2/v2_3"
	"golang.org/x/mod/module"

	"github.com/serin-dev/serin/deploy/release/internal/source"
)

const home = "https://github.com/serin-dev/serin"

// application is the program itself, which is ours: what it is licensed under is known.
func application(s source.Source, name, importPath, sum string) (*spdx.Package, error) {
	p := described(name, s.Version, "APPLICATION")
	p.PackageSPDXIdentifier = "program"
	p.PackageDownloadLocation = home + "/releases/tag/" + s.Version
	p.PackageSourceInfo = "built from commit " + s.Commit + " of " + home
	p.PackageHomePage = home
	p.PackageSupplier = &common.Supplier{SupplierType: "Organization", Supplier: "serin-dev"}
	p.PackageLicenseDeclared = "Apache-2.0"
	p.PackageChecksums = []common.Checksum{{Algorithm: common.SHA256, Value: sum}}
	return p, locate(p, importPath, s.Version)
}

// container is the image, known by the digest of its manifest.
func container(s source.Source, name, repository, sum string) *spdx.Package {
	p := described(name, s.Version, "CONTAINER")
	p.PackageSPDXIdentifier = "image"
	p.PackageDownloadLocation = unknown
	p.PackageSupplier = &common.Supplier{SupplierType: "Organization", Supplier: "serin-dev"}
	p.PackageLicenseDeclared = "Apache-2.0"
	p.PackageChecksums = []common.Checksum{{Algorithm: common.SHA256, Value: sum}}
	url := packageurl.NewPackageURL(packageurl.TypeOCI, "", path.Base(repository), "sha256:"+sum,
		packageurl.QualifiersFromMap(map[string]string{"repository_url": repository, "tag": s.Version}), "")
	p.PackageExternalReferences = []*spdx.PackageExternalReference{reference(url.ToString())}
	return p
}

// standard is Go's library, by the version that the compiler says, such as go1.26.8.
func standard(compiler string) (*spdx.Package, error) {
	version := strings.TrimPrefix(compiler, "go")
	p := described("stdlib", version, "LIBRARY")
	p.PackageSPDXIdentifier = "stdlib"
	p.PackageDownloadLocation = "https://go.dev/dl/" + compiler + ".src.tar.gz"
	p.PackageLicenseDeclared = "BSD-3-Clause"
	return p, locate(p, "stdlib", version)
}

// dependency is a module that is in the program.
func dependency(m *debug.Module) (*spdx.Package, error) {
	p := described(m.Path, m.Version, "LIBRARY")
	p.PackageSPDXIdentifier = common.ElementID("module-" + unfit.ReplaceAllString(m.Path, "-"))
	escaped, err := module.EscapePath(m.Path)
	if err != nil {
		return nil, fmt.Errorf("naming where %s is: %w", m.Path, err)
	}
	version, err := module.EscapeVersion(m.Version)
	if err != nil {
		return nil, fmt.Errorf("naming where %s is: %w", m.Path, err)
	}
	p.PackageDownloadLocation = "https://proxy.golang.org/" + escaped + "/@v/" + version + ".zip"
	// It is the checksum of a list of checksums, and so none that SPDX has a name for.
	p.PackageSourceInfo = "go.sum " + m.Sum
	return p, locate(p, m.Path, m.Version)
}

// unfit is what an identifier of SPDX does not have.
var unfit = regexp.MustCompile(`[^A-Za-z0-9.-]`)

// described is what every package says, with nothing known of its licence and its owner.
func described(name, version, purpose string) *spdx.Package {
	return &spdx.Package{
		PackageName: name, PackageVersion: version, PrimaryPackagePurpose: purpose, IsFilesAnalyzedTagPresent: true,
		PackageLicenseConcluded: unknown, PackageLicenseDeclared: unknown, PackageCopyrightText: unknown,
	}
}

// locate says what the package is called by those who look for weaknesses.
func locate(p *spdx.Package, name, version string) error {
	namespace, last := path.Split(name)
	url := packageurl.NewPackageURL(packageurl.TypeGolang, strings.Trim(namespace, "/"), last, version, nil, "")
	if err := url.Normalize(); err != nil {
		return fmt.Errorf("naming %s %s: %w", name, version, err)
	}
	p.PackageExternalReferences = []*spdx.PackageExternalReference{reference(url.ToString())}
	return nil
}

func reference(url string) *spdx.PackageExternalReference {
	return &spdx.PackageExternalReference{Category: common.CategoryPackageManager, RefType: common.TypePackageManagerPURL, Locator: url}
}
