// SPDX-License-Identifier: Apache-2.0

package checks

// GateExample is the text about gates on the reference page.
const GateExample = `checks: []
gates:
- name: smoke
  when: before-traffic
  job:
    template:
      spec:
        containers:
        - name: smoke
          image: registry.example/shop-tests:7
          command: [run-tests, --pods, serin.dev/canary-of=$(SERIN_DEPLOYMENT)]
- name: change-board
  when: before-promotion
  on-failure: hold
  http:
    url: https://board.example/serin
    secret: board
    timeout: 30s
    retries: 5
`

const aboutGates = `
## Gates

A gate is asked at certain points of a rollout, and nothing moves until it has passed. This is where smoke tests go, and systems
that have a say in a change.

` + "```yaml\n"

const afterGates = "```" + `

| Field | Meaning |
|---|---|
`

const gatesClosing = `
The gates of one point are asked side by side, and all of them have to pass. While they are asked the reason is
` + "`GateWaiting`" + `, and a failure is ` + "`GateFailed`" + `. The canary is watched and judged all the while. A gate is asked
once at each point; where weight was lost and is given again that is another point. A controller that takes over finds the Jobs of
the one before it, and asks by HTTP again what it cannot know was answered. A
change of the list counts from the next step on. Gates of ` + "`after`" + ` keep the condition from becoming ` + "`True`" + ` until they have answered. Gates in the
ConfigMap that the controller's flag ` + "`--checks`" + ` names stand in the way of every Deployment that names none.

A person goes on without the gates of a point by ` + "`serin.dev/promote: \"step\"`" + `; ` + "`\"full\"`" + ` waives the gates of all steps that are left,
and that before the promotion. They are waived with the steps, too, where stable has no pod left. ` + "`serin.dev/analysis: off`" + ` switches gates off with the checks. With ` + "`serin.dev/on-failure: pause`" + ` a gate that fails freezes the rollout.

**By HTTP** the controller sends a JSON object: ` + "`id`, `deployment`, `namespace`, `gate`, `when`, `weight` and `nextWeight` (percent), `from` and `to` (each with\n`hash` and `images`), `started`" + `. The ` + "`id`" + ` is the same for each try at one point, so that a question that comes twice (a try
whose answer was lost, a controller that was replaced) can be known. With ` + "`secret`" + ` the headers ` + "`Serin-Timestamp`" + ` (seconds since 1970) and
` + "`Serin-Signature: sha256=HEX`" + ` are sent, where HEX is the HMAC-SHA256 of the timestamp, a full stop and the body. The first
200 bytes of an answer that is not 2xx are told. A redirect is followed on the same host only. Addresses of the controller's
own machine (loopback) and link-local ones are refused, and no proxy is used.

The controller may read no Secret. Allow it to read the one that is named, and no other:

` + "```sh" + `
kubectl create role serin-gate-board --namespace web --verb=get --resource=secrets --resource-name=board
kubectl create rolebinding serin-gate-board --namespace web --role=serin-gate-board --serviceaccount=serin-system:serin
` + "```" + `

Until then the gate waits, and the condition says just this.

**A Job** runs in the Deployment's namespace and belongs to the Deployment. Its containers get the variables ` + "`SERIN_DEPLOYMENT`,\n`SERIN_CANARY` (the canary Deployment), `SERIN_NAMESPACE`, `SERIN_GATE`, `SERIN_WHEN`, `SERIN_WEIGHT` and `SERIN_NEXT_WEIGHT`" + ` (percent).
Unless written it is not repeated (` + "`backoffLimit: 0`" + `), may take ten minutes (` + "`activeDeadlineSeconds: 600`" + `) and is kept for an hour
(` + "`ttlSecondsAfterFinished: 3600`" + `). The end of the log of a pod that failed is told. A Job whose rollout went another way is deleted.
Its pods must have no labels by which the Service or the Deployment would take them for their own. Where sidecars are injected that
do not end by themselves, label the pods ` + "`sidecar.istio.io/inject: \"false\"`" + `.

The [fence](security.md#the-fence) lets Jobs of gates run only in namespaces that allow them; elsewhere a Warning ` + "`Forbidden`" + ` names this command:

` + "```sh" + `
kubectl label namespace web serin.dev/gate-jobs=allowed
` + "```" + `

There whoever may write this ConfigMap may run pods in its namespace, with its ServiceAccounts and Secrets. Give the right to it as you
give the right to create Jobs.
`
