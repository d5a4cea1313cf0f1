/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.noise;

import java.util.List;
import java.util.Optional;
import org.deqir.physics.Degradation;
import org.deqir.physics.noise.NoiseModel.Gaussian;
import org.deqir.physics.noise.NoiseModel.PoissonGaussian;

/**
 * What {@link NoiseEstimator} found in an image.
 *
 * @param model the model that fits: none, Gaussian or Poisson–Gaussian; none with a warning where
 *     nothing could be measured
 * @param gaussian the best model of noise that does not depend on the brightness, whether it fits
 *     or not
 * @param poissonGaussian the best camera model; empty if the noise does not grow with the
 *     brightness. Gain and the line variance = gain · (mean − offset) + readout² come from the
 *     image; how that line's constant divides into offset and readout noise makes hardly any
 *     difference: the offset is 0 where that is possible. The gain is the slope of the line: grey
 *     levels per photon of an ordinary camera, and about twice that after electron multiplication
 * @param correlation of the noise of neighbouring pixels; its numbers are NaN if the image is too
 *     small to tell
 * @param finding what was found, in one or two sentences for the user
 * @param warnings sentences about what makes the estimate doubtful; mostly empty
 */
public record NoiseEstimate(
        NoiseModel model,
        Gaussian gaussian,
        Optional<PoissonGaussian> poissonGaussian,
        NoiseCorrelation correlation,
        String finding,
        List<String> warnings) {

    /** Copies the list. */
    public NoiseEstimate {
        warnings = List.copyOf(warnings);
    }

    /**
     * {@return the noise to restore with} Denoising takes the noise of independent pixels that is
     * as strong over many pixels as this one: noise that is correlated between neighbours is
     * stronger over several pixels than the model says, and that is what a prior has to tell from
     * structure. Other restorations, and noise that is not correlated, take the model.
     *
     * @param degradation what happened to the image; null if that is not one and the same, as where
     *     pixels are missing
     */
    public NoiseModel model(Degradation degradation) {
        return degradation != null && degradation.isIdentity()
                ? model.amplified(correlation.coarseFactor())
                : model;
    }
}
