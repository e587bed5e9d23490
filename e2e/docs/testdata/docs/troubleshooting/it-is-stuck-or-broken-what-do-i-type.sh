# A rollout that waits for a person at half of the traffic.
kubectl create deployment shop --image=registry.example/shop:v1 --replicas=4 --port=8080
kubectl create service clusterip shop --tcp=80:8080
kubectl annotate deployment shop serin.dev/canary=true serin.dev/steps="50:pause, 100" serin.dev/hold=1s serin.dev/settle=1s
kubectl wait --for=condition=serin.dev/Promoted deployment/shop --timeout=3m
kubectl set image deployment/shop shop=registry.example/shop:v2
kubectl wait --for=jsonpath='{.status.conditions[?(@.type=="serin.dev/Promoted")].reason}'=StepPaused deployment/shop --timeout=3m
