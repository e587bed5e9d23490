// SPDX-License-Identifier: Apache-2.0

// Package docs tries what the project's documents show, page by page, from above, on a real control plane with a controller
// that runs beside it.
//
// What it promises:
//
//   - Every sh and console block of every document is run by bash -euo pipefail with the real kubectl, kubectl-serin and helm, unless
//     a comment above it, or the table in excuses_test.go, says why not. These are few, and each has a reason.
//   - What a console block shows is what was printed. "..." stands for any text in a line, and alone in a line for any lines.
//   - Every yaml block is YAML. Objects are accepted by the API server; annotations and checks have nothing that lint finds.
//   - Every promql block is PromQL; every json block is JSON.
//   - Every relative link, anchor and image of every document is there.
//
// CONTRIBUTING.md has the same from the writer's side. A page begins in an empty namespace and an empty directory, with deploy,
// charts and bin of the repository in it. What its reader has by then is made by testdata/<page>/<heading's anchor>.sh, which is run
// before the first block under that heading.
package docs
