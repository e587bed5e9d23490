// SPDX-License-Identifier: Apache-2.0

package charts_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A controller is the built product, and files in place of what is mounted.
type controller struct{ binary, secrets string }

func build(t *testing.T) controller {
	t.Helper()
	folder := t.TempDir()
	c := controller{binary: filepath.Join(folder, "serin"), secrets: filepath.Join(folder, "secrets")}
	compile := exec.CommandContext(t.Context(), "go", "build", "-o", c.binary, "./cmd/serin")
	compile.Dir = ".."
	if said, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("building the controller: %v\n%s", err, said)
	}
	for file, content := range map[string][]byte{
		"istiod/token": []byte("t"), "prometheus/token": []byte("t"), "prometheus/password": []byte("p"), "prometheus/ca.crt": authority(t),
	} {
		file = filepath.Join(c.secrets, file)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// accepts: the controller ends with a complaint about the cluster, which it
// looks for after it has found nothing wrong with its flags.
func (c controller) accepts(t *testing.T, args []string) {
	t.Helper()
	var local []string
	for _, argument := range args {
		local = append(local, strings.ReplaceAll(argument, "=/var/run/secrets/", "="+c.secrets+"/"))
	}
	local = append(local, "--kubeconfig=/nowhere/kubeconfig")
	said, err := exec.CommandContext(t.Context(), c.binary, local...).CombinedOutput()
	if err == nil || !strings.HasPrefix(string(said), "serin: reading the cluster's address") {
		t.Errorf("the controller does not accept %q: %v\n%s", args, err, said)
	}
}

// authority is a certificate that could vouch for somebody.
func authority(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
