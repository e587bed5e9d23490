// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// attempt is something that a thief tries, and the rule that refuses it; empty: none does.
type attempt struct {
	rule string
	try  func(w *thief) error
}

func change(resource schema.GroupVersionResource, name string, e edit, subresources ...string) func(*thief) error {
	return func(w *thief) error { return w.changes(resource, name, e, subresources...) }
}

func create(resource schema.GroupVersionResource, like, name string, e edit) func(*thief) error {
	return func(w *thief) error { return w.creates(resource, like, name, e) }
}

func remove(resource schema.GroupVersionResource, name string) func(*thief) error {
	return func(w *thief) error { return w.deletes(resource, name) }
}

const evil = registry + "evil:v1"

var (
	imageAt    = []any{"spec", "template", "spec", "containers", 0, "image"}
	noteOf     = func(key string) []any { return []any{"metadata", "annotations", key} }
	labelOf    = func(key string) []any { return []any{"metadata", "labels", key} }
	finalizers = []any{"metadata", "finalizers"}
	strangers  = []any{map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "name": "lone", "uid": "00000000-0000-4000-8000-000000000000", "controller": true}}
)

var onDeployments = map[string]attempt{
	"send another image to everybody":       {"target-spec", change(deployments, "shop", set(evil, imageAt...))},
	"run it beside":                         {"target-spec", change(deployments, "shop", set([]any{map[string]any{"name": "b", "image": evil}}, "spec", "template", "spec", "initContainers"))},
	"change how it is rolled out":           {"target-spec", change(deployments, "shop", set(int64(60), "spec", "minReadySeconds"))},
	"change how pods are replaced":          {"target-spec", change(deployments, "shop", set("50%", "spec", "strategy", "rollingUpdate", "maxUnavailable"))},
	"take the last pod":                     {"target-replicas", change(deployments, "shop", set(int64(0), "spec", "replicas"))},
	"label it":                              {"target-metadata", change(deployments, "shop", set("x", labelOf("team")...))},
	"call it a canary":                      {"target-metadata", change(deployments, "shop", all(set("serin", labelOf("app.kubernetes.io/managed-by")...), set("shop", labelOf("serin.dev/canary-of")...)))},
	"keep it from being deleted":            {"target-metadata", change(deployments, "shop", set([]any{"a.test/b"}, finalizers...))},
	"annotate it for somebody else":         {"target-annotations", change(deployments, "shop", set("x", noteOf("reloader.stakater.com/auto")...))},
	"change the annotation of somebody":     {"target-annotations", change(deployments, "shop", set("x", noteOf("deployment.kubernetes.io/revision")...))},
	"give a command":                        {"target-annotations", change(deployments, "shop", set("full", noteOf("serin.dev/promote")...))},
	"change the steps":                      {"target-annotations", change(deployments, "shop", set("100", noteOf("serin.dev/steps")...))},
	"opt it out":                            {"target-annotations", change(deployments, "shop", set(nil, noteOf("serin.dev/canary")...))},
	"annotate it by its status":             {"target-annotations", change(deployments, "shop", set("full", noteOf("serin.dev/promote")...), "status")},
	"tell of another condition":             {"target-status", change(deployments, "shop", set("False", "status", "conditions", 0, "status"), "status")},
	"tell of other pods":                    {"target-status", change(deployments, "shop", set(int64(9), "status", "replicas"), "status")},
	"hold somebody else's":                  {"target", change(deployments, "other", set(true, "spec", "paused"))},
	"opt somebody else's in":                {"target", change(deployments, "other", set("true", noteOf("serin.dev/canary")...))},
	"tell of somebody else's":               {"target", change(deployments, "other", set("x", noteOf("serin.dev/rollout")...), "status")},
	"delete the target":                     {"deletions", remove(deployments, "shop")},
	"delete somebody else's":                {"deletions", remove(deployments, "other")},
	"create a Deployment":                   {"canary", create(deployments, "other", "mine", set(evil, imageAt...))},
	"create one that is only labelled":      {"canary-", create(deployments, "other", "mine-canary", all(set("serin", labelOf("app.kubernetes.io/managed-by")...), set("mine", labelOf("serin.dev/canary-of")...)))},
	"create a canary of another name":       {"canary-owner", anew(set("mine-canary", "metadata", "name"))},
	"create a canary that selects others":   {"canary-pods", anew(set(map[string]any{"serin.dev/track": "canary"}, "spec", "selector", "matchLabels"))},
	"create a canary with another image":    {"canary-template", anew(set(evil, imageAt...))},
	"create a canary with another account":  {"canary-template", anew(set("builder", "spec", "template", "spec", "serviceAccountName"))},
	"create a canary with other notes":      {"canary-template", anew(set("x", "spec", "template", "metadata", "annotations", "inject.istio.io/templates"))},
	"create a canary with other labels":     {"canary-template", anew(set("x", "spec", "template", "metadata", "labels", "azure.workload.identity/use"))},
	"create a canary of nobody":             {"canary-vouched", anew(all(set(evil, imageAt...), set(strangers, "metadata", "ownerReferences")))},
	"create one of nobody, and vouch":       {"canary-vouched", anew(all(set(evil, imageAt...), set(strangers, "metadata", "ownerReferences"), set("00000000-0000-4000-8000-000000000000", labelOf("serin.dev/vouched")...)))},
	"change what a canary runs":             {"canary-", change(deployments, "shop-canary", set(evil, imageAt...))},
	"change what a canary without pods is":  {"canary-template", change(deployments, "empty-canary", set(evil, imageAt...))},
	"give a canary to another owner":        {"canary-", change(deployments, "shop-canary", set(strangers, "metadata", "ownerReferences"))},
	"keep a canary from being deleted":      {"canary-", change(deployments, "shop-canary", set([]any{"a.test/b"}, finalizers...))},
	"pause a canary":                        {"canary-update", change(deployments, "shop-canary", set(true, "spec", "paused"))},
	"hold the target, and let it go":        {"", change(deployments, "shop", all(set(true, "spec", "paused"), set("{}", noteOf("serin.dev/rollout")...)))},
	"lower the target":                      {"", change(deployments, "shop", set(int64(3), "spec", "replicas"))},
	"take a command away":                   {"", change(deployments, "shop", set(nil, noteOf("serin.dev/promote")...))},
	"ask for an abort, as leaving does":     {"", change(deployments, "shop", set("true", noteOf("serin.dev/abort")...))},
	"write memo and condition":              {"", change(deployments, "shop", all(set("{}", noteOf("serin.dev/rollout")...), promotedSays("other words")), "status")},
	"size a canary":                         {"", change(deployments, "shop-canary", set(int64(2), "spec", "replicas"))},
	"give a canary without pods what it is": {"", change(deployments, "empty-canary", set(registry+"empty:v2", imageAt...))},
}

