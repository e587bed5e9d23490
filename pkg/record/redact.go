// SPDX-License-Identifier: Apache-2.0

package record

import (
	"regexp"
	"slices"
)

// removed stands where a credential stood.
const removed = "[removed]"

// credentials are what is cut out of texts that others wrote. A log can hold
// anything, so this is a net and no wall: who must be sure gives the controller
// no permission to read logs.
var credentials = []struct {
	pattern *regexp.Regexp
	with    string
}{
	// -----BEGIN PRIVATE KEY----- and what follows on its line.
	{regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY.*`), removed},
	// https://user:password@host, postgres://…
	{regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://)[^\s/@]+@`), "${1}" + removed + "@"},
	// Authorization: Bearer …, and schemes by themselves.
	{regexp.MustCompile(`(?i)\b(bearer|basic)\s+[a-z0-9+/=._~-]{8,}`), "${1} " + removed},
	// password=…, "apiKey": "…", X-Auth-Token: …; a quoted value up to its quote.
	{regexp.MustCompile(`(?i)([a-z0-9_.-]*(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|cookie|session[_-]?id|authorization)[a-z0-9_.-]*["']?\s*[:=]\s*)("(?:[^"\\]|\\.)*"|'[^']*'|[^\s,;&"']+)`), "${1}" + removed},
	// JSON web tokens.
	{regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*`), removed},
	// Keys that say by their beginning what they are: AWS, GitHub, Slack, Google.
	{regexp.MustCompile(`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{20,}\b|\bgithub_pat_[A-Za-z0-9_]{20,}\b|\bxox[abprs]-[A-Za-z0-9-]{10,}|\bAIza[A-Za-z0-9_-]{30,}`), removed},
}

// Redacted is a text of others without what looks like a credential. It looks at
// no more than four times as many bytes as are to be kept.
func Redacted(text string, most int) string { return redacted(text, most) }

func redacted(text string, most int) string {
	text = Cut(text, 4*most) // what is cut in two here is far beyond what is kept
	for _, c := range credentials {
		text = c.pattern.ReplaceAllString(text, c.with)
	}
	return text
}

// redacted is the words without what looks like a credential. It looks at no
// more than is kept.
func (w Words) redacted() Words {
	w.LeftOut = redactedAll(w.LeftOut, mostMessage)
	w.Pods = slices.Clone(w.Pods[:min(len(w.Pods), mostPods)])
	for i := range w.Pods {
		p := &w.Pods[i]
		p.Ends, p.Events = redactedAll(p.Ends, mostLine), redactedAll(latest(p.Events, mostEvents), mostLine)
		p.Logs = slices.Clone(p.Logs[:min(len(p.Logs), mostLogs)])
		for j := range p.Logs {
			p.Logs[j].Lines = redactedAll(latest(p.Logs[j].Lines, mostLines), mostLine)
		}
	}
	return w
}

func redactedAll(texts []string, most int) []string {
	var clean []string
	for _, text := range texts {
		clean = append(clean, redacted(text, most))
	}
	return clean
}
