// SPDX-License-Identifier: Apache-2.0

// Package traffic reads and writes the canary's share of a Service's traffic in Istio objects.
//
// It holds objects and never a client: a VirtualService goes in, and a copy comes out in which only our split differs.
// Objects are unstructured, so a field that this build of Serin has never heard of survives.
//
// Promises, each of them tested:
//
//   - The split form describes itself. Nothing is stored elsewhere, and Restore(Split(x, p)) is x, to the byte.
//   - Split replaces: Split(Split(x, p), q) is Split(x, q), and a second identical Split changes nothing.
//   - Within a destination the canary has exactly p thousandths; between destinations no proportion moves. Only
//     rules with very large weights are rounded, see [Split].
//   - Destinations of other Services, other fields and other rules are never touched. A foreign weight is multiplied by
//     1000 while finer steps are needed, and divided again. Canaries of several Services in one rule compose.
//   - An object that a person edited in mid-rollout is read for what it says: proportions stay, half a pair is known as
//     ours and becomes the plain destination again, and nothing panics.
//   - Inputs are never modified, and results share no memory with them.
//
// The only destination of a rule, without a weight, becomes two neighbours, alike but for subset and weight:
//
//   - destination: {host: shop, subset: serin-stable}
//     weight: 95
//   - destination: {host: shop, subset: serin-canary}
//     weight: 5
//
// The order of the two and the sum of their weights say what the user had written; see encode.go for the table.
// Subset names that are serin-stable or serin-canary, or end in -serin-stable or -serin-canary, are therefore ours.
package traffic
