# Runs one DeqIR command over all images of a folder and saves the results as TIFF (Jython).
#@ File (label="Images", style="directory") input
#@ File (label="Results", style="directory") output
#@ String (label="Command", choices={"Denoise", "Deblur", "SuperResolution", "Inpaint", "Colorize"}) task
#@ String (label="File names end with", value=".tif") suffix
#@ CommandService commands
#@ LogService log

import os
from ij import IJ
from java.util import HashMap

# The keys of the command, as in a macro; see the cheat sheet.
keys = {"mode": "sample"} if task == "Colorize" else {"noise": "auto"}

for name in sorted(os.listdir(input.path)):
    if not name.endswith(suffix):
        continue
    image = IJ.openImage(os.path.join(input.path, name))
    values = HashMap(keys)
    values.put("image", image)
    module = commands.run("org.deqir.command." + task + "Command", True, values).get()
    result = module.getOutput("result")
    if result is None:
        log.error(name + ": " + module.getCancelReason())
    else:
        IJ.saveAsTiff(result, os.path.join(output.path, result.getTitle() + ".tif"))
    image.close()
