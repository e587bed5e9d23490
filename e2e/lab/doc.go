// SPDX-License-Identifier: Apache-2.0

// Package lab starts a real control plane for a test and takes it down again.
//
// It runs the multi-call binary (make lab) and links nothing of Kubernetes itself, so that every test can import it. The lab
// follows the process that started it: it also ends when a test is killed and no Stop is called.
package lab
