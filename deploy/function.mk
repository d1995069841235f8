# sam build runs `make build-<LogicalId>` in the function's folder, with ARTIFACTS_DIR as the target.
# A function ships its own sources alone: everything else comes from the layer.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c

build-%:
	@mkdir -p "$(ARTIFACTS_DIR)"
	@cp -- *.py "$(ARTIFACTS_DIR)/"
	@../../deploy/bytecode "$(ARTIFACTS_DIR)" /var/task
