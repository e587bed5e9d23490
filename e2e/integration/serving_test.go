// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
)

// Metrics that are secured are for those who may get them, from every replica: this one stands by all the time.
func TestSecureMetricsAskWhoComes(t *testing.T) {
	onItsOwn(t)
	if err := shared.apply(t.Context(), "metrics/rbac.yaml"); err != nil {
		t.Fatal(err)
	}
	standsBy(t)
	reader, stranger := tokenOf(t, "reader-", "serin-metrics-reader"), tokenOf(t, "stranger-", "")
	folder, authority := certificate(t)
	for name, test := range map[string]struct {
		flags []string
		trust *tls.Config
	}{
		"with a certificate that is given": {[]string{"--metrics-cert-dir=" + folder}, &tls.Config{RootCAs: authority}},
		"with one of its own":              {nil, &tls.Config{InsecureSkipVerify: true}},
	} {
		t.Run(name, func(t *testing.T) {
			address := freePort(t)
			startSerin(t, newProxy(t, shared, shared.token), append(test.flags, "--metrics-bind-address="+address, "--metrics-secure", "--health-probe-bind-address=0")...)
			client := &http.Client{Transport: &http.Transport{TLSClientConfig: test.trust, DisableKeepAlives: true}}
			serves(t, client, "https://"+address+"/metrics")
			for _, who := range []struct {
				token string
				want  int
			}{{"", http.StatusUnauthorized}, {stranger, http.StatusForbidden}, {reader, http.StatusOK}} {
				code, text, err := get(t.Context(), client, "https://"+address+"/metrics", who.token)
				if err != nil || code != who.want || strings.Contains(text, "go_goroutines") != (code == http.StatusOK) {
					t.Errorf("got %d, %v, want %d: %.100s", code, err, who.want, text)
				}
			}
			if code, _, err := get(t.Context(), client, "https://"+address+"/metrics", "nonsense"); err != nil || code < http.StatusBadRequest {
				t.Errorf("for a token that is none it answers %d, %v", code, err)
			}
			if code, text, err := get(t.Context(), http.DefaultClient, "http://"+address+"/metrics", reader); err == nil && code == http.StatusOK {
				t.Errorf("without TLS it tells %.100s", text)
			}
		})
	}
}

// Profiles are served to nobody unless somebody has asked for that.
func TestProfilesAreOffUnlessAskedFor(t *testing.T) {
	onItsOwn(t)
	for name, flags := range map[string][]string{"off": nil, "asked for": {"--pprof-bind-address=" + freePort(t)}} {
		t.Run(name, func(t *testing.T) {
			metrics, probes := freePort(t), freePort(t)
			all := slices.Concat(flags, []string{"--leader-elect=false", "--metrics-bind-address=" + metrics, "--health-probe-bind-address=" + probes})
			startSerin(t, newProxy(t, shared, shared.token), all...)
			serves(t, http.DefaultClient, "http://"+metrics+"/metrics")
			serves(t, http.DefaultClient, "http://"+probes+"/healthz")
			for _, address := range []string{metrics, probes} {
				if code, _, err := get(t.Context(), http.DefaultClient, "http://"+address+"/debug/pprof/cmdline", ""); err != nil || code != http.StatusNotFound {
					t.Errorf("%s answers %d, %v", address, code, err)
				}
			}
			for _, flag := range flags {
				serves(t, http.DefaultClient, "http://"+strings.TrimPrefix(flag, "--pprof-bind-address=")+"/debug/pprof/cmdline")
			}
		})
	}
}

// standsBy has somebody else lead until the test ends.
func standsBy(t *testing.T) {
	t.Helper()
	leases := shared.api.CoordinationV1().Leases(systemNamespace)
	_ = leases.Delete(t.Context(), "serin", metav1.DeleteOptions{}) // of a controller that was killed
	now := metav1.NewMicroTime(time.Now())
	lease := &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Name: "serin"},
		Spec:       coordinationv1.LeaseSpec{HolderIdentity: new("somebody"), LeaseDurationSeconds: new(int32(3600)), AcquireTime: &now, RenewTime: &now},
	}
	if _, err := leases.Create(t.Context(), lease, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = leases.Delete(context.WithoutCancel(t.Context()), "serin", metav1.DeleteOptions{}) })
}

// tokenOf is the token of a new account, bound to a ClusterRole if one is named.
func tokenOf(t *testing.T, name, role string) string {
	t.Helper()
	someone, err := shared.api.CoreV1().ServiceAccounts(systemNamespace).Create(t.Context(), &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{GenerateName: name}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if role != "" {
		binding := &rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: someone.Name},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
			Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: someone.Name, Namespace: systemNamespace}},
		}
		if _, err := shared.api.RbacV1().ClusterRoleBindings().Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	token, err := shared.tokenOf(t.Context(), someone.Name)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// get reads a page as somebody.
func get(ctx context.Context, client *http.Client, url, token string) (code int, text string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), err
}

// serves waits until there is an answer, whatever it is.
func serves(t *testing.T, client *http.Client, url string) {
	t.Helper()
	var last error
	err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		_, _, last = get(ctx, client, url, "")
		return last == nil, nil
	})
	if err != nil {
		t.Fatalf("%s does not answer: %v", url, last)
	}
}

// certificate is a folder with tls.crt and tls.key for 127.0.0.1, and who vouches for them.
func certificate(t *testing.T) (folder string, authority *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	signed, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	folder, authority = t.TempDir(), x509.NewCertPool()
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed})
	authority.AppendCertsFromPEM(public)
	for file, content := range map[string][]byte{"tls.crt": public, "tls.key": pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: secret})} {
		if err := os.WriteFile(filepath.Join(folder, file), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder, authority
}
