// SPDX-License-Identifier: Apache-2.0

package sample_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/serin-dev/serin/e2e/sample"
)

// TestMain is the sample itself in a process that a test has started.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_SAMPLE") != "" {
		os.Exit(sample.Run(context.Background()))
	}
	os.Exit(m.Run())
}

// process is a sample that runs.
type process struct {
	cmd       *exec.Cmd
	addresses []string // that it says it listens on
	stderr    *bytes.Buffer
	ended     chan struct{}
}

var address = regexp.MustCompile(`127\.0\.0\.1:\d+`)

func command(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append([]string{"RUN_SAMPLE=1"}, env...)
	return cmd
}

// start starts a sample and returns when it listens.
func start(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	p := &process{cmd: command(t, env, args...), stderr: &bytes.Buffer{}, ended: make(chan struct{})}
	p.cmd.Stderr = p.stderr
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	first, err := bufio.NewReader(stdout).ReadString('\n')
	go func() {
		defer close(p.ended)
		_, _ = io.Copy(io.Discard, stdout)
		_ = p.cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.ended
	})
	// The last address is the process's own: load tells before whom it asks.
	if p.addresses = address.FindAllString(first, -1); err != nil || len(p.addresses) == 0 {
		t.Fatalf("the sample does not listen: %q, %v, %s", first, err, p.stderr)
	}
	return p
}

func serve(t *testing.T, env ...string) *process {
	t.Helper()
	return start(t, env, "serve", "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0")
}

func (p *process) http() string { return p.addresses[0] }
func (p *process) grpc() string { return p.addresses[1] }
func (p *process) own() string  { return p.addresses[len(p.addresses)-1] }

// signal asks the process to end.
func (p *process) signal(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}

// terminate asks the process to end, and returns its exit code.
func (p *process) terminate(t *testing.T) int {
	t.Helper()
	p.signal(t)
	return p.exit(t)
}

// exit waits for the end of the process and returns its exit code.
func (p *process) exit(t *testing.T) int {
	t.Helper()
	select {
	case <-p.ended:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(15 * time.Second):
		t.Fatal("the sample does not end")
		return 0
	}
}

// get returns the answer and its body, and status 0 if there is none.
func get(t *testing.T, host, path string) (*http.Response, string) {
	t.Helper()
	response, err := http.Get("http://" + host + path)
	if err != nil {
		return &http.Response{}, err.Error()
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

func post(t *testing.T, host, path, text string) (int, string) {
	t.Helper()
	response, err := http.Post("http://"+host+path, "text/plain", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// eventually waits until the condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 10s", what)
		}
	}
}

// balancer forwards each connection to the server whose turn it is, as a Service does.
type balancer struct {
	listener net.Listener

	mu      sync.Mutex
	servers []string
	next    int
}

func balance(t *testing.T, servers ...string) *balancer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &balancer{listener: listener, servers: servers}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go b.forward(conn.(*net.TCPConn))
		}
	}()
	t.Cleanup(func() { listener.Close() })
	return b
}

func (b *balancer) address() string { return b.listener.Addr().String() }

// lead sends new connections to these servers from now on; those that are open stay.
func (b *balancer) lead(servers ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.servers = servers
}

func (b *balancer) forward(client *net.TCPConn) {
	b.mu.Lock()
	b.next++
	server := b.servers[b.next%len(b.servers)]
	b.mu.Unlock()
	conn, err := net.Dial("tcp", server)
	if err != nil {
		_ = client.SetLinger(0)
		client.Close()
		return
	}
	var both sync.WaitGroup
	both.Go(func() { pipe(conn.(*net.TCPConn), client) })
	both.Go(func() { pipe(client, conn.(*net.TCPConn)) })
	both.Wait()
	client.Close()
	conn.Close()
}

func pipe(to, from *net.TCPConn) {
	_, _ = io.Copy(to, from)
	_ = to.CloseWrite()
}
