// Gives a grey 8-bit image of stained tissue the colours that such tissue mostly has. The colours are
// the prior's guess; the grey levels (mean of red, green and blue) stay exactly as they are.
if (bitDepth() != 8) run("8-bit");
run("DeqIR Colorize...", "mode=sample seed=1");
