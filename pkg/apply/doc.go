// SPDX-License-Identifier: Apache-2.0

// Package apply makes a Decision true.
//
// Its promises:
//
//   - One order, always: memo, then traffic, then workload. A crash in between
//     leaves a state that the next pass completes.
//   - Every write carries the resource version (or, for a deletion, the UID)
//     that was observed: a decision never lands on an object that has changed.
//   - What is as it should be is not written. Applying twice writes once.
//   - Only fields of ours are written: of the target spec.paused, in ratio mode
//     spec.replicas, our annotations and our condition; of a user's
//     VirtualService the destinations that are split. Never a pod template.
package apply
