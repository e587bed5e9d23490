// SPDX-License-Identifier: Apache-2.0

package source_test

import (
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/serin-dev/serin/pkg/measure/source"
)

var (
	from  = time.UnixMilli(1_000_000)
	until = from.Add(10 * time.Second)
)

// matrix is an answer with so many series.
func matrix(n int) string {
	series := make([]string, 0, n)
	for i := range n {
		series = append(series, fmt.Sprintf(`{"metric":{"pod":"%d"},"values":[[1000,"1"],[1005,"%d"]]}`, i, i))
	}
	return `{"status":"success","data":{"resultType":"matrix","result":[` + strings.Join(series, ",") + `]}}`
}

func ask(t *testing.T, c source.Config) error {
	t.Helper()
	client, err := source.New(c)
	if err != nil {
		return err
	}
	_, err = client.Raw(t.Context(), "up", from, until)
	return err
}

func TestErrorsSayWhatToDo(t *testing.T) {
	t.Parallel()
	hung := make(chan struct{})
	t.Cleanup(func() { close(hung) })
	for name, test := range map[string]struct {
		serve func(http.ResponseWriter)
		want  string
	}{
		"an error of the server": {func(w http.ResponseWriter) { http.Error(w, "no", http.StatusBadGateway) }, "answers with an error: server error: 502"},
		"a refusal":              {func(w http.ResponseWriter) { http.Error(w, "no", http.StatusUnauthorized) }, "a token or a password that it accepts is needed"},
		"a forbidden one":        {func(w http.ResponseWriter) { http.Error(w, "no", http.StatusForbidden) }, "a token or a password that it accepts is needed"},
		"another path":           {func(w http.ResponseWriter) { http.Error(w, "no", http.StatusNotFound) }, "is a path missing in the address?"},
		"no JSON":                {func(w http.ResponseWriter) { fmt.Fprint(w, "<html>") }, "what is not Prometheus's API"},
		"half an answer":         {func(w http.ResponseWriter) { fmt.Fprint(w, matrix(1)[:40]) }, "what is not Prometheus's API"},
		"another type": {func(w http.ResponseWriter) {
			fmt.Fprint(w, `{"status":"success","data":{"resultType":"vector","result":[]}}`)
		}, "where samples over time are expected"},
		"a bad query": {func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"status":"error","errorType":"bad_data","error":"parse error: unclosed"}`)
		}, "does not understand the query: parse error: unclosed"},
		"a query that cannot be computed": {func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusUnprocessableEntity)
			fmt.Fprint(w, `{"status":"error","errorType":"execution","error":"many-to-many"}`)
		}, "cannot compute the query: many-to-many"},
		"a part of the data": {func(w http.ResponseWriter) {
			fmt.Fprint(w, `{"status":"success","warnings":["store 3 is away"],"data":{"resultType":"matrix","result":[]}}`)
		}, "gives an incomplete answer: store 3 is away"},
		"too much": {func(w http.ResponseWriter) {
			for range 300 {
				fmt.Fprint(w, strings.Repeat(" ", 4096))
			}
		}, "gives an answer of more than 1 MiB"},
		"too many series": {func(w http.ResponseWriter) { fmt.Fprint(w, matrix(6)) }, "more than 5 series"},
		"no answer":       {func(http.ResponseWriter) { <-hung }, "gives no answer within 200ms"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { test.serve(w) }))
			timeout := 200 * time.Millisecond
			if name != "no answer" {
				t.Cleanup(server.Close)
				timeout = 20 * time.Second
			}
			err := ask(t, source.Config{Address: server.URL, Timeout: timeout, MaxBytes: 1 << 20, MaxSeries: 5})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestNobodyIsThere(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	if err := ask(t, source.Config{Address: server.URL}); err == nil || !strings.Contains(err.Error(), "cannot be reached: dial: connect: connection refused") {
		t.Errorf("got %v", err)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config source.Config
		want   string
	}{
		"no scheme":            {source.Config{Address: "prometheus:9090"}, "is not an address such as"},
		"no address":           {source.Config{}, "is not an address such as"},
		"two ways":             {source.Config{Address: "http://a", TokenFile: "x", Username: "u", PasswordFile: "y"}, "not both"},
		"no password":          {source.Config{Address: "http://a", Username: "u"}, "go together"},
		"no certificates":      {source.Config{Address: "http://a", CAFile: "/nowhere"}, "reading the certificates"},
		"a token that is away": {source.Config{Address: "http://a", TokenFile: "/nowhere"}, "cannot be shown who asks"},
	} {
		if err := ask(t, test.config); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// Tokens, passwords and their rotation.
func TestAuthentication(t *testing.T) {
	t.Parallel()
	var seen string
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header.Get("Authorization")
		fmt.Fprint(w, matrix(1))
	}))
	server.TLS.MinVersion = tls.VersionTLS12
	t.Cleanup(server.Close)
	dir := t.TempDir()
	secret, ca := filepath.Join(dir, "secret"), filepath.Join(dir, "ca")
	write := func(path string, content []byte) {
		t.Helper()
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	client, err := source.New(source.Config{Address: server.URL, TokenFile: secret, CAFile: ca})
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{"one", "two"} {
		write(secret, []byte(token+"\n"))
		series, err := client.Raw(t.Context(), "up", from, until)
		if err != nil || seen != "Bearer "+token {
			t.Errorf("with token %s: %q, %v", token, seen, err)
		}
		if len(series) != 1 || len(series[0].Points) != 1 { // the one at the beginning is not within
			t.Errorf("got %+v", series)
		}
	}
	if err := ask(t, source.Config{Address: server.URL, Username: "serin", PasswordFile: secret, CAFile: ca}); err != nil || !strings.HasPrefix(seen, "Basic ") {
		t.Errorf("with a password: %q, %v", seen, err)
	}
	if err := ask(t, source.Config{Address: server.URL, TokenFile: secret}); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("without the CA: %v", err)
	}
}
