package org.deqir.command;

import java.util.ArrayList;
import java.util.List;
import org.scijava.ItemVisibility;
import org.scijava.plugin.Parameter;

/** The keys of the measurement's noise, for the tasks that have any. */
abstract class NoisyRestorationCommand extends RestorationCommand {

    private static final List<String> NOISE =
            List.of("noiseheading", "noise", "sigma", "gain", "offset", "readout");

    @Parameter(visibility = ItemVisibility.MESSAGE, required = false, persist = false)
    private final String noiseheading = "<html><b>Noise of the measurement</b>";

    @Parameter(
            label = "Noise",
            description = "auto estimates it from the image.",
            choices = {"auto", "none", "gaussian", "poisson-gaussian"},
            callback = "updateCost",
            persist = false)
    String noise = "auto";

    @Parameter(
            label = "Sigma (grey levels)",
            description = "gaussian: standard deviation of the noise.",
            min = "0",
            persist = false)
    private Double sigma = 0.0;

    @Parameter(
            label = "Gain (grey levels per photon)",
            description = "poisson-gaussian: gain of the camera.",
            min = "0",
            persist = false)
    private Double gain = 0.0;

    @Parameter(
            label = "Offset (grey levels)",
            description = "poisson-gaussian: grey level without light.",
            persist = false)
    private Double offset = 0.0;

    @Parameter(
            label = "Readout (grey levels)",
            description = "poisson-gaussian: standard deviation of the readout noise.",
            min = "0",
            persist = false)
    private Double readout = 0.0;

    /** The noise as the keys state it. */
    final NoiseKeys noise() {
        return new NoiseKeys(noise, sigma, gain, offset, readout);
    }

    @Override
    List<String> lastKeys() {
        final List<String> keys = new ArrayList<>(NOISE);
        keys.addAll(super.lastKeys());
        return keys;
    }
}
