// SPDX-License-Identifier: Apache-2.0

// Package journal records everything that happens to the objects of a cluster, and plays it back.
//
// A test that looks at a cluster now and then sees what it happens to see. A journal tells what was true at every instant: each
// change of each object is an entry, with the namespace's objects as they were then.
//
// What it promises:
//
//   - Nothing is left out: what has been stored since Follow or Record returned is in the journal, sooner or later. What was
//     there before is not, until it changes. A watch that breaks off is taken up where it was; only if the API server has
//     forgotten that version by then does the recording of the kind end.
//   - Playing back has the order in which the API server stored the changes, of all kinds together.
//   - Waiting needs no looking: with the objects as they are comes a channel that is closed at the next change.
//   - Objects are shared and must not be changed. Views are the caller's own, but one that Replay shows is good until the
//     function returns.
package journal
