// SPDX-License-Identifier: Apache-2.0

package record

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Every limit is in bytes unless it says otherwise. Ten rollouts of the largest
// size, texts escaped and all, stay below MostBytes, and that below the MiB that
// a ConfigMap may have.
const (
	// MostBytes is the most that a written record has.
	MostBytes = 256 << 10
	// MostJournal is the most that a written journal has. It travels with every
	// write of the target, beside the user's annotations, which together may
	// have 256 KiB.
	MostJournal = 24 << 10

	mostEntries  = 40       // of a rollout, in number
	mostTold     = 12 << 10 // entries, all in all
	mostSaid     = 8 << 10  // last words, all in all
	mostMessage  = 512
	mostEvidence = 768
	mostObjects  = 10 // named by an entry
	mostObject   = 160
	mostImages   = 4
	mostImage    = 128
	mostLine     = 400
	mostLines    = 20 // of one log
	mostPods     = 3
	mostLogs     = 2 // of one pod
	mostEvents   = 8 // of one pod
	mostEnds     = 6 // containers of one pod
	mostLeftOut  = 6

	// opening is how many entries at the beginning are kept: how a rollout
	// began and how it ends says more than its middle.
	opening = 8
)

// bounded is the rollout within its limits.
func (r Rollout) bounded() Rollout {
	r.From, r.To = r.From.bounded(), r.To.bounded()
	r.Entries = slices.Clone(r.Entries)
	for i := range r.Entries {
		r.Entries[i] = r.Entries[i].bounded()
	}
	r.Entries = few(r.Entries)
	if r.Words != nil {
		words := r.Words.bounded()
		r.Words = &words
	}
	return r
}

// few keeps so many entries, and of these so many bytes.
func few(entries []Entry) []Entry {
	for len(entries) > mostEntries || (len(entries) > 2 && size(entries) > mostTold) {
		entries = thinned(entries)
	}
	return entries
}

// thinned leaves out one entry of the middle and says so on the one before it.
func thinned(entries []Entry) []Entry {
	at := min(opening, len(entries)/2)
	entries[at-1].Omitted += 1 + entries[at].Omitted
	return slices.Delete(entries, at, at+1)
}

func (v Revision) bounded() Revision {
	v.Number, v.Hash = Cut(v.Number, 20), Cut(v.Hash, 64)
	v.Images = several(v.Images, mostImages, mostImage)
	return v
}

func (e Entry) bounded() Entry {
	e.Message, e.Evidence = clean(e.Message, mostMessage), clean(e.Evidence, mostEvidence)
	e.Wrote = several(distinct(e.Wrote), mostObjects, mostObject)
	return e
}

// distinct drops what is said again.
func distinct(texts []string) []string {
	var kept []string
	for _, text := range texts {
		if !slices.Contains(kept, text) {
			kept = append(kept, text)
		}
	}
	return kept
}

// bounded drops the oldest lines of the longest log until all fits.
func (w Words) bounded() Words {
	w.LeftOut = several(w.LeftOut, mostLeftOut, mostMessage)
	w.Pods = slices.Clone(w.Pods[:min(len(w.Pods), mostPods)])
	for i := range w.Pods {
		p := &w.Pods[i]
		p.Name = Cut(p.Name, mostObject)
		p.Ends, p.Events = several(p.Ends, mostEnds, mostLine), several(latest(p.Events, mostEvents), mostEvents, mostLine)
		p.Logs = slices.Clone(p.Logs[:min(len(p.Logs), mostLogs)])
		for j := range p.Logs {
			p.Logs[j] = Log{Cut(p.Logs[j].Container, mostObject), several(latest(p.Logs[j].Lines, mostLines), mostLines, mostLine)}
		}
	}
	for over := size(w) - mostSaid; over > 0; {
		said := w.longest()
		if said == nil || len(*said) == 0 {
			break
		}
		over -= size((*said)[0]) + len(",")
		*said = (*said)[1:]
	}
	return w
}

func latest(texts []string, most int) []string { return texts[max(0, len(texts)-most):] }

// longest is whatever has most to say.
func (w Words) longest() (longest *[]string) {
	most := -1
	consider := func(texts *[]string) {
		sum := 0
		for _, text := range *texts {
			sum += len(text)
		}
		if sum > most {
			longest, most = texts, sum
		}
	}
	for i := range w.Pods {
		consider(&w.Pods[i].Ends)
		consider(&w.Pods[i].Events)
		for j := range w.Pods[i].Logs {
			consider(&w.Pods[i].Logs[j].Lines)
		}
	}
	return longest
}

// several cleans texts, and keeps so many of them. The last says that there were more.
func several(texts []string, most, length int) []string {
	var kept []string
	for _, text := range texts[:min(len(texts), most)] {
		kept = append(kept, clean(text, length))
	}
	if len(texts) > most {
		kept[most-1] = "and more"
	}
	return kept
}

// clean is a text without what a terminal would obey, and no longer than that.
func clean(text string, most int) string {
	return Cut(strings.Map(func(r rune) rune {
		if r < ' ' || (r >= 0x7f && r < 0xa0) {
			return ' '
		}
		return r
	}, Cut(text, most)), most)
}

// Cut is a text of at most so many bytes, between two characters, with "..." in
// place of what is missing.
func Cut(text string, most int) string {
	text = strings.ToValidUTF8(text, "�")
	if len(text) <= most {
		return text
	}
	end := max(0, most-len("..."))
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "..."
}
