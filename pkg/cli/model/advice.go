// SPDX-License-Identifier: Apache-2.0

package model

import (
	"strings"
	"sync"

	"github.com/serin-dev/serin/pkg/rollout"
)

// Advice is what a person can do about a reason, in the words of the table of
// rules; empty where there is nothing to do, or where the reason is another
// version's.
func Advice(reason rollout.Reason) string {
	advice := advices()[reason]
	if strings.HasPrefix(advice, "Nothing") {
		return ""
	}
	return advice
}

// advices reads them off the reference page, which is written from the rules
// and so cannot say anything else. Each row ends in reason, meaning, advice.
var advices = sync.OnceValue(func() map[rollout.Reason]string {
	const columns = 3
	all := map[rollout.Reason]string{}
	for line := range strings.Lines(rollout.Reference()) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) < columns || !strings.HasPrefix(line, "|") {
			continue
		}
		cells = cells[len(cells)-columns:]
		if name := strings.TrimSpace(cells[0]); strings.HasPrefix(name, "`") {
			all[rollout.Reason(strings.Trim(name, "`"))] = strings.ReplaceAll(strings.TrimSpace(cells[2]), "`", "")
		}
	}
	return all
})
