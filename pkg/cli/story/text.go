// SPDX-License-Identifier: Apache-2.0

package story

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/serin-dev/serin/pkg/record"
)

// wrap breaks a text into lines of at most so many characters; 0 is no limit.
func wrap(text string, width int) []string {
	if width <= 0 || utf8.RuneCountInString(text) <= width {
		return []string{text}
	}
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= width:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	return append(lines, line)
}

// paragraph writes a text behind a margin, and its further lines below it.
func paragraph(b *strings.Builder, margin, text string, width int) {
	indent := utf8.RuneCountInString(margin)
	if width > 0 {
		width = max(20, width-indent)
	}
	for i, line := range wrap(text, width) {
		if i > 0 {
			margin = strings.Repeat(" ", indent)
		}
		b.WriteString(strings.TrimRight(margin+line, " ") + "\n")
	}
}

// pad fills a text up to so many characters.
func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text)))
}

// clip cuts a text to so many characters.
func clip(text string, width int) string {
	runes := []rune(text)
	if width < 4 || len(runes) <= width {
		return text
	}
	return string(runes[:width-3]) + "..."
}

// took is a duration in the two largest units that say something.
func took(d time.Duration) string {
	d = d.Round(time.Second)
	if d >= time.Hour {
		d = d.Round(time.Minute)
	}
	text := d.String()
	if d >= time.Hour {
		text = strings.TrimSuffix(text, "0s")
	}
	if d >= time.Minute && strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// lasted is how long a rollout took, up to now where it has not ended.
func lasted(r record.Rollout, now time.Time) time.Duration {
	if r.Ended.IsZero() {
		return now.Sub(r.Began)
	}
	return r.Ended.Sub(r.Began)
}

// images are those of a revision in one word.
func images(v record.Revision) string {
	if len(v.Images) == 0 {
		return "?"
	}
	return strings.Join(v.Images, ",")
}

// short are the images without the registries that they come from.
func short(v record.Revision) string {
	var names []string
	for _, image := range v.Images {
		names = append(names, image[strings.LastIndexByte(image, '/')+1:])
	}
	return images(record.Revision{Images: names})
}

// ends says how a rollout ended.
func ends(r record.Rollout) string {
	switch r.Outcome {
	case record.Promoted:
		return "promoted"
	case record.RolledBack:
		return "rolled back"
	case record.Cancelled:
		return "cancelled: the template was put back"
	case record.Withdrawn:
		return "withdrawn: another template, or another try, took its place"
	case record.Abandoned:
		return "abandoned: the controller's memory of it was taken away"
	case "":
		return "under way"
	default:
		return string(r.Outcome)
	}
}
