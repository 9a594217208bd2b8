"""One module a target: `check(data)` raises where something does not hold, `SECONDS` bounds the CPU time of one input.

`SHARE` is the target's part of a run, `WORDS` are what the fuzzer puts together, `LONGEST` is the longest input in bytes.
"""

NAMES = ("values", "ranges", "units", "delimited", "text", "hl7v2", "fhir", "geometry", "pdf", "xlsx", "xpt", "image", "pipeline")
