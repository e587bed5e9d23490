// SPDX-License-Identifier: Apache-2.0

package fakepods_test

import (
	"regexp"
	"testing"

	"github.com/serin-dev/serin/e2e/internal/fakepods"
)

func TestImagesThatAskForABehaviour(t *testing.T) {
	for name, test := range map[string]struct {
		mark, image string
		want        bool
	}{
		"the end of a tag":                         {"crash", "registry.test/shop:v3-crash", true},
		"a whole tag":                              {"crash", "shop:crash", true},
		"the end of a repository":                  {"crash", "registry.test/shop-crash:v1", true},
		"the end of a repository without a tag":    {"crash", "registry.test/shop-crash", true},
		"a duration":                               {"slow", "shop:v2-slow-3s", true},
		"a version after the mark":                 {"crash", "shop:crash-v3.1", true},
		"a number after the mark":                  {"crash", "shop:crash2", true},
		"a duration and a version":                 {"slow", "shop:slow-3s-v2", true},
		"a longer mark is another":                 {"crash", "shop:v3-crash-once", false},
		"a mark of two words":                      {"crash-once", "shop:v3-crash-once", true},
		"a word that only ends in the mark":        {"crash", "shop:uncrash", false},
		"a word that only begins with the mark":    {"config", "shop:configured", false},
		"a folder of the registry is no behaviour": {"config", "registry.test/config/shop:v1", false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := regexp.MustCompile(fakepods.ImagePattern(test.mark)).MatchString(test.image); got != test.want {
				t.Errorf("%s in %s: %t, want %t", test.mark, test.image, got, test.want)
			}
		})
	}
}
