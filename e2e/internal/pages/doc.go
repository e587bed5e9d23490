// SPDX-License-Identifier: Apache-2.0

// Package pages reads the project's own documents: what they show in blocks, which headings they have, and where they lead.
//
// It knows Markdown as GitHub renders it, and nothing of what the blocks mean. Lines are counted from 1, so that whoever finds
// something wrong can name page and line.
//
// A block may be excused from being tried by a comment right above it that says why:
//
//	<!-- not run: needs a registry -->
package pages
