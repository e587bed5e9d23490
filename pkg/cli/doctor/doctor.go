// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"errors"
	"slices"

	"github.com/serin-dev/serin/pkg/cli/cluster"
	"github.com/serin-dev/serin/pkg/cli/installation"
	"github.com/serin-dev/serin/pkg/cli/model"
	"github.com/serin-dev/serin/pkg/rollout"
)

// Options say what to look at.
type Options struct {
	Namespace  string // whose Deployments; empty: of all
	Controller string // namespace of the controller
	Account    string // its ServiceAccount
}

// examination is one look, and what later parts need of earlier ones.
type examination struct {
	*cluster.Cluster
	Options

	installed *installation.Installation
	scope     scope

	guard  rollout.Guard
	meshed bool
	mesh   error // why it is not known whether Istio's API is served
}

// Examine looks at everything, from the surroundings to each Deployment.
func Examine(ctx context.Context, c *cluster.Cluster, options Options) []model.Finding {
	e := &examination{Cluster: c, Options: options}
	controllers, err := e.controllers(ctx)
	e.scope = readScope(controllers)
	e.installed = &installation.Installation{API: c.API, Any: c.Any, Now: c.Now, Namespace: options.Controller, Account: options.Account,
		Namespaces: e.scope.namespaces, Flags: e.scope.flags, Explain: c.In(options.Controller).Explain}
	var guard model.Finding
	e.guard, guard = e.installed.Guard(ctx)
	return slices.Concat([]model.Finding{guard, e.installed.Fence(ctx)}, e.installed.Leader(ctx), e.installed.Permissions(ctx), e.examineOwn(ctx), e.examineMesh(ctx),
		e.examinePrometheus(ctx, controllers, err), e.examineTargets(ctx))
}

// Mesh implements observe.Surroundings.
func (e *examination) Mesh() (bool, error) { return e.meshed, e.mesh }

// Guard implements observe.Surroundings.
func (e *examination) Guard() rollout.Guard { return e.guard }

// ErrBroken means that a finding is.
var ErrBroken = errors.New("something is broken; each finding above says what to do")

// IsBroken reports whether any finding is.
func IsBroken(findings []model.Finding) bool {
	return slices.ContainsFunc(findings, func(f model.Finding) bool { return f.Level == model.Broken })
}

func unknown(about string, err error) model.Finding {
	return model.Finding{About: about, Level: model.Unknown, Text: "not looked at: " + err.Error()}
}
