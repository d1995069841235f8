"""Expands a SAM template into plain CloudFormation; run as a program of its own.

The translator wants a region in the environment and brings half a second of imports with it:
neither belongs into the host, which reads the result from this program's standard output.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

CODE = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}
PLACEHOLDER = "s3://local/local"


class _NoManagedPolicies:
    """The translator asks AWS for managed policies by name; none are needed where no role is."""

    def load(self) -> dict[str, str]:
        return {}


def expand(path: Path) -> dict[str, Any]:
    """The translated template; `Folders` maps each function and layer to its source folder."""
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    from samtranslator.translator.transform import transform
    from samtranslator.yaml_helper import yaml_parse

    template = yaml_parse(path.read_text(encoding="utf-8"))
    folders: dict[str, dict[str, str]] = {"functions": {}, "layers": {}}
    defaults = template.get("Globals", {}).get("Function", {})
    for name, resource in template.get("Resources", {}).items():
        key = CODE.get(resource["Type"])
        if key is None:
            continue
        properties = resource.setdefault("Properties", {})
        kind = "functions" if key == "CodeUri" else "layers"
        folders[kind][name] = properties.get(key) or defaults.get(key, ".")
        properties[key] = PLACEHOLDER
    return {**transform(template, {}, _NoManagedPolicies()), "Folders": folders}


if __name__ == "__main__":
    json.dump(expand(Path(sys.argv[1])), sys.stdout)
