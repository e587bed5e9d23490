// SPDX-License-Identifier: Apache-2.0

// Package cli is the command kubectl-serin: it shows rollouts, steers them by
// annotations, and takes a pipeline's change to its end.
//
// The commands are here; what they do is in the packages below: cluster reads
// and writes as the user, model tells where a rollout stands, view draws it,
// orders gives a person's commands, pipeline is the command run, and doctor
// looks at the surroundings. The promises of all:
//
//   - They speak with the API server only, never with the controller.
//   - They need the user's own permissions, and name the one that is missing.
//   - An error says what to type.
package cli
