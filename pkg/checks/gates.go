// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"fmt"
	"net/url"
	"regexp"
	"time"

	"go.yaml.in/yaml/v3"
	batchv1 "k8s.io/api/batch/v1"

	"github.com/serin-dev/serin/pkg/rollout"
)

// Gate is one that is asked, once for each point at which it stands. It has
// either HTTP or Job.
type Gate struct {
	Name  string
	When  rollout.When
	Holds bool // a failure holds the rollout and does not roll it back
	HTTP  *HTTP
	Job   *batchv1.JobSpec
}

// HTTP is a gate that is asked by a POST.
type HTTP struct {
	URL     string
	Secret  string // with the key SecretKey, by which the request is signed; empty: it is not
	Timeout time.Duration
	Retries int
}

// SecretKey is where a Secret has what a request is signed with.
const SecretKey = "hmac"

// The bounds of gates, and what is usual.
const (
	mostGates = 16

	usualTimeout   = 10 * time.Second
	longestTimeout = 5 * time.Minute
	usualRetries   = 3
	mostRetries    = 10
	longestURL     = 2000
)

var moments = map[string]rollout.When{
	string(rollout.BeforeTraffic): rollout.BeforeTraffic, string(rollout.BeforeStep): rollout.BeforeStep,
	string(rollout.BeforePromotion): rollout.BeforePromotion, string(rollout.AfterPromotion): rollout.AfterPromotion,
}

var gateFields = []field[Gate]{
	{"name", "How the gate is called where it is told of; each has its own.",
		func(_ *reader, at *yaml.Node, _ string, g *Gate) error { return readName(at, &g.Name) }, nil},
	{"when", "`before-traffic`: the canary is available and gets its first traffic next. `before-step`: before each rise of its weight, the first included. `before-promotion`: the last step has passed, and the bake is over where there is one. `after`: the Deployment runs the new template and everything is cleared up; a failure is told, and moves nothing.",
		word(moments, func(g *Gate, v rollout.When) { g.When = v }), nil},
	{"on-failure", "`rollback` (the default), or `hold`: the rollout keeps its weight and waits for a person. Not of `after`.",
		word(map[string]bool{"rollback": false, "hold": true}, func(g *Gate, v bool) { g.Holds = v }), nil},
	{"http", "Asks by a POST. A status of 2xx passes.", (*reader).http, nil},
	{"job", "Runs a Job: the fields of a Job's `spec`, of which `template` is needed. Its success passes.", (*reader).job, nil},
}

var httpFields = []field[HTTP]{
	{"url", "Where to, with `http` or `https`.",
		func(_ *reader, at *yaml.Node, _ string, h *HTTP) error { return readURL(at, &h.URL) }, nil},
	{"secret", "Name of a Secret in the Deployment's namespace; the request is signed with what it has under the key `hmac`.",
		func(_ *reader, at *yaml.Node, _ string, h *HTTP) error { return readObjectName(at, &h.Secret) }, nil},
	{"timeout", "For how long one try may last, from 1s to 5m. Default 10s.",
		func(_ *reader, at *yaml.Node, _ string, h *HTTP) error { return readTimeout(at, &h.Timeout) }, nil},
	{"retries", "How often it is tried again where nobody answers, or the status is 5xx or 429; from 0 to 10. Default 3.",
		func(_ *reader, at *yaml.Node, _ string, h *HTTP) error { return readRetries(at, &h.Retries) }, nil},
}

func (r *reader) gates(at *yaml.Node, path string, p *Policy) error {
	if at.Kind != yaml.SequenceNode {
		return fmt.Errorf("is not a list; write each gate after a hyphen")
	}
	if len(at.Content) > mostGates {
		return fmt.Errorf("has %d gates, and may have %d", len(at.Content), mostGates)
	}
	names := map[string]bool{}
	for i, node := range at.Content {
		place := fmt.Sprintf("%s[%d]", path, i)
		gate := Gate{}
		written := object(r, node, place, gateFields, &gate)
		if written == nil {
			continue
		}
		r.completeGate(node, place, written, &gate)
		if gate.Name != "" && names[gate.Name] {
			r.fault(written["name"], place+".name", fmt.Sprintf("%q is another gate's name; give each its own", gate.Name))
		}
		names[gate.Name] = true
		p.Gates = append(p.Gates, gate)
	}
	return nil
}

// completeGate looks at a gate as a whole.
func (r *reader) completeGate(at *yaml.Node, path string, written map[string]*yaml.Node, g *Gate) {
	for _, needed := range []string{"name", "when"} {
		if written[needed] == nil {
			r.fault(at, path, needed+" is missing")
		}
	}
	switch {
	case written["http"] == nil && written["job"] == nil:
		r.fault(at, path, "http or job is missing")
	case written["http"] != nil && written["job"] != nil:
		r.fault(written["job"], path, "has http and job; choose one")
	}
	if node := written["on-failure"]; node != nil && g.When == rollout.AfterPromotion {
		r.fault(node, path+".on-failure", "after the promotion nothing is rolled back or held; remove it")
	}
}

func (r *reader) http(at *yaml.Node, path string, g *Gate) error {
	g.HTTP = &HTTP{Timeout: usualTimeout, Retries: usualRetries}
	if written := object(r, at, path, httpFields, g.HTTP); written != nil && written["url"] == nil {
		r.fault(at, path, "url is missing")
	}
	return nil
}

func readURL(at *yaml.Node, into *string) error {
	text, err := scalar(at)
	if err != nil {
		return err
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || len(text) > longestURL:
		return fmt.Errorf("%q is not a URL; write for example http://tests.web.svc/smoke", short(text))
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("%q is neither http nor https", short(u.Scheme))
	case u.User != nil:
		return fmt.Errorf("has credentials in it; sign the request with a secret")
	case u.Fragment != "":
		return fmt.Errorf("has a fragment (#), which is never sent; remove it")
	}
	*into = text
	return nil
}

var objectName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$`)

func readObjectName(at *yaml.Node, into *string) error {
	text, err := scalar(at)
	if err == nil && !objectName.MatchString(text) {
		err = fmt.Errorf("%q cannot be the name of a Secret", short(text))
	}
	if err == nil {
		*into = text
	}
	return err
}

func readTimeout(at *yaml.Node, into *time.Duration) error {
	text, err := scalar(at)
	if err != nil {
		return err
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("%q is not a duration; write for example 30s or 2m", short(text))
	}
	if d < time.Second || d > longestTimeout {
		return fmt.Errorf("%s is outside of the range from 1s to 5m", text)
	}
	*into = d
	return nil
}

func readRetries(at *yaml.Node, into *int) error {
	n, err := float(at, 0, mostRetries)
	if err == nil && n != float64(int(n)) {
		err = fmt.Errorf("%s is not a whole number", at.Value)
	}
	if err == nil {
		*into = int(n)
	}
	return err
}
