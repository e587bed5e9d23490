// SPDX-License-Identifier: Apache-2.0

package integration_test

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// call is one request to the API server, in the words of its audit log.
type call struct {
	verb, resource, sub, namespace, name string

	body   string // of a write
	at     time.Time
	status int // 0 while there is no answer
}

// String is "patch deployments/status shop".
func (c call) String() string {
	return strings.TrimSpace(strings.TrimSuffix(c.verb+" "+c.resource+"/"+c.sub, "/") + " " + c.name)
}

// write reports whether the call is meant to change the cluster. Asking what one may do changes nothing.
func (c call) write() bool {
	switch c.verb {
	case "create", "update", "patch", "delete":
		return c.resource != "selfsubjectaccessreviews" && c.resource != "leases"
	}
	return false
}

// rests reports whether the call is one that a controller at rest may make.
func (c call) rests() bool { return c.verb == "watch" || c.resource == "leases" }

// parse reads what a request asks for from its method and its path:
// /apis/GROUP/VERSION/namespaces/NAMESPACE/RESOURCE/NAME/SUB, or a part of it.
func parse(r *http.Request) call {
	c := call{at: time.Now()}
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case parts[0] == "api" && len(parts) > 2:
		parts = parts[2:]
	case parts[0] == "apis" && len(parts) > 3:
		parts = parts[3:]
	default:
		c.verb, c.resource = "discover", strings.Trim(r.URL.Path, "/")
		return c
	}
	if parts[0] == "namespaces" && len(parts) > 2 {
		c.namespace, parts = parts[1], parts[2:]
	}
	for i, field := range []*string{&c.resource, &c.name, &c.sub} {
		if i < len(parts) {
			*field = parts[i]
		}
	}
	c.verb = verb(r, c.name != "")
	return c
}

func verb(r *http.Request, named bool) string {
	switch r.Method {
	case http.MethodPost:
		return "create"
	case http.MethodPut:
		return "update"
	case http.MethodGet:
		if watch := r.URL.Query().Get("watch"); watch == "true" || watch == "1" {
			return "watch"
		}
		if !named {
			return "list"
		}
		return "get"
	default:
		return strings.ToLower(r.Method)
	}
}

// table counts calls by what they ask for, one line each, the most frequent first.
func table(calls []call) string {
	counts := map[string]int{}
	for _, c := range calls {
		c.name = ""
		counts[c.String()]++
	}
	kinds := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	var text strings.Builder
	for _, kind := range kinds {
		fmt.Fprintf(&text, "%6d  %s\n", counts[kind], kind)
	}
	fmt.Fprintf(&text, "%6d  in all", len(calls))
	return text.String()
}
