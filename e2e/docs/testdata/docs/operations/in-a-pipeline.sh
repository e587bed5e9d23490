# Nobody waits ten minutes here.
kubectl annotate deployment shop serin.dev/bake-
