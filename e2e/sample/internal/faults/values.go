// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
)

// value reads and writes one field; text that stands for its zero value is empty.
type value interface {
	read(text string) error
	String() string
}

type rate float64

func (r *rate) read(text string) error {
	parsed, err := strconv.ParseFloat(text, 64)
	if err != nil || !(parsed > 0 && parsed <= 1) { // NaN is neither
		return fmt.Errorf("%q is not a rate above 0 and up to 1, such as 0.05", text)
	}
	*r = rate(parsed)
	return nil
}

func (r *rate) String() string {
	if *r == 0 {
		return ""
	}
	return strconv.FormatFloat(float64(*r), 'g', -1, 64)
}

type duration time.Duration

func (d *duration) read(text string) error {
	parsed, err := time.ParseDuration(text)
	if err != nil || parsed <= 0 {
		return fmt.Errorf("%q is not a positive duration such as 200ms or 5s", text)
	}
	*d = duration(parsed)
	return nil
}

func (d *duration) String() string {
	if *d == 0 {
		return ""
	}
	return time.Duration(*d).String()
}

type flag bool

func (f *flag) read(text string) error {
	if text != "" && text != "true" {
		return fmt.Errorf("%q is too much: the fault takes no value", text)
	}
	*f = true
	return nil
}

func (f *flag) String() string {
	if !*f {
		return ""
	}
	return "true"
}

type number int

func (n *number) between(low, high int) value { return bounded{n, low, high} }

type bounded struct {
	*number
	low, high int
}

func (b bounded) read(text string) error {
	parsed, err := strconv.Atoi(text)
	if err != nil || parsed < b.low || parsed > b.high {
		return fmt.Errorf("%q is not a number from %d to %d", text, b.low, b.high)
	}
	*b.number = number(parsed)
	return nil
}

func (b bounded) String() string {
	if *b.number == 0 {
		return ""
	}
	return strconv.Itoa(int(*b.number))
}

type grpcCode codes.Code

func (c *grpcCode) read(text string) error {
	for code := codes.Canceled; code <= codes.Unauthenticated; code++ {
		if strings.EqualFold(code.String(), strings.ReplaceAll(text, "_", "")) {
			*c = grpcCode(code)
			return nil
		}
	}
	return fmt.Errorf("%q is not the code of a gRPC error such as Unavailable", text)
}

func (c *grpcCode) String() string {
	if *c == 0 {
		return ""
	}
	return codes.Code(*c).String()
}
