#!/usr/bin/env bash
# Makes the figure of the README, src/site/resources/images/figure.png, with target/ImageJ.app (mvn package).
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat src/site/figure.ijm >"$work/figure.ijm"
sed -n '/^function drawCells/,$p' plugin-resources/macros/DeqIR_Demo.ijm >>"$work/figure.ijm"
target/ImageJ.app/headless "$work/figure.ijm" "$PWD/src/site/resources/images/figure.png"
