"""The console: what operators, supervisors, leaders and engineers see in the browser."""
