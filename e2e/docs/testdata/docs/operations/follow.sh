# A rollout that has ended.
kubectl annotate --overwrite deployment shop serin.dev/steps='50, 100' serin.dev/hold=1s serin.dev/settle=1s
kubectl set image deployment/shop shop=registry.example/shop:v1-again
kubectl serin status shop --wait --timeout 5m