// anew creates the canary of the Deployment "lone", which has none.
func anew(e edit) func(*thief) error {
	return func(w *thief) error {
		return w.creates(deployments, "shop-canary", "lone-canary", func(o *unstructured.Unstructured) {
			w.likeCanaryOf("lone")(o)
			e(o)
		})
	}
}

// likeCanaryOf makes of an object the canary that a Deployment would have.
func (p *shop) likeCanaryOf(name string) edit {
	return func(o *unstructured.Unstructured) {
		target, err := p.any.Resource(deployments).Namespace(p.namespace).Get(p.Context(), name, metav1.GetOptions{})
		p.mustDo(err)
		template, _, _ := unstructured.NestedMap(target.Object, "spec", "template")
		labels, _, _ := unstructured.NestedStringMap(template, "metadata", "labels")
		labels["serin.dev/track"], labels["serin.dev/canary-of"] = "canary", name
		_ = unstructured.SetNestedStringMap(template, labels, "metadata", "labels")
		all(
			set(template, "spec", "template"), set(map[string]any{"matchLabels": map[string]any{"serin.dev/canary-of": name}}, "spec", "selector"),
			set(map[string]any{"app.kubernetes.io/managed-by": "serin", "serin.dev/canary-of": name}, "metadata", "labels"),
			set([]any{map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "name": name, "uid": string(target.GetUID()), "controller": true}}, "metadata", "ownerReferences"),
		)(o)
	}
}

