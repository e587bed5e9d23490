// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"context"
	"fmt"
	"io/fs"
	"strings"

	"golang.org/x/sync/errgroup"
	"istio.io/istio/manifests"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

const crdFile = "charts/base/files/crd-all.gen.yaml"

// createCRDs creates the CRDs that istiod's own module carries, so that the two cannot differ in version.
func (c *client) createCRDs(ctx context.Context) error {
	definitions, err := istioCRDs()
	if err != nil {
		return fmt.Errorf("reading Istio's CRDs: %w", err)
	}
	creations, ctx := errgroup.WithContext(ctx)
	for _, definition := range definitions {
		creations.Go(func() error {
			_, err := c.crds.ApiextensionsV1().CustomResourceDefinitions().Create(ctx, definition, metav1.CreateOptions{})
			if err != nil && !apierrors.IsAlreadyExists(err) {
				return fmt.Errorf("creating CRD %s: %w", definition.Name, err)
			}
			return nil
		})
	}
	return creations.Wait()
}

func istioCRDs() ([]*apiextensionsv1.CustomResourceDefinition, error) {
	text, err := fs.ReadFile(manifests.FS, crdFile)
	if err != nil {
		return nil, err
	}
	var definitions []*apiextensionsv1.CustomResourceDefinition
	for document := range strings.SplitSeq(string(text), "\n---\n") {
		definition := &apiextensionsv1.CustomResourceDefinition{}
		if err := yaml.Unmarshal([]byte(document), definition); err != nil {
			return nil, err
		}
		if definition.Name != "" {
			definitions = append(definitions, definition)
		}
	}
	return definitions, nil
}

// crdsEstablished passes when every CRD of the cluster is served.
func (c *client) crdsEstablished(ctx context.Context) error {
	list, err := c.crds.ApiextensionsV1().CustomResourceDefinitions().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for i := range list.Items {
		if !established(&list.Items[i]) {
			return fmt.Errorf("CRD %s is not established", list.Items[i].Name)
		}
	}
	return nil
}

func established(definition *apiextensionsv1.CustomResourceDefinition) bool {
	for _, condition := range definition.Status.Conditions {
		if condition.Type == apiextensionsv1.Established {
			return condition.Status == apiextensionsv1.ConditionTrue
		}
	}
	return false
}
