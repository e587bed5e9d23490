// SPDX-License-Identifier: Apache-2.0

package serin

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Log is all that the controller has printed.
func (p *Process) Log() string {
	p.out.mu.Lock()
	defer p.out.mu.Unlock()
	return p.out.text.String()
}

// Problem is what no controller should ever print; empty where it has printed nothing of the kind.
func (p *Process) Problem() string {
	log := p.Log()
	for _, word := range []string{"DATA RACE", "panic", "goroutine "} {
		if at := strings.Index(log, word); at >= 0 {
			return fmt.Sprintf("the controller printed %q:\n%s", word, log[max(0, at-500):min(len(log), at+6000)])
		}
	}
	return ""
}

// About is what was printed about a namespace, shortened.
func (p *Process) About(namespace string) string {
	var lines strings.Builder
	for line := range strings.Lines(p.Log()) {
		if !strings.Contains(line, `"`+namespace+`"`) {
			continue
		}
		var said struct{ Level, Ts, Msg, Phase, Reason, Weight, Message, Conflict, Error string }
		if err := json.Unmarshal([]byte(line), &said); err != nil || said.Msg == "Event occurred" {
			continue
		}
		fmt.Fprintln(&lines, said.Ts, said.Level, said.Msg, said.Phase, said.Reason, said.Weight, said.Message, said.Conflict, said.Error)
	}
	return lines.String()
}
