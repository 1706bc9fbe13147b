"""Theory against twin: the validation cases as code that both the tests and ``docs/validation.md`` run."""
