// SPDX-License-Identifier: Apache-2.0

package traffic_test

import (
	"testing"

	"github.com/serin-dev/serin/pkg/traffic"
)

func TestServiceIs(t *testing.T) {
	other := traffic.Service{Name: "shop", Namespace: "web", Domain: "corp.example."}
	cases := map[string]struct {
		service         traffic.Service
		host, namespace string
		want            bool
	}{
		"a short name in the Service's namespace":         {shop, "shop", "web", true},
		"a short name elsewhere is another Service":       {shop, "shop", "outlet", false},
		"a name with its namespace":                       {shop, "shop.web", "outlet", true},
		"a name with another namespace":                   {shop, "shop.outlet", "web", false},
		"a name with namespace and svc":                   {shop, "shop.web.svc", "outlet", true},
		"the full name":                                   {shop, "shop.web.svc.cluster.local", "outlet", true},
		"the full name with a dot at the end":             {shop, "shop.web.svc.cluster.local.", "outlet", true},
		"two dots at the end are no name":                 {shop, "shop.web.svc.cluster.local..", "outlet", false},
		"capitals do not matter":                          {shop, "Shop.WEB.svc.Cluster.Local", "outlet", true},
		"a longer name that begins alike":                 {shop, "shopping", "web", false},
		"a longer namespace that begins alike":            {shop, "shop.website", "web", false},
		"half of a domain":                                {shop, "shop.web.svc.cluster", "web", false},
		"another cluster's domain":                        {shop, "shop.web.svc.corp.example", "web", false},
		"our domain, if it is not the usual one":          {other, "shop.web.svc.corp.example", "web", true},
		"the usual domain, if ours is another":            {other, "shop.web.svc.cluster.local", "web", false},
		"a public name":                                   {shop, "shop.example.com", "web", false},
		"a wildcard":                                      {shop, "*.web.svc.cluster.local", "web", false},
		"no name":                                         {shop, "", "web", false},
		"no name and no Service":                          {traffic.Service{Namespace: "web"}, "", "web", false},
		"a Service without a namespace has no short name": {traffic.Service{Name: "shop"}, "shop", "web", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := c.service.Is(c.host, c.namespace); got != c.want {
				t.Errorf("Is(%q, %q) = %v, want %v", c.host, c.namespace, got, c.want)
			}
		})
	}
}
