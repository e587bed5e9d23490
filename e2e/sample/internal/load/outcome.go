// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"errors"
	"io"
	"os"
	"regexp"
	"strings"
	"syscall"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	refused  = "connection refused"
	wasReset = "connection reset"
	timedOut = "timeout"
	closed   = "connection closed" // before the answer was complete
)

// kinds tell failures apart. The first that fits counts.
var kinds = []struct {
	err     error
	outcome string
}{
	{context.DeadlineExceeded, timedOut},
	{os.ErrDeadlineExceeded, timedOut},
	{syscall.ETIMEDOUT, timedOut},
	{syscall.ECONNREFUSED, refused},
	{syscall.ECONNRESET, wasReset},
	{syscall.EPIPE, wasReset},
	{syscall.EHOSTUNREACH, "no route to host"},
	{syscall.ENETUNREACH, "network is unreachable"},
	{syscall.EADDRNOTAVAIL, "client has no port left"},
	{syscall.EMFILE, "client has no file left"},
	{io.EOF, closed},
	{io.ErrUnexpectedEOF, closed},
}

// describe turns an error into text that is the same for all errors of a kind.
func describe(err error) string {
	for _, kind := range kinds {
		if errors.Is(err, kind.err) {
			return kind.outcome
		}
	}
	return stable(err.Error())
}

// describeStatus is describe for gRPC, which keeps of its errors no more than text.
func describeStatus(status *status.Status) string {
	if status.Code() == codes.DeadlineExceeded {
		return timedOut
	}
	text := stable(status.Message())
	for _, kind := range []string{refused, wasReset, "no route to host"} {
		if strings.Contains(text, kind) {
			text = kind
		}
	}
	return "gRPC " + status.Code().String() + ": " + text
}

// addresses differ between failures of one kind.
var addresses = regexp.MustCompile(`\d+\.\d+\.\d+\.\d+(:\d+)?|\[[0-9a-f:]+\](:\d+)?`)

// longest is where the text of a failure is cut.
const longest = 160

func stable(text string) string {
	text = addresses.ReplaceAllString(text, "…")
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "")
	}
	return text
}
