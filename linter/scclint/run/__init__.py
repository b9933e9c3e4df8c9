"""A whole run, from paths to a report: scan, deploy, judge each unit, merge. Nothing here prints or exits."""
