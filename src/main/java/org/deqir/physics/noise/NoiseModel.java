/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.noise;

import org.deqir.image.Pixels;

/**
 * The random part of a measurement: how the grey level of a pixel scatters around its expected
 * value, independently of all other pixels.
 *
 * <p>All levels are the image's own grey levels. Models are immutable; {@link #simulate} depends on
 * its arguments alone and gives the same bits on every platform.
 */
public sealed interface NoiseModel {

    /**
     * Variance of a pixel.
     *
     * @param expected the pixel's expected grey level
     * @return grey levels squared, ≥ 0
     */
    double variance(double expected);

    /**
     * A noisy measurement of a plane.
     *
     * <p>Pixel i draws from a random stream of its own that is chosen by the seed and by i.
     *
     * @param expected expected grey levels; not changed
     * @param seed different seeds give independent measurements
     * @return a new plane of the same size
     * @throws IllegalArgumentException if an expected grey level is NaN or infinite
     */
    float[] simulate(float[] expected, long seed);

    /** {@return the model with its parameters, in a few words for a result's provenance} */
    String describe();

    /**
     * {@return the noise of means over blocks of {@code factor} × {@code factor} independent
     * pixels}
     */
    NoiseModel binned(int factor);

    /**
     * {@return noise of the same kind whose variance is {@code factor}, above 0, times as large at
     * every grey level}
     */
    NoiseModel amplified(double factor);

    /**
     * {@return the grey level that hardly any sample lies below, if the model is right; −∞ if every
     * level is possible}
     */
    default double lowestPlausible() {
        return Double.NEGATIVE_INFINITY;
    }

    /** {@return whether nothing scatters at all} */
    default boolean isExact() {
        return false;
    }

    /** {@return whether the variance is the same at every grey level} */
    default boolean isWhite() {
        return true;
    }

    /**
     * {@return the transform of grey levels after which this noise is white with a standard
     * deviation of 1}
     *
     * @throws IllegalStateException if the noise {@linkplain #isWhite is white} as it is
     */
    default AnscombeTransform stabilizing() {
        throw new IllegalStateException(describe() + " needs no stabilizing");
    }

    /** No noise: the measurement is exact. */
    record None() implements NoiseModel {

        @Override
        public boolean isExact() {
            return true;
        }

        @Override
        public double variance(double expected) {
            return 0;
        }

        @Override
        public float[] simulate(float[] expected, long seed) {
            Pixels.requireFinite(expected);
            return expected.clone();
        }

        @Override
        public NoiseModel binned(int factor) {
            return this;
        }

        @Override
        public NoiseModel amplified(double factor) {
            return this;
        }

        @Override
        public String describe() {
            return "no noise";
        }
    }

    /**
     * Additive white Gaussian noise of one strength.
     *
     * @param sigma standard deviation, grey levels ≥ 0
     */
    record Gaussian(double sigma) implements NoiseModel {

        /**
         * @throws IllegalArgumentException if sigma is negative or not finite
         */
        public Gaussian {
            requireNonNegative("standard deviation of the noise (sigma)", sigma);
        }

        @Override
        public boolean isExact() {
            return sigma == 0;
        }

        @Override
        public double variance(double expected) {
            return sigma * sigma;
        }

        @Override
        public float[] simulate(float[] expected, long seed) {
            Pixels.requireFinite(expected);
            final float[] noisy = new float[expected.length];
            final PixelRandom random = new PixelRandom(seed);
            for (int i = 0; i < noisy.length; i++) {
                random.startPixel(i);
                noisy[i] = (float) (expected[i] + sigma * random.nextGaussian());
            }
            return noisy;
        }

        @Override
        public NoiseModel binned(int factor) {
            return new Gaussian(sigma / factor);
        }

        @Override
        public NoiseModel amplified(double factor) {
            return new Gaussian(sigma * Math.sqrt(factor));
        }

        @Override
        public String describe() {
            return "Gaussian noise, sigma " + Pixels.format(sigma);
        }
    }

    /**
     * Photon noise and readout noise of a camera: y = gain · Poisson(photons) + offset + N(0,
     * readout²), so that an expected grey level m means (m − offset) / gain photons and has the
     * variance gain · (m − offset) + readout².
     *
     * <p>An expected grey level below the offset counts as no photons.
     *
     * @param gain grey levels per photon (more precisely, per photoelectron), &gt; 0
     * @param offset grey level without light
     * @param readout standard deviation of the readout noise, grey levels ≥ 0
     */
    record PoissonGaussian(double gain, double offset, double readout) implements NoiseModel {

        /**
         * @throws IllegalArgumentException if the gain is not positive, the readout noise negative
         *     or a parameter not finite
         */
        public PoissonGaussian {
            if (!(gain > 0) || Double.isInfinite(gain))
                throw new IllegalArgumentException(
                        "The camera gain is "
                                + gain
                                + "; it must be a positive number of grey levels per photon.");
            if (!Double.isFinite(offset))
                throw new IllegalArgumentException(
                        "The camera offset is " + offset + "; it must be a finite grey level.");
            requireNonNegative("readout noise", readout);
        }

        /** {@return mean number of photons behind an expected grey level, ≥ 0} */
        public double photons(double expected) {
            return Math.max(0, (expected - offset) / gain);
        }

        /** Two standard deviations of the readout noise below the offset. */
        @Override
        public double lowestPlausible() {
            return offset - 2 * readout;
        }

        @Override
        public boolean isWhite() {
            return false;
        }

        @Override
        public AnscombeTransform stabilizing() {
            return new AnscombeTransform(this);
        }

        @Override
        public double variance(double expected) {
            return gain * gain * photons(expected) + readout * readout;
        }

        @Override
        public float[] simulate(float[] expected, long seed) {
            Pixels.requireFinite(expected);
            final float[] noisy = new float[expected.length];
            final PixelRandom random = new PixelRandom(seed);
            for (int i = 0; i < noisy.length; i++) {
                random.startPixel(i);
                final double photons = random.nextPoisson(photons(expected[i]));
                noisy[i] = (float) (gain * photons + offset + readout * random.nextGaussian());
            }
            return noisy;
        }

        @Override
        public NoiseModel binned(int factor) {
            return new PoissonGaussian(gain / (factor * factor), offset, readout / factor);
        }

        @Override
        public NoiseModel amplified(double factor) {
            return new PoissonGaussian(gain * factor, offset, readout * Math.sqrt(factor));
        }

        @Override
        public String describe() {
            return String.format(
                    "Poisson-Gaussian noise, gain %s, offset %s, readout %s",
                    Pixels.format(gain), Pixels.format(offset), Pixels.format(readout));
        }
    }

    private static void requireNonNegative(String name, double value) {
        if (!(value >= 0) || Double.isInfinite(value))
            throw new IllegalArgumentException(
                    "The %s is %s; it must be a number of grey levels, at least 0."
                            .formatted(name, value));
    }
}
