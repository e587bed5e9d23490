// SPDX-License-Identifier: Apache-2.0

// Package workflows holds the tests of .github/workflows.
//
// They promise that no workflow runs another's code with our rights: actions are pinned by commit, jobs begin without permissions,
// and no script is put together from what somebody else wrote.
package workflows
