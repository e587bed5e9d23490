// SPDX-License-Identifier: Apache-2.0

package deploy

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"path"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// Files are the manifests, below the folder that they are in here.
//
//go:embed *.yaml guard/*.yaml fence/*.yaml fence/template/*.yaml
var Files embed.FS

// StaysLabel marks what is to stay when the rest is uninstalled (docs/security.md).
const StaysLabel = "serin.dev/stays"

// Guard is the guard alone, in the order in which to apply it.
func Guard() ([]*unstructured.Unstructured, error) { return kustomization("guard") }

// Fence is the fence alone, in the order in which to apply it.
func Fence() ([]*unstructured.Unstructured, error) { return kustomization("fence") }

// All is everything, in the order in which to apply it.
func All() ([]*unstructured.Unstructured, error) { return kustomization(".") }

// kustomization reads what the kustomization in the folder lists: files of
// objects, and folders with kustomizations of their own.
func kustomization(folder string) ([]*unstructured.Unstructured, error) {
	content, err := Files.ReadFile(path.Join(folder, "kustomization.yaml"))
	if err != nil {
		return nil, fmt.Errorf("reading the kustomization of %s: %w", folder, err)
	}
	var list struct{ Resources []string }
	if err := yaml.Unmarshal(content, &list); err != nil {
		return nil, fmt.Errorf("reading the kustomization of %s: %w", folder, err)
	}
	var all []*unstructured.Unstructured
	for _, resource := range list.Resources {
		read := objects
		if path.Ext(resource) == "" {
			read = kustomization
		}
		more, err := read(path.Join(folder, resource))
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}

// objects reads one file. A part without an object, such as a heading, is none.
func objects(file string) ([]*unstructured.Unstructured, error) {
	content, err := Files.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	var all []*unstructured.Unstructured
	decoder := yaml.NewYAMLToJSONDecoder(bytes.NewReader(content))
	for {
		object := &unstructured.Unstructured{}
		switch err := decoder.Decode(&object.Object); {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, fmt.Errorf("decoding %s: %w", file, err)
		case len(object.Object) > 0:
			all = append(all, object)
		}
	}
}
