// SPDX-License-Identifier: Apache-2.0

// Package cli is what people and tests type: "lab up" and "lab down". It prints and exits; the work is done elsewhere.
package cli
