// SPDX-License-Identifier: Apache-2.0

package rollout

// pods are the sizes that make a weight true: of the canary, and of the target
// (0: leave the target's size alone).
type pods struct{ canary, target int }

// carry is how many of n pods a weight needs. 25 % of 10 pods is 2.5: three
// pods carry it, two would each get a quarter more than a stable pod does.
func carry(w Weight, n int) int {
	if w <= 0 {
		return 0
	}
	return max(1, ceilDiv(int(w)*n, int(Full)))
}

// Ratio splits n pods so that the canary's part comes as near to w as n allows,
// with at least one canary for w > 0 and always at least one stable pod: a
// Deployment at 0 forgets which of its ReplicaSets is its own.
//
//	n=10 w=41%  → 4/6      n=7 w=20% → 1/6      n=3 w=50% → 2/1
//	n=5  w=99%  → 4/1      n=2 w=10% → 1/1      n=1 w=5%  → 1/1, one pod more than n
//
// At full weight the canary gets all n, and one stable pod stays beside them.
func Ratio(n int, w Weight) (canary, stable int) {
	if w <= 0 {
		return 0, n
	}
	if w >= Full || n <= 1 {
		return n, 1
	}
	canary = min(max(1, (2*int(w)*n+int(Full))/(2*int(Full))), n-1)
	return canary, n - canary
}

// Beside is how many canary pods beside n stable pods come nearest to w. It
// never exceeds n, so that half of the traffic is the most it can reach.
//
//	n=10 w=5% → 1 (9 %)      n=10 w=25% → 3 (23 %)      n=10 w=50% → 10
func Beside(n int, w Weight) int {
	if w <= 0 || n <= 0 {
		return 0
	}
	if w*2 >= Full {
		return n
	}
	rest := int(Full - w)
	return min(n, max(1, (2*int(w)*n+rest)/(2*rest)))
}

// Share is the weight that canary pods among all pods have, where every pod gets the same.
func Share(canary, stable int) Weight {
	if canary+stable == 0 {
		return 0
	}
	return Weight((canary*int(Full) + (canary+stable)/2) / (canary + stable))
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
