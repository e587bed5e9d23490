// SPDX-License-Identifier: Apache-2.0

package traffic_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/serin-dev/serin/pkg/traffic"
)

// service has the ports of a Service; "http", "tcp-raw=grpc" (with appProtocol), each on the next number from 8080.
func service(ports ...corev1.ServicePort) *corev1.Service {
	for i := range ports {
		if ports[i].Port == 0 {
			ports[i].Port = int32(8080 + i)
		}
	}
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "shop", Namespace: "web"},
		Spec:       corev1.ServiceSpec{ClusterIP: "10.0.0.1", Ports: ports},
	}
}

func TestOwn(t *testing.T) {
	own := traffic.Own(service(corev1.ServicePort{Name: "http"}, corev1.ServicePort{Name: "tcp-sql", Port: 5432}), shop, 5)
	const want = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  labels:
    app.kubernetes.io/managed-by: serin
  name: shop-serin
  namespace: web
spec:
  hosts:
  - shop.web.svc.cluster.local
  http:
  - route:
    - destination:
        host: shop.web.svc.cluster.local
        subset: serin-stable
      weight: 995
    - destination:
        host: shop.web.svc.cluster.local
        subset: serin-canary
      weight: 5
  tcp:
  - match:
    - port: 5432
    route:
    - destination:
        host: shop.web.svc.cluster.local
        port:
          number: 5432
        subset: serin-stable
      weight: 995
    - destination:
        host: shop.web.svc.cluster.local
        port:
          number: 5432
        subset: serin-canary
      weight: 5
`
	got, err := yaml.Marshal(own.Object)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, "\n"+string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	checkIstioReads(t, own)
	if reading := traffic.Read(own, shop); reading != (traffic.Reading{Destinations: 2, Split: 2, Permille: 5, Uniform: true}) {
		t.Errorf("read %+v", reading)
	}
	moved, _ := traffic.Split(own, shop, 250)
	again := traffic.Own(service(corev1.ServicePort{Name: "http"}, corev1.ServicePort{Name: "tcp-sql", Port: 5432}), shop, 250)
	same(t, "splitting ours is making it", again, moved)
}

func TestOwnFollowsIstiosProtocolSelection(t *testing.T) {
	protocol := func(text string) *string { return &text }
	cases := map[string]struct {
		port      corev1.ServicePort
		http, tcp bool
	}{
		"an http name":                         {corev1.ServicePort{Name: "http"}, true, false},
		"a name that begins with http":         {corev1.ServicePort{Name: "HTTP-web"}, true, false},
		"http2":                                {corev1.ServicePort{Name: "http2"}, true, false},
		"grpc":                                 {corev1.ServicePort{Name: "grpc-orders"}, true, false},
		"grpc-web":                             {corev1.ServicePort{Name: "grpc-web"}, true, false},
		"no name is found out by the proxy":    {corev1.ServicePort{}, true, true},
		"another name is found out, too":       {corev1.ServicePort{Name: "web"}, true, true},
		"a name that only looks like http":     {corev1.ServicePort{Name: "httpish"}, true, true},
		"MySQL's port is never found out":      {corev1.ServicePort{Name: "db", Port: 3306}, false, true},
		"tcp":                                  {corev1.ServicePort{Name: "tcp"}, false, true},
		"mongo":                                {corev1.ServicePort{Name: "mongo-main"}, false, true},
		"redis":                                {corev1.ServicePort{Name: "redis"}, false, true},
		"mysql":                                {corev1.ServicePort{Name: "mysql"}, false, true},
		"tls is routed by server name only":    {corev1.ServicePort{Name: "tls"}, false, false},
		"https as well":                        {corev1.ServicePort{Name: "https-web"}, false, false},
		"udp is not routed":                    {corev1.ServicePort{Name: "http", Protocol: corev1.ProtocolUDP}, false, false},
		"appProtocol outranks the name":        {corev1.ServicePort{Name: "tcp", AppProtocol: protocol("http")}, true, false},
		"an unknown appProtocol is found out":  {corev1.ServicePort{Name: "tcp", AppProtocol: protocol("example.com/x")}, true, true},
		"Kubernetes' name for h2c":             {corev1.ServicePort{AppProtocol: protocol("kubernetes.io/h2c")}, true, false},
		"Kubernetes' name for WebSockets":      {corev1.ServicePort{AppProtocol: protocol("kubernetes.io/ws")}, true, false},
		"Kubernetes' name for them over TLS":   {corev1.ServicePort{AppProtocol: protocol("kubernetes.io/wss")}, false, false},
		"that name means nothing for the port": {corev1.ServicePort{Name: "kubernetes.io/wss"}, true, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			own := traffic.Own(service(c.port), shop, 0)
			if own == nil {
				if c.http || c.tcp {
					t.Error("there is none")
				}
				return
			}
			spec := own.Object["spec"].(map[string]any)
			if _, http := spec["http"]; http != c.http {
				t.Errorf("http rule: %v", http)
			}
			if _, tcp := spec["tcp"]; tcp != c.tcp {
				t.Errorf("tcp rule: %v", tcp)
			}
		})
	}
}
