// Runs one DeqIR command over all images of a folder and saves the results as TIFF.
#@ File (label="Images", style="directory") input
#@ File (label="Results", style="directory") output
#@ String (label="Command", choices={"Denoise", "Deblur", "SuperResolution", "Inpaint", "Colorize"}) task
#@ String (label="File names end with", value=".tif") suffix
#@ CommandService commands
#@ LogService log

import ij.IJ

def keys = [noise: "auto"] // the keys of the command, as in a macro; see the cheat sheet
if (task == "Colorize") keys = [mode: "sample"]
def command = "org.deqir.command." + task + "Command"

input.listFiles().findAll { it.name.endsWith(suffix) }.sort().each { file ->
    def image = IJ.openImage(file.path)
    def module = commands.run(command, true, ([image: image] + keys) as Map).get()
    def result = module.getOutput("result")
    if (result == null) log.error(file.name + ": " + module.cancelReason)
    else IJ.saveAsTiff(result, new File(output, result.title + ".tif").path)
    image.close()
}
