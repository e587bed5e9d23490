# The Deployment of the page serves, with a plan that takes seconds and not minutes.
kubectl delete deployment shop
kubectl apply -f shop.yaml
kubectl annotate --overwrite -f shop.yaml serin.dev/steps='50, 100' serin.dev/hold=1s serin.dev/settle=1s
kubectl wait --for=create lease/serin --namespace serin-system --timeout=3m
kubectl wait --for=condition=serin.dev/Promoted deployment/shop --timeout=3m
sed -i -e "s/:v1 .*/:v2/" -e 's/"5, 25:10m, 50:pause, 100".*/"50, 100"/' -e '/serin.dev\/steps/a\    serin.dev/hold: 1s' shop.yaml
