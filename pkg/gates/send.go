// SPDX-License-Identifier: Apache-2.0

package gates

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/serin-dev/serin/pkg/checks"
	"github.com/serin-dev/serin/pkg/rollout"
)

// The headers of a request that is signed.
const (
	TimestampHeader = "Serin-Timestamp"
	SignatureHeader = "Serin-Signature"
)

const (
	mostWords     = 200      // bytes of an answer that are told
	mostHeaders   = 64 << 10 // bytes
	mostRedirects = 5
)

// Body is what is sent.
type Body struct {
	ID         string    `json:"id"`
	Namespace  string    `json:"namespace"`
	Deployment string    `json:"deployment"`
	Gate       string    `json:"gate"`
	When       string    `json:"when"`
	Weight     float64   `json:"weight"`     // percent
	NextWeight float64   `json:"nextWeight"` // percent; 0: none is left
	From       Version   `json:"from"`
	To         Version   `json:"to"`
	Started    time.Time `json:"started"` // the rollout
}

// Version is what runs, or is to run.
type Version struct {
	Hash   string   `json:"hash,omitempty"`
	Images []string `json:"images,omitempty"`
}

// told is what came of one try.
type told struct {
	Answer

	again bool // another try may do better
}

func failed(format string, args ...any) told {
	return told{Answer: Answer{State: rollout.GateFailed, Words: fmt.Sprintf(format, args...)}}
}

func stuck(format string, args ...any) told {
	return told{Answer: Answer{State: rollout.GatePending, Words: fmt.Sprintf(format, args...), Stuck: true}}
}

// send asks once.
func (f *Follower) send(ctx context.Context, one *asked, tries int) told {
	q := one.question
	ctx, cancel := context.WithTimeout(ctx, q.Gate.Timeout)
	defer cancel()
	body, err := json.Marshal(q.Body)
	if err != nil {
		return failed("the question cannot be written: %v", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, q.Gate.URL, bytes.NewReader(body))
	if err != nil {
		return failed("the question cannot be sent: %v", err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "serin")
	if q.Gate.Secret != "" {
		if refused := f.sign(ctx, request, one, body); refused.Stuck {
			return refused
		}
	}
	response, err := f.http.Do(request)
	if err != nil {
		return unanswered(err, q.Gate, tries)
	}
	defer func() { _ = response.Body.Close() }()
	return answered(response, tries)
}

// sign adds the signature. Without the Secret nothing is sent.
func (f *Follower) sign(ctx context.Context, request *http.Request, one *asked, body []byte) told {
	name, secret := types.NamespacedName{Namespace: one.key.Namespace, Name: one.question.Gate.Secret}, one.question.Gate.Secret
	data, err := f.Secrets(ctx, name)
	switch {
	case apierrors.IsNotFound(err):
		return stuck("Secret %s does not exist; create it with the key %s", name, checks.SecretKey)
	case apierrors.IsForbidden(err):
		return stuck("Secret %[1]s cannot be read; allow it: kubectl create role serin-gate-%[2]s --namespace %[3]s --verb=get --resource=secrets --resource-name=%[2]s, "+
			"then kubectl create rolebinding serin-gate-%[2]s --namespace %[3]s --role=serin-gate-%[2]s --serviceaccount=%[4]s", name, secret, name.Namespace, account(err))
	case err != nil:
		return stuck("Secret %s cannot be read: %v", name, err)
	case len(data[checks.SecretKey]) == 0:
		return stuck("Secret %s has nothing under the key %s", name, checks.SecretKey)
	}
	timestamp := strconv.FormatInt(f.Clock.Now().Unix(), 10)
	request.Header.Set(TimestampHeader, timestamp)
	request.Header.Set(SignatureHeader, Sign(data[checks.SecretKey], timestamp, body))
	return told{}
}

// account is who the API server says was refused, as kubectl takes it.
func account(err error) string {
	_, after, _ := strings.Cut(err.Error(), `User "system:serviceaccount:`)
	if name, _, found := strings.Cut(after, `"`); found {
		return name
	}
	return "serin-system:serin"
}

// Sign is the value of the header SignatureHeader.
func Sign(secret []byte, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	_, _ = fmt.Fprintf(mac, "%s.%s", timestamp, body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// answered says what the status means.
func answered(response *http.Response, tries int) told {
	if response.StatusCode >= 200 && response.StatusCode < 300 {
		return told{Answer: Answer{State: rollout.GatePassed}}
	}
	text := fmt.Sprintf("answered %d%s", response.StatusCode, after(tries))
	if to, err := response.Location(); err == nil {
		text += fmt.Sprintf(", a redirect to %s://%s that is not followed", to.Scheme, to.Host)
	}
	start, _ := io.ReadAll(io.LimitReader(response.Body, mostWords))
	if said := plain(start); said != "" {
		text += ": " + said
	}
	result := failed("%s", text)
	result.again = response.StatusCode >= 500 || response.StatusCode == http.StatusTooManyRequests
	return result
}

func after(tries int) string {
	if tries == 1 {
		return ""
	}
	return fmt.Sprintf(" after %d tries", tries)
}

// plain is text that can be told in one line.
func plain(text []byte) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(string(text), ""), func(r rune) bool { return r <= ' ' || r == 0x7f }), " ")
}

// unanswered says why there was no answer, without the query of the URL.
func unanswered(err error, gate checks.HTTP, tries int) told {
	if at, ok := errors.AsType[*url.Error](err); ok {
		err = at.Err
	}
	switch {
	case errors.Is(err, errOwn):
		return failed("is not asked: %v", err)
	case errors.Is(err, context.DeadlineExceeded):
		result := failed("no answer within %s%s", gate.Timeout, after(tries))
		result.again = true
		return result
	}
	result := failed("no answer%s: %s", after(tries), plain([]byte(err.Error())))
	result.again = true
	return result
}

var errOwn = errors.New("the address is the controller's own machine or a link-local one")

// newClient asks over connections of their own, through no proxy: what a gate
// may reach is decided by its address.
func newClient(own bool) *http.Client {
	dialer := &net.Dialer{Control: refuseOwn}
	if own {
		dialer.Control = nil
	}
	return &http.Client{
		Transport: &http.Transport{
			DialContext: dialer.DialContext, DisableKeepAlives: true, MaxResponseHeaderBytes: mostHeaders,
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
		},
		CheckRedirect: redirect,
	}
}

// redirect follows only what keeps the question as it is, on the same host.
func redirect(next *http.Request, before []*http.Request) error {
	first := before[0]
	if next.Method != http.MethodPost || next.URL.Host != first.URL.Host || next.URL.Scheme != first.URL.Scheme || len(before) > mostRedirects {
		return http.ErrUseLastResponse
	}
	return nil
}

// refuseOwn looks at the address that a name has led to. Whoever may write a
// gate must not reach what only this process can.
func refuseOwn(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %s", errOwn, address)
	}
	ip := at.Addr().Unmap()
	if ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsUnspecified() || ip.IsMulticast() {
		return fmt.Errorf("%w: %s", errOwn, ip)
	}
	return nil
}
