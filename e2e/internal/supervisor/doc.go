// SPDX-License-Identifier: Apache-2.0

// Package supervisor owns the processes of one lab: it starts them, reaps them, names the one that died, and ends them all.
//
// It runs inside one detached process that outlives "lab up". All components are its children and die with it, however it
// ends; it ends itself when it is asked to, or when the process it was told to follow has gone. Nothing else kills anything.
//
// A lab with a node has one process in between: process 1 of the node's namespaces, whose death is the death of all others. Only
// the node's cgroups need removing after that; where the supervisor was killed, "lab down" or the next "lab up" does it.
package supervisor
