// SPDX-License-Identifier: Apache-2.0

package dashboards

// Rollout is about one Deployment.
func Rollout() Dashboard {
	variables := []object{
		variable("namespace", "Namespace", "label_values(serin_rollout_phase, namespace)", false),
		variable("deployment", "Deployment", `label_values(serin_rollout_phase{namespace="$namespace"}, deployment)`, false),
		variable("check", "Check", "label_values("+of("serin_rollout_check_outcome")+", check)", true),
		written("http_requests", "HTTP requests", "http_requests_total"),
		written("http_code", "their status", "code"),
		written("http_duration", "their durations", "http_request_duration_seconds"),
	}
	annotations := []object{
		moments("Moves", blue, each(of("serin_rollout_move_timestamp_seconds"), "reason"), "{{reason}}"),
		moments("Endings", orange, each(of("serin_rollout_ended_timestamp_seconds"), "outcome"), "{{outcome}}"),
	}
	return dashboard("serin-rollout", "Serin / Rollout", "One Deployment: where its rollout stands, and how canary and stable fare side by side.", variables, annotations, []section{
		{"Where it stands", standing()},
		{"Canary beside stable", sideBySide()},
		{"How it is judged", judged()},
	})
}

func standing() []*Panel {
	return []*Panel{
		number("Phase", "Idle: the wanted template serves. RolledBack: it was rejected.", "none", 4, green, green, 0,
			query{each(of("serin_rollout_phase"), "phase"), "{{phase}}"}).word(),
		number("Reason", "The rule that decided, and for how long. docs/reasons.md says what it means and what to do.", "s", 8, blue, blue, 0,
			query{each(of("serin_rollout_reason_seconds"), "reason"), "{{reason}}"}).both(),
		number("Step", "Of the plan; – at rest.", "none", 4, blue, blue, 0,
			query{each(of("serin_rollout_step")), "step"}, query{each(of("serin_rollout_steps")), "of"}).both(),
		number("Hold left", "Until the step may pass. 0: nothing is held.", "s", 4, blue, blue, 0,
			query{each(of("serin_rollout_hold_remaining_seconds")), "hold"}),
		number("Last ended", "How the last rollout ended, and how long ago.", "s", 4, blue, blue, 0,
			query{"time() - " + each(of("serin_rollout_ended_timestamp_seconds"), "outcome"), "{{outcome}}"}).both(),
		lines("Weight", "Wanted is what the step asks for, observed what routes or pods give, requests what the canary was seen to get. Requests off the weight: somebody routes around the split.", "percentunit", 12,
			query{each(of("serin_rollout_weight_wanted_ratio")), "wanted"},
			query{each(of("serin_rollout_weight_observed_ratio")), "observed"},
			query{"(" + canary.requests() + ") / ((" + canary.requests() + ") + (" + stable.requests() + "))", "requests"}).custom("lineInterpolation", "stepAfter").coloured("wanted", grey).coloured("observed", blue).coloured("requests", orange),
		timeline("Phases and reasons", "What the rollout did when. A reason that lasts is what it waits for.", 12, "so",
			query{"0 * " + each(of("serin_rollout_phase"), "phase") + " + 1", "{{phase}}"},
			query{"0 * " + each(of("serin_rollout_reason_seconds"), "reason") + " + 1", "{{reason}}"}),
	}
}

func sideBySide() []*Panel {
	return []*Panel{
		lines("Requests", "Of each version, from the metrics that the controller would use: Istio's, gRPC's, or HTTP's. None: nothing is judged but pods.", "reqps", 12, versionsOf(version.requests)...).versions(),
		lines("Failures", "Share of requests that failed, of each version. Both high: the fault is not the canary's.", "percentunit", 12, versionsOf(version.failures)...).versions(),
		lines("Latency, median", "Half of the requests take less.", "s", 8, versionsOf(func(v version) string { return v.slowest("0.5") })...).versions(),
		lines("Latency, p99", "99 of 100 requests take less. The built-in checks compare it.", "s", 8, versionsOf(func(v version) string { return v.slowest("0.99") })...).versions(),
		lines("Available pods", "Of each version. Fewer of the canary's than the weight needs: the step waits for them.", "none", 8,
			query{each(of("serin_rollout_available_pods"), "version"), "{{version}}"}).versions(),
	}
}

func judged() []*Panel {
	check := `check=~"$check"`
	whole := []column{{"check", "check", ""}, {"outcome", "says", ""}, {"state", "data", ""}, {"Value #C", "value", ""}, {"bound", "bound", ""}, {"Value #D", "limit", ""}}
	repeated := lines("$check: its value against its limit", "The evidence of a comparison (its e-value) against what fails it, or a reading against its bound. At or beyond the limit the check fails; `kubectl serin explain` has the numbers behind it.", "none", 8,
		query{each(of("serin_rollout_check_value", `check="$check"`), "check"), "value"},
		query{each(of("serin_rollout_check_limit", `check="$check"`), "check", "bound"), "{{bound}}"}).coloured("value", blue).coloured("max", red).coloured("min", red).
		custom("scaleDistribution", object{"type": "symlog", "log": 10, "linearThreshold": 1})
	repeated.Repeat, repeated.RepeatDirection, repeated.MaxPerRow = "check", "h", 3
	delete(repeated.defaults(), "min") // a query may give anything
	return []*Panel{
		lines("How near each check is to failing", "1 fails. Comparisons are on a logarithmic scale: half is the root of the evidence that is needed.", "percentunit", 12,
			query{each(of("serin_rollout_check_failure_ratio", check), "check"), "{{check}}"}).limited(1),
		table("Checks", "What each says now. Data that are not Usable are neither good nor bad: docs/measure.md says what is missing.", 12, whole,
			query{each(of("serin_rollout_check_outcome", check), "check", "outcome"), ""},
			query{each(of("serin_rollout_check_state", check), "check", "state"), ""},
			query{each(of("serin_rollout_check_value", check), "check"), ""},
			query{each(of("serin_rollout_check_limit", check), "check", "bound"), ""}),
		repeated,
	}
}
