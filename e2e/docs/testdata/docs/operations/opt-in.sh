# An application that has not opted in, its manifests, and another that has, in the namespace web.
kubectl create deployment shop --image=registry.example/shop:v1 --replicas=4 --port=8080 --dry-run=client -o yaml > shop.yaml
kubectl create service clusterip shop --tcp=80:8080
kubectl apply -f shop.yaml
kubectl create namespace web
kubectl create service clusterip shop --tcp=80:8080 --namespace web
kubectl create deployment shop --image=registry.example/shop:v0 --replicas=4 --port=8080 --namespace web
kubectl annotate deployment shop --namespace web serin.dev/canary=true
kubectl rollout status deployment/shop --timeout=3m
