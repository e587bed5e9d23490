// SPDX-License-Identifier: Apache-2.0

// Package spelling guesses which word was meant. It is pure.
package spelling

import "strings"

// longest is longer than any word that is known; what is longer is slow to compare.
const longest = 64

// Nearest is the known word that a typed one was most likely meant to be, or
// nothing where a guess would only mislead: one slip in three letters is the
// most that is forgiven.
func Nearest(typed string, known []string) string {
	typed = strings.ToLower(typed)
	if len(typed) > longest {
		return ""
	}
	best, fewest := "", len(typed)/3+1
	for _, word := range known {
		if slips := distance(typed, word); slips < fewest {
			best, fewest = word, slips
		}
	}
	return best
}

// distance counts the letters to insert, drop, change, or swap with their
// neighbour to get from one word to the other: "pasued" is two from "pause".
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
