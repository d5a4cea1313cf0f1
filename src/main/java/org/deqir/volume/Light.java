/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.volume;

import ai.djl.ndarray.NDArray;
import org.deqir.physics.noise.NoiseModel;

/**
 * A noise model as that of a camera, whose variance is a straight line above a grey level without
 * light: what Richardson–Lucy needs to count photons, and what tensors of variances are made of.
 *
 * @param gain grey levels per photon, above 0
 * @param offset grey level without light
 * @param readout standard deviation of the readout noise in grey levels
 * @param isCamera whether the noise model knows light; otherwise its noise is the same everywhere
 */
public record Light(double gain, double offset, double readout, boolean isCamera) {

    /** Noise of an image without any, as a share of its range. */
    private static final double LEAST_NOISE = 2e-3;

    /**
     * The camera of a noise model; of noise that does not depend on the light, one whose photons
     * make half of it at the mean.
     *
     * @param least lowest grey level
     * @param mean mean grey level
     * @param most highest grey level
     */
    static Light of(NoiseModel noise, double least, double mean, double most) {
        final double lowest = noise.lowestPlausible();
        if (Double.isFinite(lowest)) {
            final double readout = Math.sqrt(noise.variance(lowest));
            final double black = lowest + 2 * readout;
            return new Light(noise.variance(black + 1) - readout * readout, black, readout, true);
        }
        final double width = Math.max(most - least, 1e-6 * Math.max(1, Math.abs(most)));
        final double variance =
                Math.max(noise.variance(mean), LEAST_NOISE * LEAST_NOISE * width * width);
        final double signal = Math.max(mean - least, LEAST_NOISE * width);
        return new Light(variance / (2 * signal), least, Math.sqrt(variance / 2), false);
    }

    /** Variance of the readout noise in photons. */
    double pedestal() {
        return readout * readout / (gain * gain);
    }

    /** Photons, which noise may make negative, and the pedestal behind grey levels. */
    NDArray counts(NDArray greyLevels) {
        return greyLevels.sub(offset).divi(gain).addi(pedestal());
    }

    /** Grey levels of photons without pedestal. */
    NDArray greyLevels(NDArray photons) {
        return photons.mul(gain).addi(offset);
    }

    /**
     * The variance of measurements, in grey levels squared, of the least an image is rounded by.
     *
     * @param expected grey levels
     */
    NDArray variance(NDArray expected) {
        final double dark = readout * readout;
        if (!isCamera) return expected.zerosLike().addi(2 * dark);
        return expected.sub(offset).maximum(0).muli(gain).addi(dark);
    }
}
