# Nothing is installed yet.
helm uninstall serin --namespace serin-system --no-hooks
kubectl delete namespace serin-system
