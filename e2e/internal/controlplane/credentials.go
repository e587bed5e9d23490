// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"bytes"
	"crypto/rand"
	"encoding/csv"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	certutil "k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"

	"github.com/serin-dev/serin/e2e/internal/node"
)

const masters = "system:masters" // every right, past RBAC

// users are known to the API server by token. All but the last two are the lab's own; alice and bob have no rights until a test
// binds a role to them.
var users = []struct{ name, group string }{
	{"admin", masters},
	{controllerManagerUser, masters},
	{kwokUser, masters},
	{istiodUser, masters},
	{schedulerUser, ""}, // the cluster role of this name is enough
	{kubeletUser, "system:nodes"},
	{proxyUser, ""}, // bound to system:node-proxier in every cluster
	{"alice", ""},
	{"bob", ""},
}

const (
	controllerManagerUser = "system:kube-controller-manager"
	schedulerUser         = "system:kube-scheduler"
	kwokUser              = "kwok"
	istiodUser            = "istiod"
	kubeletUser           = "system:node:" + node.Name
	proxyUser             = "system:kube-proxy"
)

// writeCredentials writes certificates and tokens, and returns the token of each user.
func writeCredentials(layout Layout) (map[string]string, error) {
	if err := os.MkdirAll(filepath.Dir(layout.caFile()), 0o700); err != nil {
		return nil, err
	}
	if err := writeCertificates(layout); err != nil {
		return nil, fmt.Errorf("writing certificates: %w", err)
	}
	tokens, err := writeTokens(layout.Tokens())
	if err != nil {
		return nil, fmt.Errorf("writing tokens: %w", err)
	}
	return tokens, nil
}

func writeCertificates(layout Layout) error {
	names := []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"}
	addresses := []net.IP{net.IPv4(127, 0, 0, 1), net.ParseIP(nodeIP), firstServiceIP}
	chain, key, err := certutil.GenerateSelfSignedCertKey("127.0.0.1", addresses, names)
	if err != nil {
		return err
	}
	// The chain is the server's certificate and then the authority that signed it; clients need only the latter.
	_, authority := pem.Decode(chain)
	serviceAccountKey, err := keyutil.MakeEllipticPrivateKeyPEM()
	if err != nil {
		return err
	}
	for path, data := range map[string][]byte{
		layout.certFile():          chain,
		layout.keyFile():           key,
		layout.caFile():            bytes.TrimSpace(authority),
		layout.serviceAccountKey(): serviceAccountKey,
	} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func writeTokens(path string) (map[string]string, error) {
	var file bytes.Buffer
	lines := csv.NewWriter(&file)
	tokens := map[string]string{}
	for _, user := range users {
		tokens[user.name] = rand.Text()
		line := []string{tokens[user.name], user.name, user.name}
		if user.group != "" {
			line = append(line, user.group)
		}
		if err := lines.Write(line); err != nil {
			return nil, err
		}
	}
	lines.Flush()
	return tokens, os.WriteFile(path, file.Bytes(), 0o600)
}

// writeKubeconfig carries a token and not a client certificate, so that it also works through a proxy in front of the API server.
func writeKubeconfig(path, server, caFile, user, token string) error {
	ca, err := os.ReadFile(caFile)
	if err != nil {
		return err
	}
	config := clientcmdapi.NewConfig()
	config.Clusters["lab"] = &clientcmdapi.Cluster{Server: server, CertificateAuthorityData: ca}
	config.AuthInfos[user] = &clientcmdapi.AuthInfo{Token: token}
	config.Contexts["lab"] = &clientcmdapi.Context{Cluster: "lab", AuthInfo: user, Namespace: "default"}
	config.CurrentContext = "lab"
	return clientcmd.WriteToFile(*config, path)
}
