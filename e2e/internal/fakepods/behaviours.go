// SPDX-License-Identifier: Apache-2.0

package fakepods

// state is what a stage does to the containers that have the mark.
type state string

const (
	running     state = "running"     // and ready
	unready     state = "unready"     // running, but its readiness probe fails
	creating    state = "creating"    // waiting: ContainerCreating
	pullFailed  state = "pullFailed"  // waiting: ImagePullBackOff
	configWrong state = "configWrong" // waiting: CreateContainerConfigError
	exited      state = "exited"      // terminated with an error, not started again yet
	backOff     state = "backOff"     // waiting: CrashLoopBackOff; one more restart
	restarted   state = "restarted"   // running and ready; one more restart
	restarting  state = "restarting"  // running, not ready yet; one more restart
)

// stage is one move in the life of a pod with a marked container, which jq knows as $c, and its status as $s.
type stage struct {
	name string
	when string // jq, true or false
	due  string // jq, when to move: a moment or a duration; empty is at once
	then state
}

// behaviour is a mark and what it leads to. The first stage is that of a pod nobody has reported about yet.
type behaviour struct {
	mark    string
	seconds int // how long the behaviour waits, unless the image says so (…:v2-slow-3s)
	first   state
	later   []stage
}

const (
	isReady   = `$s.ready`
	isUnready = `($s.ready | not) and $s.state.running != null`
	isExited  = `$s.state.terminated != null`
	isLooping = `$s.state.waiting.reason == "CrashLoopBackOff"`
	unstarted = `$s.restartCount == 0`
	soon      = `"300ms"`

	// The API keeps whole seconds only; one more makes "after 8s" never less.
	afterStart = `.status.startTime | fromdate + $seconds + 1 | todate`
	// A real kubelet waits 10 s, 20 s, 40 s and so on up to 5 min. Tests want restarts that count up while they watch, and
	// then not for ever.
	nextCrash = `if $s.restartCount < 5 then "2s" else "10s" end`
)

// behaviours are looked for in this order; the first that an image of the pod asks for decides.
var behaviours = []behaviour{
	{mark: "pending", first: creating},
	{mark: "pull", first: pullFailed},
	{mark: "config", first: configWrong},
	{mark: "never-ready", first: unready},
	{mark: "slow", seconds: 10, first: unready, later: []stage{
		{name: "ready", when: isUnready, due: afterStart, then: running},
	}},
	{mark: "crash", first: exited, later: crashLoop},
	{mark: "oom", first: exited, later: crashLoop},
	{mark: "crash-once", first: exited, later: []stage{
		{name: "again", when: isExited, due: soon, then: restarted},
	}},
	{mark: "crash-later", seconds: 8, first: running, later: append([]stage{
		{name: "exit", when: isReady, due: afterStart, then: exited},
	}, crashLoop...)},
	{mark: "restart-later", seconds: 8, first: running, later: []stage{
		{name: "exit", when: isReady + " and " + unstarted, due: afterStart, then: restarting},
		{name: "ready", when: isUnready, due: soon, then: running},
	}},
	{mark: "unready-later", seconds: 8, first: running, later: []stage{
		{name: "unready", when: isReady, due: afterStart, then: unready},
	}},
}

var crashLoop = []stage{
	{name: "back-off", when: isExited, due: soon, then: backOff},
	{name: "crash", when: isLooping, due: nextCrash, then: backOff},
}
