#!/usr/bin/env bash
# Makes src/site/resources/images/published.png: drawn images, restored by the authors' code and by ours.
#   src/site/published.sh REFERENCE PRIOR REFERENCE_RUN
# REFERENCE is a clone of github.com/caojiezhang/DeqIR, PRIOR the shipped grey prior as a PyTorch file, REFERENCE_RUN the
# script that runs the authors' sampler with it, beside the development checkout (Python with torch, opencv and
# tifffile). Needs target/ImageJ.app (mvn package). PYTHON names the Python.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat src/site/published.ijm >"$work/figure.ijm"
sed -n '/^function drawCells/,$p' plugin-resources/macros/DeqIR_Demo.ijm >>"$work/figure.ijm"
target/ImageJ.app/headless "$work/figure.ijm" "$work"
"${PYTHON:-python3}" "$3" --ref "$1" --prior "$2" --images "$work"/{nuclei,filaments,puncta}.tif --size 64 --threads 1 --out "$work"
target/ImageJ.app/headless "$work/figure.ijm" "$work;$PWD/src/site/resources/images/published.png"
