# The namespace of an application.
kubectl create namespace web
