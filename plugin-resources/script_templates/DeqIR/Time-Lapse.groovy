// Denoises a time-lapse with one and the same noise for all frames, so that no frame is smoothed more
// than its neighbours. The camera's noise is estimated on the first frame, unless you know it.
#@ ImagePlus image
#@ String (label="Noise of the camera (empty: estimate)", value="", required=false) known
#@output ImagePlus result
#@ CommandService commands

import ij.plugin.Duplicator

// known, for example: noise=poisson-gaussian gain=0.46 offset=100 readout=1.6
def keys = known.trim().split(/\s+/).findAll { it }.collectEntries { it.split("=") as List }
if (!keys) {
    def first = new Duplicator().run(image, 1, image.NChannels, 1, image.NSlices, 1, 1)
    def module = commands.run("org.deqir.command.DenoiseCommand", true,
        [image: first, noise: "auto", slices: "1"] as Map).get()
    def found = module.getOutput("result").getProp("DeqIR noise")
    def sigma = (found =~ /^Gaussian noise, sigma ([0-9.eE+-]+)/)
    def camera = (found =~ /gain ([0-9.eE+-]+), offset ([0-9.eE+-]+), readout ([0-9.eE+-]+)/)
    if (sigma) keys = [noise: "gaussian", sigma: sigma[0][1] as double]
    else if (camera) keys = [noise: "poisson-gaussian", gain: camera[0][1] as double,
        offset: camera[0][2] as double, readout: camera[0][3] as double]
    else keys = [noise: "auto"]
}
result = commands.run("org.deqir.command.DenoiseCommand", true,
    ([image: image] + keys) as Map).get().getOutput("result")
