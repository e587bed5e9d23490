// SPDX-License-Identifier: Apache-2.0

// Package bom lists what is in a program or an image, as SPDX 2.3.
//
// It promises the truth of the program itself: what the linker noted of its modules, and no manifest beside it. Each module comes
// with its version, its package URL, where its source is and the checksum that go.sum knows it by. What nobody has looked at, such
// as the licences of others, is NOASSERTION.
package bom
