// SPDX-License-Identifier: Apache-2.0

// Package gates asks the gates of rollouts by HTTP, in the background.
//
// Its promises:
//
//   - Nobody who asks, or who wants to know an answer, waits for one.
//   - One question gets one answer: what passed or failed stays so until the
//     question is dropped, and a question that is asked again while it is asked
//     is not sent twice.
//   - A gate that cannot be asked, because its Secret cannot be read, has
//     neither passed nor failed. It is tried again until it can.
//   - No answer is read further than a few hundred bytes, no try lasts longer than its
//     timeout, and nothing is sent to this machine or followed to another host.
package gates
