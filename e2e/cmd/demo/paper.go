// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
)

// prefix opens every line, so that the demo can be told from what a pipeline prints around it.
const prefix = "demo | "

// colour only ever underlines what the words say already.
type colour string

const (
	plain  colour = ""
	bold   colour = "\x1b[1m"
	grey   colour = "\x1b[2m"
	red    colour = "\x1b[31m"
	green  colour = "\x1b[32m"
	yellow colour = "\x1b[33m"
	reset         = "\x1b[0m"
)

// paper is what is printed on, line by line. It is safe for concurrent use.
type paper struct {
	mu      sync.Mutex
	out     io.Writer
	colours bool
	rest    []byte // of a line that was written in pieces
}

func newPaper(out io.Writer, colours bool) *paper { return &paper{out: out, colours: colours} }

// say prints one line, or several where the text has several.
func (p *paper) say(c colour, format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for line := range strings.Lines(fmt.Sprintf(format, args...) + "\n") {
		p.line(c, strings.TrimRight(line, " \n"))
	}
}

func (p *paper) line(c colour, text string) {
	if p.colours && c != plain && text != "" {
		text = string(c) + text + reset
	}
	// Nobody to read it is no reason to leave a control plane behind.
	_, _ = fmt.Fprintln(p.out, strings.TrimRight(prefix+text, " "))
}

// Write takes what another program prints.
func (p *paper) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rest = append(p.rest, text...)
	for {
		line, rest, found := bytes.Cut(p.rest, []byte("\n"))
		if !found {
			return len(text), nil
		}
		p.line(grey, string(line))
		p.rest = rest
	}
}
