# What Flagger leaves of a Canary that is orphaned: the primary serves, the target is at 0.
deployment() {
  kubectl create deployment "$1" --image=registry.example/shop:v1 --replicas="$2" --port=8080
}
deployment shop 0
deployment shop-primary 4
kubectl create service clusterip shop --tcp=80:8080
kubectl create service clusterip shop-primary --tcp=80:8080
kubectl create service clusterip shop-canary --tcp=80:8080
kubectl patch service shop --patch '{"spec":{"selector":{"app":"shop-primary"}}}'
kubectl patch service shop-canary --patch '{"spec":{"selector":{"app":"shop"}}}'
kubectl apply -f - <<'END'
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop}
spec:
  hosts: [shop]
  http:
  - route:
    - destination: {host: shop-primary}
      weight: 100
    - destination: {host: shop-canary}
      weight: 0
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: shop-primary}
spec: {host: shop-primary}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: shop-canary}
spec: {host: shop-canary}
END
