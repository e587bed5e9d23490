// SPDX-License-Identifier: Apache-2.0

package supervisor

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/serin-dev/serin/e2e/internal/controlplane"
	"github.com/serin-dev/serin/e2e/internal/proc"
)

// State is what a lab's directory says about the lab that is up in it.
type State struct {
	Owner   proc.ID              `json:"owner"` // the supervisor
	Options controlplane.Options `json:"options"`
	Follows int                  `json:"follows,omitempty"` // the process whose end also ends the lab
	Ready   bool                 `json:"ready"`

	// Init is process 1 of a node, by its number outside, and PIDNamespace the namespace of its and all other processes.
	Init         proc.ID `json:"init,omitzero"`
	PIDNamespace string  `json:"pidNamespace,omitempty"`
}

// ReadState returns the state of the lab that is up in the directory, and false if none is.
func ReadState(layout controlplane.Layout) (State, bool, error) {
	data, err := os.ReadFile(layout.State())
	if errors.Is(err, os.ErrNotExist) {
		return State{}, false, nil
	}
	if err != nil {
		return State{}, false, err
	}
	var state State
	if err := json.Unmarshal(data, &state); err != nil {
		return State{}, false, fmt.Errorf("reading %s: %w (remove it if no lab is up there)", layout.State(), err)
	}
	return state, state.Owner.Alive(), nil
}

func (s State) write(layout controlplane.Layout) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	// Readers see the old state or the new, never half of one.
	temporary := layout.State() + ".tmp"
	if err := os.WriteFile(temporary, data, 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, layout.State())
}

// forget removes what is true only while the lab is up. Logs stay, for whoever wants to know why it ended.
func forget(layout controlplane.Layout) error {
	return errors.Join(
		os.RemoveAll(layout.Data()),
		removeIfThere(layout.Env()),
		removeIfThere(layout.PIDs()),
		removeIfThere(layout.State()),
	)
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// lock makes this process the only owner of the directory until it ends; the system releases the lock however that happens.
func lock(layout controlplane.Layout) (*os.File, error) {
	file, err := os.OpenFile(layout.Lock(), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("another lab is up or starting in %s: run 'lab down --dir %s' first, or choose another --dir", layout.Dir, layout.Dir)
	}
	return file, nil
}
