#!/usr/bin/env bash
# Takes the two screenshots of the README: the dialog in front of a noisy image, and the result beside it.
# Needs target/ImageJ.app (mvn package) and, from Debian's packages, xvfb, openbox, imagemagick and x11-utils.
set -euo pipefail
cd "$(dirname "$0")/../.."
images=$PWD/src/site/resources/images
work=$(mktemp -d)
display=:97
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$work"' EXIT
Xvfb $display -screen 0 1180x820x24 >/dev/null 2>&1 &
export DISPLAY=$display
sleep 2
openbox >/dev/null 2>&1 &
sleep 1

cat >"$work/cells.ijm" <<'MACRO'
newImage("cells", "16-bit black", 256, 256, 1);
random("seed", 3);
for (k = 0; k < 14; k++) {
  x = 20 + 216 * random(); y = 20 + 216 * random(); r = 12 + 8 * random();
  makeOval(x - r, y - 0.8 * r, 2 * r, 1.6 * r);
  run("Set...", "value=" + (400 + 500 * random()));
}
run("Select None");
run("Add...", "value=100");
run("Gaussian Blur...", "sigma=1");
run("DeqIR Degrade...", "noise=poisson-gaussian gain=8 offset=100 readout=12");
close("\\Others");
rename("cells");
resetMinAndMax();
setLocation(20, 150, 420, 420);
MACRO

# Runs a macro in an ImageJ with windows, takes the screen when it has said so or waits at a dialog.
shoot() {
    local macro=$1 window=$2 picture=$3
    target/ImageJ.app/imagej -macro "$macro" >"$work/log" 2>&1 &
    local imagej=$!
    for _ in $(seq 120); do
        sleep 1
        xwininfo -root -tree 2>/dev/null | grep -q "\"$window" && break
        kill -0 $imagej 2>/dev/null || { cat "$work/log"; exit 1; }
    done
    sleep 3
    import -window root "$picture"
    kill $imagej 2>/dev/null || true
    wait $imagej 2>/dev/null || true
}

cp "$work/cells.ijm" "$work/dialog.ijm"
echo 'call("ij.IJ.doCommand", "DeqIR Denoise...");' >>"$work/dialog.ijm"
shoot "$work/dialog.ijm" "DeqIR Denoise" "$images/dialog.png"

{
    cat "$work/cells.ijm"
    cat <<'MACRO'
run("DeqIR Denoise...", "noise=auto");
resetMinAndMax();
setLocation(825, 100, 350, 350);
selectImage("cells");
setLocation(5, 100, 350, 350);
if (isOpen("Log")) {
  selectWindow("Log");
  run("Close");
}
call("ij.WindowManager.repaintImageWindows");
wait(500);
selectImage("cells-denoised");
run("Show Info...");
MACRO
} >"$work/result.ijm"
shoot "$work/result.ijm" "Info for cells-denoised" "$images/result.png"
