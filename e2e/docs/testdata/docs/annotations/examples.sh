# An application that has opted in.
kubectl create deployment shop --image=registry.example/shop:v1 --replicas=4 --port=8080
kubectl create service clusterip shop --tcp=80:8080
kubectl annotate deployment shop serin.dev/canary=true
kubectl wait --for=condition=serin.dev/Promoted deployment/shop --timeout=3m
