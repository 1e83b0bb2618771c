"""Leader callbacks (领导电话回访): sessions, work lists, outcomes, cases, exports, figures."""
