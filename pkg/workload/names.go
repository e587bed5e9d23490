// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

const (
	suffix = "-canary"

	// A Deployment's name may have 253 letters, but its ReplicaSets, which add
	// a hyphen and a hash of up to ten, must stay within the same limit.
	longestName       = 253 - 11
	longestLabelValue = 63

	recordSuffix      = "-serin"
	longestRecordName = 253
)

// CanaryName is the name of the target's canary Deployment.
func CanaryName(target string) string {
	return shorten(target, longestName-len(suffix)) + suffix
}

// RecordName is the name of the ConfigMap with the target's record.
func RecordName(target string) string {
	return shorten(target, longestRecordName-len(recordSuffix)) + recordSuffix
}

// IsCanaryName reports whether a Deployment of that name could be in the way
// of some target's canary.
func IsCanaryName(name string) bool { return strings.HasSuffix(name, suffix) }

// CanaryOf is the value of the label annotations.CanaryOf: the target's name,
// shortened where it is too long for the value of a label.
func CanaryOf(target string) string {
	return shorten(target, longestLabelValue)
}

// shorten keeps a name that fits. Of a longer one it keeps the beginning and
// adds a hash of the whole, so that two long names stay two names.
func shorten(name string, longest int) string {
	if len(name) <= longest {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	hash := hex.EncodeToString(sum[:])[:10]
	return strings.TrimRight(name[:longest-len(hash)-1], "-._") + "-" + hash
}
