// SPDX-License-Identifier: Apache-2.0

package rollout

// remedy is what a person at a terminal is told about a reason that can last. Its commands are run by a test, for a Deployment shop.
type remedy struct {
	group    string
	reason   Reason
	waits    string // why nothing moves
	until    string // what lets it go on
	commands string // one a line
}

// The groups of the page, by what a person has to do.
const (
	forAPerson   = "It waits for a person"
	putRight     = "Something has to be put right"
	ended        = "It failed, and stable serves everybody"
	forPods      = "It waits for pods"
	forRoutes    = "It waits for routes and proxies"
	forEvidence  = "It waits for evidence"
	forItself    = "It goes on by itself"
	statusOfShop = "kubectl serin status shop                     # the message names what is wrong"
	explainShop  = "kubectl serin explain shop                    # what happened, and the canary's last words"
)

var groups = []string{forAPerson, putRight, ended, forPods, forRoutes, forEvidence, forItself}

// afterFailure is typed where a template was rejected.
const afterFailure = explainShop + "\nkubectl serin undo shop                       # put the stable template back; or apply a better one"

// remedies are in the order of the page. A reason that is not here is told of in passing: it ends by itself within seconds.
var remedies = []remedy{
	{forAPerson, "StepPaused", "The plan says `:pause` at this step, so that a person decides.", "Somebody passes the step, or rolls back.",
		"kubectl serin approve shop 50                 # this step, and no other; or: kubectl serin abort shop"},
	{forAPerson, "PauseRequested", "`serin.dev/pause` is set.", "It is taken away. A canary that fails meanwhile is acted on all the same.",
		"kubectl serin resume shop"},
	{forAPerson, "GateFailed", "A gate said no. With `on-failure: hold` the rollout keeps its weight; else it was rolled back.", "A person passes the step in spite of it, tries again, or rolls back.",
		statusOfShop + "\nkubectl get jobs                              # a gate that is a Job; its log says more"},
	{forAPerson, "NotHeld", "A template came through without being held, and is held now.", "It goes out as a canary by itself. With the guard it does not happen again.",
		"kubectl serin doctor\nkubectl apply -k deploy/guard                 # Kubernetes 1.36 or later"},
	{forAPerson, "NoReplicas", "The Deployment has no replicas, so that there is no traffic to judge by.", "Somebody, or an autoscaler, scales it up.",
		"kubectl scale deployment shop --replicas=4"},

	{putRight, "InvalidConfiguration", "What the annotations ask for cannot be done, or something around the Deployment is in the way. One of the reasons below takes this one's place where there is a single mistake.", "Every mistake in the message is put right. No traffic moves before.",
		statusOfShop},
	{putRight, InvalidAnnotations, "An annotation under `serin.dev/` is unknown, or has a value that cannot be used.", "It has a value that can be used.",
		"kubectl serin plan shop --server              # every mistake at once\nkubectl annotate deployment shop --overwrite serin.dev/steps=\"5, 25, 50, 100\""},
	{putRight, InvalidChecks, "The ConfigMap with checks and gates is not there, cannot be read, or asks for what this controller cannot measure.", "The ConfigMap is right; it is read again every few seconds.",
		statusOfShop + "\nkubectl annotate deployment shop --overwrite serin.dev/analysis=built-in  # do without it"},
	{putRight, ServiceMissing, "No Service selects the pods, or the one that is named does not exist.", "There is one.",
		"kubectl get services --output=wide            # with their selectors\nkubectl annotate deployment shop --overwrite serin.dev/service=shop"},
	{putRight, ServiceAmbiguous, "Several Services select the pods, and nobody can know which carries the traffic.", "One is named.",
		"kubectl annotate deployment shop --overwrite serin.dev/service=shop"},
	{putRight, ServiceUnsupported, "The Service is headless, an alias, has no selector, or does not select the canary's pods.", "A Service with a cluster IP is named that selects the pods.",
		"kubectl get services --output=wide\nkubectl annotate deployment shop --overwrite serin.dev/service=shop"},
	{putRight, UnsupportedStrategy, "With the strategy `Recreate` two versions never run side by side.", "The strategy is `RollingUpdate`, or the Deployment opts out.",
		"kubectl patch deployment shop --patch '{\"spec\":{\"strategy\":{\"type\":\"RollingUpdate\"}}}'"},
	{putRight, ExclusiveVolume, "A volume can be mounted by one node or pod only, so that stable and canary cannot both have it.", "The claim is ReadWriteMany or ReadOnlyMany, or the volume ephemeral, or the Deployment opts out.",
		"kubectl get persistentvolumeclaims"},
	{putRight, UnsupportedSelector, "By the Deployment's selector, or the template's labels, its pods could not be told from the canary's.", "The label that the message names is as it says.",
		statusOfShop},
	{putRight, RoutesUnsupported, "A route to the Service cannot be split without harm. [Traffic](traffic.md#what-cannot-be-split) has every case.", "The object that the message names is changed as it says.",
		"kubectl get virtualservices,destinationrules --all-namespaces\n" + statusOfShop},
	{putRight, TrafficUnavailable, "`serin.dev/traffic: istio` was asked for, or the rollout began with it, and this cluster serves no VirtualServices.", "Istio is installed; or, before a rollout begins, another mode is asked for.",
		"kubectl serin doctor\nkubectl annotate deployment shop --overwrite serin.dev/traffic=auto"},
	{putRight, NameTaken, "An object that is not Serin's has a name that Serin needs: `shop-canary` or `shop-serin`.", "It is renamed or removed.",
		statusOfShop},
	{putRight, Forbidden, "The controller lacks a permission, or a rule of the [fence](security.md#the-fence) refuses it; the message names which. `canary-vouched` for long: [the API server lost sight of Deployments](security.md#the-template-of-a-canary).", "It is granted; Serin asks again within half a minute.",
		"kubectl serin doctor\nkubectl apply -k deploy/                      # or helm upgrade: either grants all that is needed"},
	{putRight, RequestFailed, "A webhook or an admission policy refuses what Serin writes, or does not answer; the message has its words. `no params found`, or the rule `canary-template` for long: [the API server lost sight of Deployments](security.md#the-template-of-a-canary).", "What the message names is put right; Serin asks again within half a minute.",
		"kubectl describe deployment shop              # the Event has the words\nkubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations,validatingadmissionpolicies"},
	{putRight, "NativeRollout", "The Deployment controller rolls out by itself: the Deployment was opted in meanwhile, or nothing held its template.", "The native rollout is complete. One that was paused before it opted in is never: opt out, resume it, and opt in again.",
		"kubectl rollout status deployment/shop --timeout=5m"},
	{putRight, "PromotionStuck", "The target's own rollout makes no progress. The canary goes on serving everybody.", "What the message names is put right, a quota or a node for instance; or somebody rolls back.",
		"kubectl describe deployment shop\nkubectl get events --sort-by=.lastTimestamp   # or give up: kubectl serin abort shop"},
	{putRight, "NotObserved", "The Deployment controller has not seen the new template.", "It has. If that takes longer than seconds, kube-controller-manager does not run.",
		"kubectl get leases --namespace kube-system    # kube-controller-manager renews its own"},
	{putRight, "WeightNotApplied", "The routes do not have the weights of the step, and are written again.", "They have, and stay so. Where it comes again, somebody else writes the VirtualService.",
		"kubectl get virtualservices --output=yaml --show-managed-fields"},

	{ended, "TemplateRejected", "The wanted template was rolled back, and is refused until it changes.", "Another template, the old one, or a person who wants another try.",
		afterFailure + "\n" + "                                              # the same once more: kubectl serin retry shop"},
	{ended, "CanaryFailed", "A canary pod has a fault that does not heal. One of the reasons below takes this one's place.", "Another template. With `on-failure: pause` it waits for a person instead.", afterFailure},
	{ended, ImagePullFailed, "The image of a canary pod cannot be pulled.", "The image's name or the pull secret is right in the template.", afterFailure},
	{ended, ContainerConfigFailed, "A container cannot be made: a ConfigMap, a Secret, a key of one, a command or a mount is wrong.", "What the message names is there, and the template is tried again.", afterFailure},
	{ended, CrashLoop, "A container of the canary ends again and again.", "A template that does not. Its last log lines are in the record.", afterFailure},
	{ended, RestartsExceeded, "The canary's containers restarted more often than `serin.dev/max-restarts` tolerates.", "A template that does not; or more restarts are tolerated.", afterFailure},
	{ended, ProgressDeadlineExceeded, "The Deployment controller gave the canary up.", "What its pods waited for is there.", afterFailure},
	{ended, "DeadlineExceeded", "The canary was not available within `serin.dev/deadline`.", "What it waited for is there, or the deadline is longer.", afterFailure},
	{ended, "AnalysisFailed", "The canary's requests fail more often, or take longer, than is allowed. The evidence has the numbers.", "A better template; or, where the evidence is about something else, another check.", afterFailure},
	{ended, "NoData", "Nothing could be measured until the deadline, and `on-no-data` says what happens then.", "Prometheus has the series that the message names.",
		explainShop + "\nkubectl serin doctor                          # can Prometheus be reached?"},
	{ended, "AbortRequested", "A person asked to roll back.", "Another template, or another try.", afterFailure},

	{forPods, "CanaryNotAvailable", "The canary's pods are not all available yet.", "They are; else it fails at `serin.dev/deadline`.",
		"kubectl describe pods --selector serin.dev/canary-of=shop\nkubectl get events --sort-by=.lastTimestamp"},
	{forPods, "CanaryLost", "Pods that carried weight are gone. The weight went back before anything else.", "They are back.",
		"kubectl get pods --selector serin.dev/canary-of=shop --output=wide"},
	{forPods, "StableNotAvailable", "Traffic should go back to stable, which has too few pods to carry it.", "Its pods are available. After the deadline any stable pod will do.",
		"kubectl get pods --selector app=shop --output=wide"},
	{forPods, "RatioNotReached", "Pods are added, then removed, until their ratio is as near to the weight as their number allows.", "It is.",
		"kubectl get deployments shop\nkubectl get events --sort-by=.lastTimestamp"},
	{forPods, "Promoting", "The Deployment rolls to the judged template under its own strategy.", "It is complete.",
		"kubectl rollout status deployment/shop --timeout=5m"},

	{forRoutes, "RoutesReverted", "Somebody else undid the weights. They are not fought over, but written ever more rarely, from 10 seconds to 5 minutes.", "The other tool leaves the routes alone: [the ignore rules](operations.md#gitops).",
		statusOfShop + "\nkubectl get virtualservices --output=yaml --show-managed-fields"},
	{forRoutes, "ProxiesLagging", "istiod was asked, and proxies are not known to follow the routes yet; or it cannot be asked. Nothing is done on a belief.", "They acknowledge the routes. A proxy that refuses its configuration for long: read its log, delete its pod. istiod that refuses: [let Serin ask it](operations.md#let-serin-ask-istiod).",
		statusOfShop + "\nkubectl get pods --namespace istio-system"},
	{forRoutes, "ShareNotSeen", "Requests were counted, and the canary does not get the share that the weights give it.", "It does, and the hold begins. Look for routes of others to the same pods, and for clients outside of the mesh.",
		"kubectl serin plan shop --server              # what cannot be split\nkubectl get virtualservices --all-namespaces"},

	{forEvidence, "AnalysisInconclusive", "There is not enough evidence to judge by, or data are missing; the message says which.", "There is; or the deadline comes, where `on-no-data` decides; or a person passes the step.",
		statusOfShop + "\nkubectl serin doctor                          # can Prometheus be reached?"},
	{forEvidence, "GateWaiting", "Gates have been asked and have yet to answer, or cannot be asked yet.", "They answer. A person goes on without them by `kubectl serin promote shop`.",
		statusOfShop + "\nkubectl get jobs"},

	{forItself, "Holding", "The step keeps its weight for its hold.", "The hold is over and nothing failed. A person goes on at once by `kubectl serin promote shop`.",
		"kubectl serin status shop"},
	{forItself, "Baking", "Every step is passed, and everybody stays on the canary for the time of `serin.dev/bake` while stable's pods are kept.", "The bake is over and nothing failed. A person ends it by `kubectl serin promote shop`, or goes back by `kubectl serin abort shop`.",
		"kubectl serin status shop"},
	{forItself, "UpToDate", "The wanted template serves everybody.", "A new template.", "kubectl serin history shop"},
	{forItself, "GuardArmed", "This API server cannot hold a template by policy, so that the Deployment is paused at rest. It scales as ever.", "A new template goes out as a canary. With the guard policy the Deployment need not be paused.",
		"kubectl serin doctor"},
}
