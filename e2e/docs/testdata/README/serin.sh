# A cluster with Serin, and an application, in the namespace web.
kubectl create namespace web
kubectl config set-context --current --namespace web
helm install serin charts/serin --namespace serin-system --create-namespace
kubectl wait --for=create lease/serin --namespace serin-system --timeout=3m
kubectl create deployment shop --image=registry.example/shop:v1 --replicas=4 --port=8080
kubectl create service clusterip shop --tcp=80:8080
kubectl rollout status deployment/shop --timeout=3m
