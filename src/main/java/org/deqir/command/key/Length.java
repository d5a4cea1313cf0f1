/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.key;

import ij.ImagePlus;
import java.util.Locale;
import java.util.Map;

/** Lengths in the units that ImageJ's calibrations use. */
public final class Length {

    private static final Map<String, Double> MICROMETRES =
            Map.ofEntries(
                    Map.entry("µm", 1.0),
                    Map.entry("μm", 1.0),
                    Map.entry("um", 1.0),
                    Map.entry("micron", 1.0),
                    Map.entry("microns", 1.0),
                    Map.entry("micrometer", 1.0),
                    Map.entry("micrometre", 1.0),
                    Map.entry("nm", 1e-3),
                    Map.entry("nanometer", 1e-3),
                    Map.entry("nanometre", 1e-3),
                    Map.entry("mm", 1e3),
                    Map.entry("cm", 1e4),
                    Map.entry("m", 1e6),
                    Map.entry("inch", 25400.0));

    private Length() {}

    /**
     * {@return a pixel size in micrometres, of one in a unit of the image's calibration}
     *
     * @throws IllegalArgumentException if the unit is no length: the image is not calibrated
     */
    public static double micrometres(double size, String unit, ImagePlus image) {
        final Double factor = MICROMETRES.get(unit.toLowerCase(Locale.ROOT));
        if (factor == null || !(size > 0))
            throw new IllegalArgumentException(
                    String.format(
                            "'%s' has no pixel size in a unit of length (it has %s %s): set it in"
                                    + " Image > Properties.",
                            image.getTitle(), size, unit));
        return size * factor;
    }
}
