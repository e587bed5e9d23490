// SPDX-License-Identifier: Apache-2.0

package supervisor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/serin-dev/serin/e2e/internal/controlplane"
	"github.com/serin-dev/serin/e2e/internal/proc"
)

const (
	// grace is how long a component may take to end by itself. An API server would wait a minute for its watches.
	grace = time.Second

	followInterval = 300 * time.Millisecond
)

var errAsked = errors.New("the lab was taken down while it was coming up")

// Run brings a lab up, tells the report so, and owns the lab until it is to end. The report is closed once the lab is ready; an
// error before that is the reason why it is not. By the time it returns, all that was started has ended.
func Run(ctx context.Context, layout controlplane.Layout, options controlplane.Options, follows int, report io.WriteCloser) error {
	held, err := lock(layout)
	if err != nil {
		return err
	}
	defer held.Close()

	ctx, cancel := endOf(ctx, follows)
	defer cancel(nil)

	state := State{Options: options, Follows: follows}
	if state.Owner, err = proc.Identify(os.Getpid()); err != nil {
		return err
	}
	if err := errors.Join(forget(layout), state.write(layout)); err != nil {
		return fmt.Errorf("preparing %s: %w", layout.Dir, err)
	}
	defer func() { _ = forget(layout) }()

	if options.Node {
		return runNode(ctx, layout, state, report)
	}
	components := newGroup(layout)
	defer components.stop(grace)
	if err := bringUp(ctx, layout, options, components, report); err != nil {
		return err
	}
	if err := announce(layout, state, report); err != nil {
		return err
	}
	return own(ctx, components)
}

// Ready is the last line of a report of success.
const Ready = "ready"

func announce(layout controlplane.Layout, state State, report io.WriteCloser) error {
	state.Ready = true
	if err := state.write(layout); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(report, Ready); err != nil {
		return fmt.Errorf("nobody waits for the lab any more: %w", err)
	}
	return report.Close()
}

// bringUp stops as soon as a component dies, or the reader of the report has gone.
func bringUp(ctx context.Context, layout controlplane.Layout, options controlplane.Options, components *group, report io.Writer) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	say := func(format string, args ...any) {
		if _, err := fmt.Fprintf(report, format+"\n", args...); err != nil {
			cancel(fmt.Errorf("nobody waits for the lab any more: %w", err))
		}
	}
	done := make(chan error, 1)
	go func() { done <- controlplane.BringUp(ctx, layout, options, components.Start, say) }()

	select {
	case exit := <-components.exits:
		cancel(exit)
		<-done //nolint:errcheck // it was cut short; waiting for it keeps anything from being started while all is being ended
		return exit
	case err := <-done:
		if err != nil && ctx.Err() != nil {
			return context.Cause(ctx) // and not whichever request it cut short
		}
		return err
	}
}

// own waits for the end. A component that dies later is written to the supervisor's log and the rest goes on, for a test may
// have killed it on purpose.
func own(ctx context.Context, components *group) error {
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case exit := <-components.exits:
			fmt.Fprintf(os.Stderr, "%s %v\n", time.Now().Format(time.RFC3339), exit)
		}
	}
}

// endOf returns a context that ends on a signal, and with the process that the lab follows.
func endOf(ctx context.Context, follows int) (context.Context, context.CancelCauseFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	signal.Ignore(syscall.SIGPIPE) // a report that nobody reads is an error to return, not a reason to die

	go func() {
		<-signals
		cancel(errAsked)
	}()
	if follows > 0 {
		go follow(follows, cancel)
	}
	return ctx, cancel
}

func follow(pid int, cancel context.CancelCauseFunc) {
	id, err := proc.Identify(pid)
	for err == nil && id.Alive() {
		time.Sleep(followInterval)
	}
	cancel(fmt.Errorf("process %d, which the lab was to follow, has ended", pid))
}

// WasAsked says whether an error of Run is no more than the answer to a signal.
func WasAsked(err error) bool { return errors.Is(err, errAsked) }

// Down ends the lab that is up in the directory, and says whether there was one.
func Down(layout controlplane.Layout) (bool, error) {
	state, up, err := ReadState(layout)
	if err != nil {
		return false, err
	}
	if state.isOurs() {
		return false, fmt.Errorf("this is a process of the lab in %s itself: take it down from outside", layout.Dir)
	}
	if up {
		// The supervisor needs its own grace period before it may be killed.
		proc.End(5*grace, state.Owner)
	}
	if state.Options.Node {
		return up, errors.Join(endNode(layout, state), forget(layout))
	}
	// A supervisor that was killed could not end its components, where the system did not.
	records, err := proc.ReadRecords(layout.PIDs())
	if err != nil {
		return up, err
	}
	var left []proc.ID
	for _, record := range records {
		left = append(left, record.ID)
	}
	proc.End(grace, left...)
	return up, forget(layout)
}

// Dead names the components of a lab that is up which have ended all the same.
func Dead(layout controlplane.Layout, state State) ([]string, error) {
	records, err := proc.ReadRecords(layout.PIDs())
	if err != nil {
		return nil, err
	}
	procDir := "/proc"
	if state.Options.Node {
		procDir = fmt.Sprintf("/proc/%d/root/proc", state.Init.PID) // the records were made inside
	}
	var dead []string
	for _, record := range records {
		if !record.ID.AliveIn(procDir) {
			dead = append(dead, record.Name)
		}
	}
	return dead, nil
}
