// SPDX-License-Identifier: Apache-2.0

package recorder

// most is how many different texts are told apart; a cluster has fewer pods, and failures are of few kinds.
const most = 4096

// other stands for all texts beyond that.
const other = "other"

// names gives every text a number, so that a record need not hold it.
type names struct {
	texts   []string
	numbers map[string]uint16
}

func newNames() *names { return &names{numbers: map[string]uint16{}} }

func (n *names) number(text string) uint16 {
	if number, found := n.numbers[text]; found {
		return number
	}
	if len(n.texts) >= most {
		text = other
		if number, found := n.numbers[text]; found {
			return number
		}
	}
	number := uint16(len(n.texts))
	n.texts = append(n.texts, text)
	n.numbers[text] = number
	return number
}

func (n *names) text(number uint16) string { return n.texts[number] }
