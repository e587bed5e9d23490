// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// ID names a trace.
type ID [16]byte

// SpanID names a span within its trace. The zero value is none.
type SpanID [8]byte

// String is the identifier in hexadecimal digits, as backends show it.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// String is the identifier in hexadecimal digits, as backends show it.
func (id SpanID) String() string { return hex.EncodeToString(id[:]) }

// Subject is the Deployment that a rollout is of.
type Subject struct{ Namespace, Deployment, UID string }

// Span is a part of a rollout that has ended.
type Span struct {
	Trace      ID
	ID         SpanID
	Parent     SpanID // zero: the root
	Name       string // of few: the weight of a step is the only number in it
	Start, End time.Time
	Failed     string // why the rollout failed in it; empty: it did not
	Attributes []Attribute
	Events     []Event
	// Whole is false where the record left entries out, so that a span that was
	// made before they went tells more.
	Whole bool
}

// Event is an instant within a span.
type Event struct {
	At         time.Time
	Name       string
	Attributes []Attribute
}

// Attribute is a fact. Value is a string, a []string, an int or a float64.
type Attribute struct {
	Key   string
	Value any
}

// Of is the trace of the rollout that began at that instant.
func Of(s Subject, began time.Time) ID {
	return ID(digest("rollout", s.UID, began.UTC().Format(time.RFC3339Nano))[:16])
}

// span names a span of the trace by its place.
func (id ID) span(place ...string) SpanID {
	return SpanID(digest(append([]string{id.String()}, place...)...)[:8])
}

func digest(words ...string) []byte {
	sum := sha256.Sum256([]byte(strings.Join(words, "\n")))
	return sum[:]
}
