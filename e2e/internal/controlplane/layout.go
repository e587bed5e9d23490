// SPDX-License-Identifier: Apache-2.0

package controlplane

import "path/filepath"

// Layout names the files of a lab below its directory.
type Layout struct{ Dir string }

func (l Layout) path(elements ...string) string {
	return filepath.Join(append([]string{l.Dir}, elements...)...)
}

// Kubeconfig is the administrator's, for people and tests.
func (l Layout) Kubeconfig() string { return l.path("kubeconfig") }

// Env holds the addresses as KEY=value lines that a shell can source.
func (l Layout) Env() string { return l.path("env") }

// Tokens is the API server's token file: token, user, uid, groups.
func (l Layout) Tokens() string { return l.path("tokens") }

// PIDs lists the processes of the components.
func (l Layout) PIDs() string { return l.path("pids") }

// State says what is up and who owns it.
func (l Layout) State() string { return l.path("lab.json") }

// Lock is held for as long as the lab is up.
func (l Layout) Lock() string { return l.path("lab.lock") }

// Log is the output of one component.
func (l Layout) Log(name string) string { return l.path("logs", name+".log") }

// Data is what only the components read; it is worth nothing once they have ended.
func (l Layout) Data() string { return l.path("data") }

func (l Layout) data(elements ...string) string {
	return l.path(append([]string{"data"}, elements...)...)
}

func (l Layout) caFile() string                  { return l.path("certs", "ca.crt") }
func (l Layout) certFile() string                { return l.path("certs", "apiserver.crt") }
func (l Layout) keyFile() string                 { return l.path("certs", "apiserver.key") }
func (l Layout) serviceAccountKey() string       { return l.path("certs", "service-account.key") }
func (l Layout) componentConfig(n string) string { return l.data(n + ".kubeconfig") }
