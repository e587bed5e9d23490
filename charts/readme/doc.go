// SPDX-License-Identifier: Apache-2.0

// Package readme writes the table of a chart's values from the comments in
// its values.yaml that begin with "-- ", as helm-docs does. It promises that
// every value is in the table, or below one that is.
package readme
