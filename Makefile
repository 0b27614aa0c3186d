# Short names for `python3 dev.py ...`.
.PHONY: run test lint bench
run test lint bench:
	python3 dev.py $@
