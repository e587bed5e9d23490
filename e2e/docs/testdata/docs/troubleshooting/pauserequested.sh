# Somebody has paused it.
kubectl serin pause shop
