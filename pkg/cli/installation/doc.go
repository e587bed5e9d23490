// SPDX-License-Identifier: Apache-2.0

// Package installation looks at what has to be there before any rollout: guard
// and fence, a controller that acts, its permissions, and Istio's API. A person
// has it looked at by 'kubectl serin doctor', and the chart by 'helm test'. Its
// promises:
//
//   - It changes nothing.
//   - What may not be looked at is told as not looked at, never as well.
package installation
