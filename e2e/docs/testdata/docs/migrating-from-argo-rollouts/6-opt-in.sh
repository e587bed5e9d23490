# The Rollout is taken away.
kubectl delete configmap rollout-shop --cascade=orphan
