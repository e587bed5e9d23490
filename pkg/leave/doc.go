// SPDX-License-Identifier: Apache-2.0

// Package leave ends every rollout before the controller is taken away: it
// asks each to roll back, as a person does with serin.dev/abort, and waits
// until the controller has done it. Its promises:
//
//   - It writes one annotation of the contract, to Deployments whose rollout is under way, and nothing else.
//   - It resumes no Deployment: a template that was held or rejected stays held.
//   - It ends without an error only after no rollout was under way at two looks in a row.
package leave
