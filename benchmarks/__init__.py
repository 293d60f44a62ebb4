"""One scenario a module; `python -m benchmarks NAME` runs it. See docs/reference/benchmarks.md."""
