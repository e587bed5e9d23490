// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"github.com/serin-dev/serin/deploy/release/internal/source"
)

// Install is what "kubectl apply -k deploy/" would apply, with the image of this release: its tag for people, its digest (sha256:…)
// for the node.
func Install(s source.Source, folder, repository, digest string) ([]byte, error) {
	files, err := load(os.DirFS(folder), "base")
	if err != nil {
		return nil, fmt.Errorf("reading the manifests in %s: %w", folder, err)
	}
	overlay, err := yaml.Marshal(types.Kustomization{
		TypeMeta:  types.TypeMeta{APIVersion: types.KustomizationVersion, Kind: types.KustomizationKind},
		Resources: []string{"../base"},
		Images:    []types.Image{{Name: repository, NewTag: s.Version, Digest: digest}},
	})
	if err != nil {
		return nil, fmt.Errorf("naming the image: %w", err)
	}
	if err := files.WriteFile("release/kustomization.yaml", overlay); err != nil {
		return nil, fmt.Errorf("naming the image: %w", err)
	}
	objects, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(files, "release")
	if err != nil {
		return nil, fmt.Errorf("building the manifests: %w", err)
	}
	text, err := objects.AsYaml()
	if err != nil {
		return nil, fmt.Errorf("writing the manifests: %w", err)
	}
	return append(fmt.Appendf(nil, "# SPDX-License-Identifier: Apache-2.0\n# Serin %s: kubectl apply -f serin.yaml\n", s.Version), text...), nil
}

// load reads the manifests into memory, where the overlay stands beside them.
func load(from fs.FS, as string) (filesys.FileSystem, error) {
	files := filesys.MakeFsInMemory()
	return files, fs.WalkDir(from, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(name) != ".yaml" {
			return err
		}
		content, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		return files.WriteFile(path.Join(as, name), content)
	})
}
