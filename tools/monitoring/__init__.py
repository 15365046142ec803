"""Alert rules, a Grafana board and the page about both, made from tables."""
