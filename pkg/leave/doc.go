// SPDX-License-Identifier: Apache-2.0

// Package leave ends every rollout before the controller is taken away: it
// asks each to roll back, as a person does with serin.dev/abort, and waits
// until the controller has done it. Its promises:
//
//   - It writes one annotation of the contract, to Deployments whose rollout is under way, and the controller's lease, and nothing else.
//   - It resumes no Deployment: a template that was held or rejected stays held.
//   - It ends without an error only when no rollout is under way, and no controller acts that could begin one: it
//     holds their lease, for a minute, within which they are taken away. After that they act again.
package leave
