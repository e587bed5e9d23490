// SPDX-License-Identifier: Apache-2.0

package cli

import "sigs.k8s.io/controller-runtime/pkg/client"

// reader is what plan --server reads the cluster with.
func reader(connect connector) func() (client.Reader, string, error) {
	return func() (client.Reader, string, error) {
		c, err := connect()
		if err != nil {
			return nil, "", err
		}
		return c.Reader, c.Namespace, nil
	}
}
