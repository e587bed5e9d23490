// SPDX-License-Identifier: Apache-2.0

package presets

import (
	"fmt"
	"strings"
)

// Subject is the two versions that are told apart.
type Subject struct {
	Namespace  string
	Target     string // Deployment
	Canary     string // Deployment
	Service    string
	StableHash string // pod-template-hash of the ReplicaSet that is stable
	AnyStable  bool   // every ReplicaSet of the target is stable's, as it is while nothing rolls out
}

// Names that Kubernetes makes for pods: the ReplicaSet's name and a hyphen, cut
// to so many letters, and five random ones.
const (
	longestBase = 58
	random      = "[a-z0-9]{5}"
	hash        = "[a-z0-9]{1,10}"
	likest      = "cbbbbbbbbb" // the hash that is most like the suffix of a canary; hashes have no vowels
)

// StablePods matches the names of stable's pods.
func (s Subject) StablePods() string {
	if s.AnyStable {
		return podsOf(s.Target)
	}
	return cut(s.Target+"-"+s.StableHash+"-") + random
}

// CanaryPods matches the names of the canary's pods, whatever their ReplicaSet:
// that name is Serin's alone.
func (s Subject) CanaryPods() string { return podsOf(s.Canary) }

// podsOf matches the names of a Deployment's pods.
func podsOf(deployment string) string {
	base := deployment + "-"
	if len(base) >= longestBase {
		return cut(base) + random
	}
	room := longestBase - len(base)
	if room > 10 {
		return plain(base) + hash + "-" + random
	}
	return plain(base) + fmt.Sprintf("[a-z0-9]{1,%d}-?", room) + random
}

func cut(base string) string { return plain(base[:min(len(base), longestBase)]) }

// plain matches a name as it is. A dot is the only special character that a
// name may have, and brackets, unlike a backslash, mean the same between all
// kinds of quotation marks.
func plain(name string) string { return strings.ReplaceAll(name, ".", "[.]") }

// Pods says what is wrong with telling the versions apart by their pods' names.
func (s Subject) Pods() error {
	known := s.StableHash
	if s.AnyStable {
		known = likest
	}
	switch stable, canary := s.Target+"-"+known, s.Canary+"-"; {
	case known == "":
		return fmt.Errorf("the ReplicaSet of stable is not known, so that its pods cannot be told from others")
	case strings.HasPrefix(canary+strings.Repeat("x", longestBase), stable[:min(len(stable), longestBase)]):
		return fmt.Errorf("the name %s is so long that Kubernetes cuts off what tells the pods of the two versions apart; only Istio's metrics can be used for it", s.Target)
	}
	return nil
}
