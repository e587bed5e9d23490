// SPDX-License-Identifier: Apache-2.0

package fakepods

// ImagePattern lets the test try images without a cluster.
var ImagePattern = imagePattern
