// SPDX-License-Identifier: Apache-2.0

// Package sample is the application that the lab rolls out, and the load on it, as two commands of one program.
//
// Both run until they are told to end, and neither loses a request by it. What is wrong with their flags or environment is
// told at once and in full, before anything is served.
package sample
