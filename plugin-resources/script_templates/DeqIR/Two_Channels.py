# Denoises each channel of an image with the noise of its own detector (Jython).
#@ ImagePlus image
#@ Double (label="Sigma of channel 1 (grey levels)", value=10) first
#@ Double (label="Sigma of channel 2 (grey levels)", value=10) second
#@output ImagePlus result
#@ CommandService commands

from ij.plugin import ChannelSplitter, RGBStackMerge
from java.util import HashMap

restored = []
for channel, sigma in zip(ChannelSplitter.split(image), [first, second]):
    values = HashMap({"image": channel, "noise": "gaussian", "sigma": sigma})
    module = commands.run("org.deqir.command.DenoiseCommand", True, values).get()
    restored.append(module.getOutput("result"))
result = RGBStackMerge.mergeChannels(restored, False)
result.setTitle(image.getTitle() + "-denoised")
result.setCalibration(image.getCalibration().copy())
