// SPDX-License-Identifier: Apache-2.0

package dashboards

// Fleet is about all Deployments, and about the controller.
func Fleet() Dashboard {
	variables := []object{
		variable("job", "Job", "label_values(serin_guard_active, job)", true),
		variable("namespace", "Namespace", "label_values(serin_rollout_phase, namespace)", true),
		written("stuck", "Stuck after (s)", "1800"),
	}
	endings := `max by (namespace, deployment, outcome) (serin_rollout_ended_timestamp_seconds{namespace=~"$namespace",outcome%s"Promoted"})`
	annotations := []object{
		moments("Promoted", green, replaced(endings, "="), "{{outcome}}"),
		moments("Ended otherwise", red, replaced(endings, "!="), "{{outcome}}"),
	}
	return dashboard("serin-fleet", "Serin / Fleet", "What is rolling out now, what came of it, and how the controller fares.", variables, annotations, []section{
		{"Now", append(fleetNumbers(), fleetTables()...)},
		{"What came of it", fleetOutcomes()},
		{"The controller", controllerPanels()},
		{"Prometheus, as it answers the controller", prometheusPanels()},
	})
}

func fleetNumbers() []*Panel {
	underWay := each(`serin_rollout_phase{namespace=~"$namespace",phase=~"` + under + `"}`)
	return []*Panel{
		number("Opted in", "Deployments that are looked after. None, and there are some: look at the controller below.", "none", 4, green, green, 0,
			query{counted(each(`serin_rollout_phase{namespace=~"$namespace"}`)), "Deployments"}),
		number("Under way", "Rollouts that are neither promoted nor rolled back yet. The table below names them.", "none", 4, green, blue, 1,
			query{counted(underWay), "rollouts"}),
		number("Stuck", "Rollouts whose reason has been the same for longer than anybody wants it to. The table below names them; `kubectl serin status` says what they wait for.", "none", 4, green, red, 1,
			query{counted(stuck()), "rollouts"}),
		number("Rejected templates", "Deployments that run without the template that was asked for last.", "none", 4, green, orange, 1,
			query{counted(each(`serin_rollout_phase{namespace=~"$namespace",phase="RolledBack"}`)), "Deployments"}),
		number("Leaders", "Processes that act. 0: nothing moves; see SerinNoLeader in docs/alerts.md. A controller without leader election counts.", "none", 4, red, green, 1,
			query{`sum(max by (namespace) (leader_election_master_status{job=~"$job",name="serin"})) or count(count by (job) (serin_guard_active{job=~"$job"})) or vector(0)`, "leaders"}),
		number("Guard", "What holds a changed template: policy (the API server), armed (Deployments are kept paused at rest), none (it cannot be found out, and nothing moves).", "none", 4, green, green, 0,
			query{`max by (guard) (serin_guard_active{job=~"$job"}) == 1`, "{{guard}}"}).word(),
	}
}

func fleetTables() []*Panel {
	underWay := " and on (namespace, deployment) " + each(`serin_rollout_phase{phase=~"`+under+`"}`)
	whose := []column{{"namespace", "namespace", ""}, {"deployment", "deployment", ""}}
	return []*Panel{
		table("Rolling now", "Each rollout under way. Observed below wanted for long: routes are settling, or somebody else writes them.", 24,
			append(whose, column{"phase", "phase", ""}, column{"reason", "reason", ""}, column{"Value #B", "for", "s"}, column{"Value #C", "wanted", "percentunit"},
				column{"Value #D", "observed", "percentunit"}, column{"Value #E", "step", ""}, column{"Value #F", "of", ""}, column{"Value #G", "hold left", "s"}),
			query{each(`serin_rollout_phase{namespace=~"$namespace",phase=~"`+under+`"}`, "phase"), ""},
			query{each(`serin_rollout_reason_seconds{namespace=~"$namespace"}`, "reason") + underWay, ""},
			query{each(`serin_rollout_weight_wanted_ratio{namespace=~"$namespace"}`), ""},
			query{each(`serin_rollout_weight_observed_ratio{namespace=~"$namespace"}`), ""},
			query{each(`serin_rollout_step{namespace=~"$namespace"}`), ""},
			query{each(`serin_rollout_steps{namespace=~"$namespace"}`), ""},
			query{each(`serin_rollout_hold_remaining_seconds{namespace=~"$namespace"}`), ""}),
		table("Which are stuck", "What waits for something that does not come. docs/reasons.md says for each reason what to do.", 12,
			append(whose, column{"reason", "reason", ""}, column{"Value", "for", "s"}),
			query{stuck(), ""}),
		table("Which templates are rejected", "What is deployed is not what was asked for. `kubectl serin explain` says why; push a mended template, or put the old one back.", 12,
			append(whose, column{"reason", "because of", ""}, column{"Value", "for", "s"}),
			query{each(`serin_rollout_reason_seconds{namespace=~"$namespace"}`, "reason") + " and on (namespace, deployment) " + each(`serin_rollout_phase{phase="RolledBack"}`), ""}),
	}
}

