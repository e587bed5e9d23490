// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/serin-dev/serin/e2e/internal/envfile"
	"github.com/serin-dev/serin/e2e/internal/proc"
)

// Options say what the lab consists of besides etcd, kube-apiserver and kube-controller-manager.
type Options struct {
	Istio     bool      // istiod, with Istio's CRDs
	KWOKNodes int       // fake nodes, and a scheduler; without them every pod stays Pending
	Node      bool      // a real node that runs pods, and a scheduler; takes root, and excludes KWOKNodes
	Images    string    // directory of the image files for the node; empty is "images" next to the lab's binary
	NoGuard   bool      // without Serin's guard, the admission policy that holds changed templates
	Emulated  string    // version of Kubernetes whose APIs are served, such as 1.34; empty is that of the API server; before 1.36 NoGuard has to be set
	Dir       string    // where the lab keeps its files; empty is a temporary directory that Stop removes
	Progress  io.Writer // what is ready when; nil is nowhere
}

// Lab is a control plane that is up. With a node, its addresses are good only inside the node's namespaces; see Command.
type Lab struct {
	Dir        string
	Kubeconfig string            // of an administrator, by token
	APIServer  string            // https://127.0.0.1:…
	CAFile     string            // of the API server's certificate
	Tokens     map[string]string // by user: admin has every right; alice and bob have none
	IstiodHTTP string            // 127.0.0.1:…, with /debug; empty without Istio
	IstiodGRPC string            // 127.0.0.1:…, plaintext xDS; empty without Istio
	NodeIP     string            // of the node, and of all that listens on it; empty without a node
	Logs       string            // directory of <component>.log

	binary    string
	temporary bool
}

// Start brings a lab up and returns when all of it is ready. It ends with the calling process if Stop is not called before.
func Start(ctx context.Context, options Options) (*Lab, error) {
	binary, err := Binary()
	if err != nil {
		return nil, err
	}
	l := &Lab{Dir: options.Dir, binary: binary}
	if l.Dir == "" {
		if l.Dir, err = os.MkdirTemp("", "lab-"); err != nil {
			return nil, fmt.Errorf("making the lab's directory: %w", err)
		}
		l.temporary = true
	}
	if err := l.up(ctx, options); err != nil {
		return nil, errors.Join(err, l.cleanUp()) // it has ended what it started; a lab of somebody else's stays up
	}
	if err := l.read(); err != nil {
		return nil, errors.Join(err, l.Stop())
	}
	return l, nil
}

// Open returns the lab that somebody else has brought up in the directory, whose end is his concern. A test that runs inside the
// namespaces of a node gets its lab so.
func Open(dir string) (*Lab, error) {
	binary, err := Binary()
	if err != nil {
		return nil, err
	}
	l := &Lab{Dir: dir, binary: binary}
	return l, l.read()
}

// Command is a command that can reach the lab: inside the namespaces of its node, or as it is if the lab has none. Inside, it keeps
// the environment and working directory, and dies with the context like any other. A command that is there already stays there.
func (l *Lab) Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	if l.NodeIP == "" {
		return exec.CommandContext(ctx, name, args...)
	}
	return exec.CommandContext(ctx, l.binary, append([]string{"exec", "--dir", l.Dir, "--", name}, args...)...)
}

// Stop takes the lab down and waits until its last process has gone. Calling it again does nothing.
func (l *Lab) Stop() error {
	out, err := exec.Command(l.binary, "down", "--dir", l.Dir).CombinedOutput()
	if err != nil {
		return fmt.Errorf("taking the lab in %s down: %w: %s", l.Dir, err, bytes.TrimSpace(out))
	}
	return l.cleanUp()
}

func (l *Lab) cleanUp() error {
	if l.temporary {
		return os.RemoveAll(l.Dir)
	}
	return nil
}

// PID returns the process number of a component, such as "kube-apiserver", "istiod" or "kubelet", and 0 if it does not run.
//
// The numbers of a lab with a node count in the PID namespace of the node. A caller inside may use them as they are; outside, where
// they belong to others, the answer is 0.
func (l *Lab) PID(component string) int {
	records, err := proc.ReadRecords(filepath.Join(l.Dir, "pids"))
	if err != nil {
		return 0
	}
	for _, record := range records {
		if record.Name == component && record.ID.Alive() {
			return record.ID.PID
		}
	}
	return 0
}

func (l *Lab) up(ctx context.Context, options Options) error {
	cmd := exec.CommandContext(ctx, l.binary, "up",
		"--dir", l.Dir,
		"--istio="+strconv.FormatBool(options.Istio),
		"--no-guard="+strconv.FormatBool(options.NoGuard),
		"--kwok", strconv.Itoa(options.KWOKNodes),
		"--node="+strconv.FormatBool(options.Node),
		"--images="+options.Images,
		"--emulate="+options.Emulated,
		"--with-pid", strconv.Itoa(os.Getpid()))
	// An interrupted "up" ends what it has started; a killed one could not.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	var problem bytes.Buffer
	cmd.Stdout, cmd.Stderr = options.Progress, &problem
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("bringing a lab up in %s: %w: %s", l.Dir, err, strings.TrimSpace(problem.String()))
	}
	return nil
}

func (l *Lab) read() error {
	values, err := envfile.Read(filepath.Join(l.Dir, "env"))
	if err != nil {
		return fmt.Errorf("reading the lab's addresses: %w", err)
	}
	l.Kubeconfig, l.APIServer, l.CAFile, l.Logs = values["KUBECONFIG"], values["LAB_APISERVER"], values["LAB_CA_FILE"], values["LAB_LOGS"]
	l.NodeIP = values["LAB_NODE_IP"]
	l.IstiodHTTP, l.IstiodGRPC = values["LAB_ISTIOD_HTTP"], values["LAB_ISTIOD_GRPC"]
	if l.Tokens, err = readTokens(values["LAB_TOKENS"]); err != nil {
		return fmt.Errorf("reading the lab's tokens: %w", err)
	}
	return nil
}

func readTokens(path string) (map[string]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	lines := csv.NewReader(file)
	lines.FieldsPerRecord = -1 // the groups are optional
	records, err := lines.ReadAll()
	if err != nil {
		return nil, err
	}
	tokens := map[string]string{}
	for _, record := range records {
		tokens[record[1]] = record[0]
	}
	return tokens, nil
}

// Binary finds the lab's binary: $LAB_BIN, or bin/lab of the working directory or of the nearest directory above it.
func Binary() (string, error) {
	if path := os.Getenv("LAB_BIN"); path != "" {
		return path, nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		path := filepath.Join(dir, "bin", "lab")
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("no bin/lab here or in any directory above: run 'make lab' in the repository, or set LAB_BIN")
		}
		dir = filepath.Dir(dir)
	}
}
