// Deblurs each channel of a two-channel image with the wavelength of its own dye, and puts the
// channels together again with their colours.
#@ ImagePlus image
#@ Double (label="Numerical aperture", value=1.3) aperture
#@ Double (label="Emission of channel 1 (nm)", value=461) first
#@ Double (label="Emission of channel 2 (nm)", value=520) second
#@output ImagePlus result
#@ CommandService commands

import ij.plugin.ChannelSplitter
import ij.plugin.RGBStackMerge

def wavelengths = [first, second]
def channels = ChannelSplitter.split(image)
def restored = channels.toList().withIndex().collect { channel, i ->
    commands.run("org.deqir.command.DeblurCommand", true,
        [image: channel, blur: "microscope", na: aperture, wavelength: wavelengths[i],
         modality: "widefield", noise: "auto"] as Map).get().getOutput("result")
}
result = RGBStackMerge.mergeChannels(restored as ij.ImagePlus[], false)
result.setTitle(image.title.replaceFirst(/\.\w+$/, "") + "-deblurred")
result.setCalibration(image.calibration.copy())
