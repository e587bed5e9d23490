// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/e2e/internal/controlplane"
	"github.com/serin-dev/serin/e2e/internal/supervisor"
)

const superviseName = "supervise"

// superviseCommand is the process that stays. It is started by "up" and by nobody else.
func superviseCommand() *cobra.Command {
	flags := &upFlags{}
	command := &cobra.Command{
		Use:    superviseName,
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			report := os.NewFile(supervisor.ReportFD, "report")
			err := supervisor.Run(command.Context(), controlplane.Layout{Dir: flags.dir}, flags.options, flags.withPID, report)
			// Once the lab was ready the report is closed, and only the log hears of it.
			_, _ = fmt.Fprint(report, supervisor.Failed, err)
			if supervisor.WasAsked(err) {
				return nil
			}
			return err
		},
	}
	flags.add(command)
	return command
}

// supervise starts the process that stays, and relays its report until the lab is ready or has failed.
func supervise(layout controlplane.Layout, args []string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding the lab's own file: %w", err)
	}
	report, writer, err := os.Pipe()
	if err != nil {
		return err
	}
	defer report.Close()
	log, err := createLog(layout.Log("lab"))
	if err != nil {
		return err
	}
	defer log.Close()

	command := exec.Command(self, append([]string{superviseName}, args...)...)
	command.Stdout, command.Stderr = log, log
	command.ExtraFiles = []*os.File{writer}
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // so that it outlives this command and its terminal
	err = command.Start()
	_ = writer.Close()
	if err != nil {
		return fmt.Errorf("starting the supervisor: %w", err)
	}
	return relay(report, command, layout)
}

// relay returns only when the lab is ready or the supervisor has ended, also when it is interrupted: nothing may be left behind.
func relay(report io.Reader, command *exec.Cmd, layout controlplane.Layout) error {
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(interrupts)
	interrupted := make(chan struct{})
	go func() {
		<-interrupts
		close(interrupted)
		_ = command.Process.Signal(syscall.SIGTERM)
	}()

	ready, failure := readReport(report)
	select {
	case <-interrupted:
		_ = command.Wait()
		return errors.New("interrupted; everything that was started has been ended")
	default:
	}
	if ready {
		return nil
	}
	_ = command.Wait()
	if failure == "" {
		failure = "the supervisor ended without a word; see " + layout.Log("lab")
	}
	return errors.New(failure)
}

// readReport prints the progress and returns how it ended. A failure may span lines, for it carries the end of a log.
func readReport(report io.Reader) (ready bool, failure string) {
	lines := bufio.NewReader(report)
	for {
		line, err := lines.ReadString('\n')
		if text, isFailure := strings.CutPrefix(line, supervisor.Failed); isFailure {
			rest, _ := io.ReadAll(lines)
			return false, strings.TrimRight(text+string(rest), "\n")
		}
		if err != nil {
			return false, ""
		}
		if strings.TrimSuffix(line, "\n") == supervisor.Ready {
			return true, ""
		}
		fmt.Print("  ", line)
	}
}

func createLog(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("making the directory for logs: %w", err)
	}
	return os.Create(path)
}
