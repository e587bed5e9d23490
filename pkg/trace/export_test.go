// SPDX-License-Identifier: Apache-2.0

package trace

// WaitNames are the waits by reason.
var WaitNames = waitNames
