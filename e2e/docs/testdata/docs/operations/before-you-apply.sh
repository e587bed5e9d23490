# Manifests in which the Deployment has opted in.
kubectl annotate --local -f shop.yaml serin.dev/canary=true serin.dev/steps='50, 100' serin.dev/hold=1s -o yaml > opted.yaml
mv opted.yaml shop.yaml
printf -- '---\n' >> shop.yaml
kubectl get service shop -o yaml >> shop.yaml
sed -i '/clusterIP/d; /resourceVersion/d; /uid:/d; /^  - 10\./d; /namespace:/d' shop.yaml
cat > istio.yaml <<'END'
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop}
spec:
  hosts: [shop]
  http:
  - route:
    - destination: {host: shop}
END
cat > checks.yaml <<'END'
apiVersion: v1
kind: ConfigMap
metadata: {name: shop-checks}
data:
  checks.yaml: |
    checks:
    - {name: errors, kind: errors}
END
kubectl wait --for=condition=serin.dev/Promoted deployment/shop --timeout=3m
