// SPDX-License-Identifier: Apache-2.0

package rollout

// What the tests of the policy as a table need to see.

// RuleCount is how many rules there are.
func RuleCount() int { return len(rules) }

// RuleReason is the name of a rule.
func RuleReason(i int) Reason { return rules[i].reason }

// Deciding is the place of the rule that decides.
func Deciding(s Snapshot) int {
	for i, r := range rules {
		if r.claims(s) {
			return i
		}
	}
	return -1
}

// Carry is how many of n pods a weight needs.
func Carry(w Weight, n int) int { return carry(w, n) }

// WantCanary is how many canary pods a weight gets by routes.
func WantCanary(c Count, n int, w Weight) int { return wantCanary(c, n, w) }

// Patience is how long a wait lasts before people are told of it.
const Patience = patience
