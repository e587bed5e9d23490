// SPDX-License-Identifier: Apache-2.0

// Package routes proves the rewriter of VirtualServices by the real istiod.
//
// The corpus of pkg/traffic says what Serin makes of a user's objects at each weight. Here istiod gets them, and is asked, as a
// sidecar and as a gateway would ask it, for the configuration that it makes of them. What comes has to be what it made of the user's
// own objects, but for the share that the canary gets:
//
//   - each destination that leads to the Service is a pair, the canary with exactly its share; a pair joined again is the
//     destination that was there, and with it the rule is the rule that was there: match, rewrite, retries, headers, mirrors;
//   - a derived subset has the traffic policy of the user's, and the right pods behind it;
//   - nothing else changes, neither the subsets and clusters of others nor a Service of the same name elsewhere;
//   - afterwards everything is as it was before, to the byte.
//
// The golden files are the link between the two: pkg/traffic's tests check that the code makes them, this package that they do what
// was meant. So this module does not need the other one.
package routes