// promotedSays changes the message of Serin's condition.
func promotedSays(words string) edit {
	return func(o *unstructured.Unstructured) {
		conditions, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
		for _, c := range conditions {
			if c := c.(map[string]any); c["type"] == "serin.dev/Promoted" {
				c["message"] = words
			}
		}
		_ = unstructured.SetNestedSlice(o.Object, conditions, "status", "conditions")
	}
}

var onOthers = map[string]attempt{
	"run another image in a ReplicaSet":   {"replicaset", aReplicaSet(set(evil, imageAt...))},
	"label a ReplicaSet":                  {"replicaset", aReplicaSet(set("x", labelOf("team")...))},
	"scale a ReplicaSet":                  {"", aReplicaSet(set(int64(3), "spec", "replicas"))},
	"point a Service elsewhere":           {"service", change(services, "shop", set(map[string]any{"app": "other"}, "spec", "selector"))},
	"annotate a Service":                  {"service", change(services, "shop", set("x", noteOf("a")...))},
	"label a Service":                     {"service-label", change(services, "shop", set("x", labelOf("new")...))},
	"change two labels of a Service":      {"service-label", change(services, "shop", all(set("x", labelOf("version")...), set("x", labelOf("team")...)))},
	"change what a label means":           {"service-label", change(services, "shop", set("x", labelOf("service.kubernetes.io/headless")...))},
	"tell the version of a Service":       {"", change(services, "shop", set("v9", labelOf("version")...))},
	"write somebody's ConfigMap":          {"record", change(configMaps, "settings", set("evil", "data", "a"))},
	"create a ConfigMap":                  {"record", create(configMaps, "settings", "mine", set("evil", "data", "a"))},
	"create a record of nobody":           {"record", create(configMaps, "settings", "mine-serin", all(ours, set(map[string]any{"record.json": ""}, "data")))},
	"keep something else in a record":     {"record-data", aRecord(set("evil", "data", "checks.yaml"))},
	"create a record":                     {"", aRecord(set("{}", "data", "record.json"))},
	"delete somebody's ConfigMap":         {"deletions", remove(configMaps, "settings")},
	"run a Job where nobody allowed them": {"job-namespace", aJob(func(*unstructured.Unstructured) {})},
	"delete somebody's Job":               {"deletions", remove(jobs, "nightly")},
}

func aReplicaSet(e edit) func(*thief) error {
	return func(w *thief) error {
		sets, err := w.shop.any.Resource(replicaSets).Namespace(w.namespace).List(w.Context(), metav1.ListOptions{LabelSelector: "app=shop,serin.dev/track!=canary"})
		w.mustDo(err)
		return w.changes(replicaSets, sets.Items[0].GetName(), e)
	}
}

func (p *shop) ownedBy(name string) edit {
	target, err := p.any.Resource(deployments).Namespace(p.namespace).Get(p.Context(), name, metav1.GetOptions{})
	p.mustDo(err)
	return set([]any{map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "name": name, "uid": string(target.GetUID()), "controller": true}}, "metadata", "ownerReferences")
}

func aRecord(e edit) func(*thief) error {
	return func(w *thief) error {
		return w.creates(configMaps, "settings", "other-serin", all(ours, w.ownedBy("other"), set(map[string]any{}, "data"), e))
	}
}

