# What a Rollout looks like to everybody else: a ReplicaSet that it owns, and Services with its hash. A ConfigMap stands for the Rollout.
kubectl create configmap rollout-shop
owner=$(kubectl get configmap rollout-shop -o jsonpath='{.metadata.uid}')
kubectl apply -f - <<END
apiVersion: apps/v1
kind: ReplicaSet
metadata:
  name: shop-7d4b9c
  labels: {app: shop, rollouts-pod-template-hash: 7d4b9c}
  ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: rollout-shop, uid: $owner, controller: true}]
spec:
  replicas: 4
  selector:
    matchLabels: {app: shop, rollouts-pod-template-hash: 7d4b9c}
  template:
    metadata:
      labels: {app: shop, rollouts-pod-template-hash: 7d4b9c}
    spec:
      containers: [{name: shop, image: "registry.example/shop:v1"}]
END
for service in shop-stable shop-canary; do
  kubectl create service clusterip $service --tcp=80:8080
  kubectl patch service $service --patch '{"spec":{"selector":{"app":"shop","rollouts-pod-template-hash":"7d4b9c"}}}'
done
kubectl apply -f - <<'END'
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop}
spec:
  hosts: [shop-stable]
  http:
  - name: primary
    route:
    - destination: {host: shop-stable}
      weight: 100
    - destination: {host: shop-canary}
      weight: 0
END
kubectl wait --for=jsonpath='{.status.availableReplicas}'=4 replicaset/shop-7d4b9c --timeout=2m
