# Where Grafana runs.
kubectl create namespace monitoring