func fleetOutcomes() []*Panel {
	return []*Panel{
		lines("Rollouts that ended", "By outcome. Many that are not Promoted: look whether one team or one check is behind them.", "none", 12,
			query{"sum by (outcome) (increase(serin_rollouts_total[$__rate_interval])) > 0", "{{outcome}}"}).bars().coloured("Promoted", green).coloured("RolledBack", red),
		number("Promoted", "Of the rollouts that were promoted or rolled back in the time that is shown.", "percentunit", 4, red, green, 0.8,
			query{`sum(increase(serin_rollouts_total{outcome="Promoted"}[$__range])) / sum(increase(serin_rollouts_total{outcome=~"Promoted|RolledBack"}[$__range]))`, "promoted"}),
		number("Traffic away from a failed canary", "From the decision to the write, at the 95th percentile. Longer than seconds: the API server is slow, or the controller is short of workers.", "s", 4, green, orange, 10,
			query{"histogram_quantile(0.95, sum by (le) (increase(serin_rollout_return_seconds_bucket[$__range])))", "p95"}),
		number("Undone by others", "Rollouts that stepped back because somebody wrote other routes. Above 0: add the ignore rule that the condition names to the GitOps tool.", "none", 4, green, orange, 1,
			query{"sum(increase(serin_route_reverts_total[$__range]))", "reverts"}),
		lines("How long rollouts take", "Median by outcome, from the new template to the end.", "s", 12,
			query{"histogram_quantile(0.5, sum by (le, outcome) (increase(serin_rollout_duration_seconds_bucket[$__range]))) > 0", "{{outcome}}"}),
		lines("Until the first traffic, and until proxies follow", "Medians. The first grows with pods that are slow to become available; the second with a busy istiod.", "s", 12,
			query{"histogram_quantile(0.5, sum by (le) (increase(serin_rollout_first_traffic_seconds_bucket[$__range])))", "first traffic"},
			query{"histogram_quantile(0.5, sum by (le) (increase(serin_rollout_settle_seconds_bucket[$__range])))", "settling"}),
		gauges("Moves", "By reason, since the controller began. Reasons are in docs/reasons.md.", "none", 12,
			query{"topk(12, sum by (reason) (serin_moves_total))", "{{reason}}"}),
		gauges("Commands of people", "In the time that is shown. Many aborts: the checks find too little. Many ignored: people misread where a rollout stands.", "none", 12,
			query{"sum by (command, outcome) (increase(serin_commands_total[$__range]))", "{{command}} {{outcome}}"}),
	}
}

func controllerPanels() []*Panel {
	return []*Panel{
		timeline("Leader", "Which process acts. None for longer than a lease (15 s): nothing moves, and nothing breaks.", 12, "leads",
			query{`max by (pod) (leader_election_master_status{job=~"$job",name="serin"})`, "{{pod}}"}),
		lines("Passes", "By result. Errors are retried, ever more rarely; the log and Events of the Deployment name them.", "ops", 12,
			query{`sum by (result) (rate(controller_runtime_reconcile_total{job=~"$job",controller="rollout"}[$__rate_interval]))`, "{{result}}"}).coloured("error", red),
		lines("How long a pass takes", "99 of 100 take less. Seconds: the API server is slow.", "s", 8,
			query{`histogram_quantile(0.99, sum by (le) (rate(controller_runtime_reconcile_time_seconds_bucket{job=~"$job",controller="rollout"}[$__rate_interval])))`, "p99"}),
		lines("Waiting to be looked at", "Deployments in the queue, and workers that are busy. A queue that stays: raise the value `workers`.", "none", 8,
			query{`sum(workqueue_depth{job=~"$job",name="rollout"})`, "queue"},
			query{`sum(controller_runtime_active_workers{job=~"$job",controller="rollout"})`, "busy workers"}),
		lines("Requests to the API server", "By method and answer. At rest there are next to none; 403: a permission is missing, 409 now and then is harmless.", "reqps", 8,
			query{`sum by (method, code) (rate(rest_client_requests_total{job=~"$job"}[$__rate_interval]))`, "{{method}} {{code}}"}),
		lines("Memory", "Of each process. It grows with the number of Pods and ReplicaSets in the cluster.", "bytes", 12,
			query{`process_resident_memory_bytes{job=~"$job"}`, "{{pod}}"}),
		lines("CPU", "Cores that each process uses. Next to nothing at rest.", "none", 12,
			query{`rate(process_cpu_seconds_total{job=~"$job"}[$__rate_interval])`, "{{pod}}"}),
	}
}

func prometheusPanels() []*Panel {
	return []*Panel{
		lines("Questions", "By outcome. Failed ones hold rollouts where they are: see SerinPrometheusUnreachable in docs/alerts.md.", "reqps", 8,
			query{`sum by (outcome) (rate(serin_prometheus_question_seconds_count{job=~"$job"}[$__rate_interval]))`, "{{outcome}}"}).coloured("answered", green).coloured("failed", red),
		lines("How long answers take", "95 of 100 take less. Near the timeout (10 s unless set): raise it, or help Prometheus.", "s", 8,
			query{`histogram_quantile(0.95, sum by (le, outcome) (rate(serin_prometheus_question_seconds_bucket{job=~"$job"}[$__rate_interval]))) > 0`, "{{outcome}}"}),
		lines("Checks by the state of their data", "Whatever is not Usable waits. docs/measure.md says what each state means.", "none", 8,
			query{"count by (state) (" + each(`serin_rollout_check_state{namespace=~"$namespace"}`, "check", "state") + ")", "{{state}}"}).coloured("Usable", green).coloured("Unreachable", red),
	}
}
