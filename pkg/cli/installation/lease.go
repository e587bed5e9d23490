// SPDX-License-Identifier: Apache-2.0

package installation

import (
	"context"
	"fmt"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/serin-dev/serin/pkg/cli/model"
)

const (
	controllerAbout = "Controller"
	leaseName       = "serin"
	stale           = 30 * time.Second // a lease that was not renewed for so long; the clocks of two machines may differ
)

// Leader looks at its lease: who acts, and when it last said so.
func (i *Installation) Leader(ctx context.Context) []model.Finding {
	lease, err := i.API.CoordinationV1().Leases(i.Namespace).Get(ctx, leaseName, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return []model.Finding{{About: controllerAbout, Level: model.Broken,
			Text: fmt.Sprintf("no lease %s in namespace %s: no controller runs there (one with --leader-elect=false has none)", leaseName, i.Namespace),
			Do:   "kubectl apply -k deploy/, or name its namespace with --controller-namespace"}}
	case err != nil:
		return []model.Finding{unknown(controllerAbout, i.Explain(err, "get", "leases.coordination.k8s.io", "reading the controller's lease"))}
	}
	return []model.Finding{i.judge(lease)}
}

func (i *Installation) judge(lease *coordinationv1.Lease) model.Finding {
	holder, renewed := lease.Spec.HolderIdentity, lease.Spec.RenewTime
	if holder == nil || *holder == "" || renewed == nil {
		return model.Finding{About: controllerAbout, Level: model.Broken, Text: "its lease was given back and nobody holds it: no controller runs",
			Do: fmt.Sprintf("kubectl get pods -n %s -l app.kubernetes.io/name=serin", i.Namespace)}
	}
	age := i.Now().Sub(renewed.Time)
	if age > stale {
		return model.Finding{About: controllerAbout, Level: model.Broken,
			Text: fmt.Sprintf("%s holds the lease, and has not renewed it for %s: no controller acts", *holder, duration.HumanDuration(age)),
			Do:   fmt.Sprintf("kubectl get pods -n %s -l app.kubernetes.io/name=serin, and its log", i.Namespace)}
	}
	held := ""
	if lease.Spec.AcquireTime != nil {
		held = ", which it has held for " + duration.HumanDuration(i.Now().Sub(lease.Spec.AcquireTime.Time))
	}
	return model.Finding{About: controllerAbout, Level: model.OK,
		Text: fmt.Sprintf("%s renewed its lease %s ago%s", *holder, duration.HumanDuration(max(0, age)), held)}
}
