// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package node

import (
	"context"
	"errors"
	"syscall"

	"github.com/serin-dev/serin/e2e/internal/proc"
)

var errLinux = errors.New("a node needs Linux")

func probe() machine { return machine{rights: errLinux} }

// InitAttributes is for Linux only.
func InitAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }

// SetUp is for Linux only.
func SetUp(string, ...string) error { return errLinux }

// ReapOrphans is for Linux only.
func ReapOrphans(context.Context) {}

// Run is for Linux only.
func Run(proc.ID, string, ...string) (int, error) { return 0, errLinux }
