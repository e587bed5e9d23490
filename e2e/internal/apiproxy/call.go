// SPDX-License-Identifier: Apache-2.0

package apiproxy

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Call is one request to the API server, in the words of its audit log.
type Call struct {
	Verb, Group, Resource, Subresource, Namespace, Name string

	Body   string    // of a write
	At     time.Time // when it came in
	Status int       // 0 while there is no answer
}

// String is "patch deployments/status shop".
func (c Call) String() string {
	return strings.TrimSpace(strings.TrimSuffix(c.Verb+" "+c.Resource+"/"+c.Subresource, "/") + " " + c.Name)
}

// Write reports whether the call is meant to change the cluster. Asking what one may do changes nothing.
func (c Call) Write() bool {
	switch c.Verb {
	case "create", "update", "patch", "delete":
		return c.Resource != "selfsubjectaccessreviews" && c.Resource != "leases"
	}
	return false
}

// Rests reports whether the call is one that a controller at rest may make.
func (c Call) Rests() bool { return c.Verb == "watch" || c.Resource == "leases" }

// kind is "virtualservices.networking.istio.io".
func (c Call) kind() string { return strings.TrimSuffix(c.Resource+"."+c.Group, ".") }

// parse reads what a request asks for from its method and its path:
// /apis/GROUP/VERSION/namespaces/NAMESPACE/RESOURCE/NAME/SUBRESOURCE, or a part of it.
func parse(r *http.Request) Call {
	c := Call{At: time.Now()}
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case parts[0] == "api" && len(parts) > 2:
		parts = parts[2:]
	case parts[0] == "apis" && len(parts) > 3:
		c.Group, parts = parts[1], parts[3:]
	default:
		c.Verb, c.Resource = "discover", strings.Trim(r.URL.Path, "/")
		return c
	}
	if parts[0] == "namespaces" && len(parts) > 2 {
		c.Namespace, parts = parts[1], parts[2:]
	}
	for i, field := range []*string{&c.Resource, &c.Name, &c.Subresource} {
		if i < len(parts) {
			*field = parts[i]
		}
	}
	c.Verb = verb(r, c.Name != "")
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

// Table counts calls by what they ask for, one line each, the most frequent first.
func Table(calls []Call) string {
	counts := map[string]int{}
	for _, c := range calls {
		c.Name = ""
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
