// Fills in scratches, dust or dead pixels: draw around them (or along them, with a wide line) and
// run this. All other pixels stay exactly as they are. Several selections: Image > Overlay > Add
// Selection, then remove the selection; each is filled in on its own slice if it has one.
run("DeqIR Inpaint...", "missing=selection");
