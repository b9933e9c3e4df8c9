"""One run, from paths to a report. Nothing here prints or exits."""
