"""HyperPod: clusters, their nodes, extensions and quotas, and plans that reserve capacity. Kept as state: no machine
is behind a node."""
