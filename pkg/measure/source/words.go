// SPDX-License-Identifier: Apache-2.0

package source

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"

	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
)

// explain says what a person can do about an error, in words that do not change
// from one try to the next, as port numbers do.
func (c *Client) explain(err error) error {
	at := "prometheus at " + c.host
	var answer *v1.Error
	var name *net.DNSError
	var op *net.OpError
	switch timeout, isNet := errors.AsType[net.Error](err); {
	case errors.Is(err, errTooLarge):
		return fmt.Errorf("%s gives an answer of more than %d MiB; ask for fewer series", at, c.config.MaxBytes>>20)
	case errors.As(err, &answer):
		return c.refusal(at, answer)
	case errors.Is(err, context.DeadlineExceeded) || isNet && timeout.Timeout():
		return fmt.Errorf("%s gives no answer within %s", at, c.config.Timeout)
	case errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission):
		return fmt.Errorf("%s cannot be shown who asks: %s", at, inner(err))
	case errors.As(err, &name):
		return fmt.Errorf("%s is not known to DNS; is the address right?", at)
	case errors.As(err, &op):
		return fmt.Errorf("%s cannot be reached: %s: %w", at, op.Op, op.Err)
	}
	return fmt.Errorf("%s cannot be asked: %s", at, inner(err))
}

func (c *Client) refusal(at string, answer *v1.Error) error {
	text := first(answer.Msg)
	switch {
	case strings.HasSuffix(text, ": 401"), strings.HasSuffix(text, ": 403"):
		return fmt.Errorf("%s refuses who asks (%s); a token or a password that it accepts is needed", at, text)
	case strings.HasSuffix(text, ": 404"):
		return fmt.Errorf("%s does not serve Prometheus's API there (%s); is a path missing in the address?", at, text)
	case answer.Type == v1.ErrBadData:
		return fmt.Errorf("%s does not understand the query: %s", at, text)
	case answer.Type == v1.ErrExec:
		return fmt.Errorf("%s cannot compute the query: %s", at, text)
	case answer.Type == v1.ErrTimeout:
		return fmt.Errorf("%s took too long over the query: %s", at, text)
	case answer.Type == v1.ErrBadResponse:
		return fmt.Errorf("%s answers with what is not Prometheus's API: %s", at, text)
	}
	return fmt.Errorf("%s answers with an error: %s", at, text)
}

func inner(err error) string {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err.Error()
	}
	return err.Error()
}

// first is the first line, cut to a length that leaves a message readable.
func first(text string) string {
	const longest = 300
	text, _, _ = strings.Cut(strings.TrimSpace(text), "\n")
	if len(text) > longest {
		text = text[:longest] + "…"
	}
	return text
}
