.PHONY: help setup demo run test lint bench model prompts

help:  ## say what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

setup:  ## Debian packages, .venv, locked dependencies; quick when done
	@deploy/setup.sh

demo: setup  ## four real calls from ring to ticket, on loopback
	@.venv/bin/hotline demo

run: setup  ## keep the line open and say how to dial it
	@.venv/bin/hotline serve --with-simulator

# Whole calls mostly wait for prompts to be spoken: more processes than cores.
test:  ## every test, four at a time; pictures of the pages in .build/screenshots
	@deploy/setup.sh test
	@BROWSER_PICTURES=$${BROWSER_PICTURES-.build/screenshots} \
		.venv/bin/pytest -q -n 4 --dist loadfile --no-loadscope-reorder

lint: setup  ## style, types, walls
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

bench: setup  ## every measurement, into bench/results
	@.venv/bin/python -m bench

model: setup  ## rebuild the shipped synthetic-trained model (about two hours)
	@deploy/build-venv.sh
	@.venv-build/bin/python -m asr.modelkit build --out asr/models/zh-8k-synthetic

prompts: setup  ## render what has changed of the shipped prompts and the robot callers' lines
	@deploy/build-venv.sh
	@.venv/bin/python -m ivr.speech.render
	@.venv/bin/python -m ivr.robot.render
