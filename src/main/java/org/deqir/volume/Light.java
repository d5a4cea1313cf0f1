/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.volume;

import org.deqir.physics.noise.NoiseModel;

/**
 * A noise model as that of a camera: what Richardson–Lucy needs to count photons.
 *
 * @param gain grey levels per photon, above 0
 * @param offset grey level without light
 * @param readout standard deviation of the readout noise in grey levels
 */
record Light(double gain, double offset, double readout) {

    /** Noise of an image without any, as a share of its range. */
    private static final double LEAST_NOISE = 1e-3;

    /**
     * The camera of a noise model; of noise that does not depend on the light, one whose photons
     * make half of it at the mean.
     *
     * @param least grey level that hardly any voxel lies below
     * @param mean mean grey level
     * @param most grey level that hardly any voxel lies above
     */
    static Light of(NoiseModel noise, double least, double mean, double most) {
        final double lowest = noise.lowestPlausible();
        final double readout = Math.sqrt(noise.variance(lowest));
        final double black = lowest + 2 * readout;
        final double perLevel = noise.variance(black + 1) - readout * readout;
        if (Double.isFinite(lowest) && perLevel > 0) return new Light(perLevel, black, readout);
        final double width = Math.max(most - least, 1e-6 * Math.max(1, Math.abs(most)));
        final double variance =
                Math.max(noise.variance(mean), LEAST_NOISE * LEAST_NOISE * width * width);
        final double signal = Math.max(mean - least, LEAST_NOISE * width);
        return new Light(variance / (2 * signal), least, Math.sqrt(variance / 2));
    }

    /** Variance of the readout noise in photons. */
    double pedestal() {
        return readout * readout / (gain * gain);
    }

    /** Photons, which noise may make negative, behind a grey level. */
    double photons(double greyLevel) {
        return (greyLevel - offset) / gain;
    }

    double greyLevel(double photons) {
        return photons * gain + offset;
    }
}
