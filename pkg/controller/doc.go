// SPDX-License-Identifier: Apache-2.0

// Package controller runs the loop: watches wake it, it observes, decides,
// applies and reports. It chooses nothing.
//
// Its promises:
//
//   - A pass that changes nothing writes nothing.
//   - Nothing is polled: a target at rest costs no request.
//   - Whether Istio is served, and which guard holds templates, may change at
//     any time; neither needs a restart.
package controller
