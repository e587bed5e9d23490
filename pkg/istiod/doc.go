// SPDX-License-Identifier: Apache-2.0

// Package istiod asks Istio's control plane whether proxies follow the routes.
//
// A VirtualService that was written is not yet traffic: istiod reads it, waits
// for more to come, computes routes, and sends them to each proxy, which takes
// them or refuses them. Two answers of istiod's debug interface tell where a
// change is on that way:
//
//   - /debug/syncz lists the connected proxies, and for each kind of
//     configuration the nonce of what was sent last and of what was
//     acknowledged last.
//   - /debug/config_dump gives the configuration that istiod makes for one
//     proxy, from the state that it last computed for that proxy.
//
// So the routes are served once the configuration that istiod makes for proxies
// which call the Service shows them; and they are followed once, a settle time
// later, every proxy has acknowledged what it was sent. The settle time is for
// the proxies that come later in istiod's queue than those that were looked at.
//
// An istiod that was restarted lists nobody, and its clients come back one by
// one. So a proxy that was connected before is waited for as well, until its
// pod is gone.
//
// Promises: nothing is asked when nothing is awaited; a slow or dead istiod
// keeps at most one caller waiting, and that one no longer than Timeout; what
// cannot be known is told as a reason to wait, never taken for the best; the
// same state gives the same words.
//
// Source: pilot/pkg/xds/debug.go of Istio 1.31.
package istiod