func aJob(e edit) func(*thief) error {
	return func(w *thief) error {
		return w.creates(jobs, "nightly", "gate", all(set(map[string]any{"app.kubernetes.io/managed-by": "serin", "serin.dev/gate-of": "shop"}, "metadata", "labels"), w.ownedBy("shop"),
			set(nil, "spec", "selector"), set(map[string]any{"serin.dev/gate-of": "shop"}, "spec", "template", "metadata", "labels"), e))
	}
}

// In a namespace where the Jobs of gates are allowed.
var onJobs = map[string]attempt{
	"run a Job of nobody":          {"job", aJob(set(map[string]any{}, "metadata", "labels"))},
	"run a privileged Job":         {"job-pod", aJob(set(true, "spec", "template", "spec", "containers", 0, "securityContext", "privileged"))},
	"run a Job on the node's disk": {"job-pod", aJob(set([]any{map[string]any{"name": "disk", "hostPath": map[string]any{"path": "/"}}}, "spec", "template", "spec", "volumes"))},
	"run a Job in the node's net":  {"job-pod", aJob(set(true, "spec", "template", "spec", "hostNetwork"))},
	"run the Job of a gate":        {"", aJob(func(*unstructured.Unstructured) {})},
}

// Whoever has the token of the controller's account can do what a rollout takes, and no more.
func TestAStolenTokenOpensLittle(t *testing.T) {
	onItsOwn(t)
	w := robbed(t)
	for _, attempts := range []map[string]attempt{onDeployments, onRoutes, onOthers} {
		w.tries(t, attempts)
	}
	w.allowJobs()
	w.poll("the namespace's label to count", func() bool {
		err := aJob(set(map[string]any{}, "metadata", "labels"))(w)
		return err != nil && !strings.Contains(err.Error(), "job-namespace")
	})
	w.tries(t, onJobs)
}

// tries what is to be refused first: what is allowed changes something.
func (w *thief) tries(t *testing.T, attempts map[string]attempt) {
	for _, allowed := range []bool{false, true} {
		for name, a := range attempts {
			if (a.rule == "") != allowed {
				continue
			}
			t.Run(name, func(t *testing.T) {
				if err := a.try(w); !allowed {
					refusedBy(t, a.rule, err)
				} else if err != nil {
					t.Errorf("it is refused: %v", err)
				}
			})
		}
	}
}

// What RBAC does not grant needs no fence.
func TestAStolenTokenOpensNothingElse(t *testing.T) {
	t.Parallel()
	p := newShop(t, shared, everyones.take(t))
	config := rest.AnonymousClientConfig(p.config)
	config.BearerToken = p.token
	api, err := kubernetes.NewForConfig(config)
	p.mustDo(err)
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "mine"}}
	for name, try := range map[string]func() error{
		"read Secrets": func() error {
			_, err := api.CoreV1().Secrets(p.namespace).List(p.Context(), metav1.ListOptions{})
			return err
		},
		"read its own Secrets": func() error {
			_, err := api.CoreV1().Secrets(systemNamespace).List(p.Context(), metav1.ListOptions{})
			return err
		},
		"run a pod": func() error {
			_, err := api.CoreV1().Pods(p.namespace).Create(p.Context(), pod, metav1.CreateOptions{})
			return err
		},
		"change its own permissions": func() error {
			return api.RbacV1().ClusterRoles().Delete(p.Context(), "serin", metav1.DeleteOptions{})
		},
		"bind itself to more": func() error {
			_, err := api.RbacV1().ClusterRoleBindings().Create(p.Context(), &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "mine"}}, metav1.CreateOptions{})
			return err
		},
		"tear the fence down": func() error {
			return api.AdmissionregistrationV1().ValidatingAdmissionPolicyBindings().Delete(p.Context(), "serin-fence-target", metav1.DeleteOptions{})
		},
	} {
		t.Run(name, func(t *testing.T) {
			if err := try(); !apierrors.IsForbidden(err) || strings.Contains(err.Error(), "fence rule") {
				t.Errorf("it ends with %v", err)
			}
		})
	}
}
