/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.denoising;

import java.util.Arrays;
import org.deqir.Restoration;
import org.deqir.RestorationResult;
import org.deqir.Sampling;
import org.deqir.image.Plane;
import org.deqir.image.Smoothing;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.progress.Progress;

/**
 * Measures on a noisy plane over how many pixels to average before it is denoised.
 *
 * <p>With noise w of the measurement's own variance, y + τ·w and y − w/τ have independent noise if
 * that of y is Gaussian, and uncorrelated noise otherwise. The first is denoised with each
 * candidate; the mean squared difference to the second is the error of the result plus a constant
 * that all candidates share (Oliveira, Lei and Tibshirani 2022, "Unbiased risk estimation in the
 * normal means problem via coupled bootstrap techniques").
 */
public final class BinningChoice {

    /**
     * Standard deviation, in pixels, of the smoothing behind the estimate of a pixel's variance.
     */
    static final double VARIANCE_SMOOTHING = 1.5;

    /** τ: small enough that what is denoised is hardly noisier than the measurement. */
    private static final double SPLIT = 0.5;

    /** Candidates; larger blocks were never better on real images. */
    private static final int[] CANDIDATES = {1, 2, 3};

    /** Standard errors by which blocks of three must be better than blocks of two alone. */
    private static final double CLEARLY = 2;

    /** Edge of the part on which the candidates are compared. */
    private static final int PART = 256;

    /** Edge of the smallest image that is worth the comparison. */
    private static final int SMALLEST = 64;

    private final Restoration restoration;

    BinningChoice(Restoration restoration) {
        this.restoration = restoration;
    }

    /** Denoises a plane after averaging over blocks. */
    @FunctionalInterface
    interface Denoiser {

        /**
         * @param binning edge of the blocks
         */
        RestorationResult denoise(Plane plane, int binning, Progress progress);
    }

    /** What the denoiser that is asked must do: the noise of what is compared is stronger. */
    Restoration ofNoisier() {
        return new Restoration(
                restoration.degradation(),
                restoration.noise().amplified(1 + SPLIT * SPLIT),
                restoration.sampling());
    }

    /**
     * What was found.
     *
     * @param binning edge of the blocks; two digits for the mean of both, as in {@link Sampling}
     * @param evaluations images that went through the network for it
     * @param seconds time taken
     */
    public record Choice(int binning, long evaluations, double seconds) {}

    /**
     * Whether there is anything to choose: samples of the posterior belong to single pixels, and a
     * small image has no room to tell the candidates apart.
     */
    boolean isOpen(Plane measured) {
        return isOpen(restoration.sampling(), measured.width(), measured.height());
    }

    private static boolean isOpen(Sampling sampling, int width, int height) {
        return sampling.mode() == Sampling.Mode.FIDELITY
                && sampling.samples() == 1
                && Math.min(width, height) >= SMALLEST;
    }

    /** Whether denoising planes of a size begins with a choice. */
    public static boolean isMade(Restoration restoration, int width, int height) {
        final Sampling sampling = restoration.sampling();
        return restoration.degradation().isIdentity()
                && !restoration.optimization().isOn()
                && sampling.binning() == 0
                && isOpen(sampling, width, height);
    }

    /** Images that go through the network for a choice: all ways to lay each candidate's blocks. */
    public static long evaluations() {
        return Arrays.stream(CANDIDATES).mapToLong(edge -> (long) edge * edge).sum();
    }

    /** What a choice costs, in images of a plane's size. */
    public static double planes(int width, int height) {
        final double part = (double) Math.min(PART, width) * Math.min(PART, height);
        return CANDIDATES.length * part / ((double) width * height);
    }

    /** Images that go through the network at most after the choice. */
    public static long mostChosen() {
        return 2 * 2 + 3 * 3;
    }

    /**
     * Compares the candidates on the part of the plane that holds most structure.
     *
     * @param denoiser computes {@link #ofNoisier}
     */
    Choice of(Plane measured, Denoiser denoiser, Progress progress) {
        final long start = System.nanoTime();
        final Plane part = mostStructured(measured);
        final Plane[] halves = split(part);
        final RestorationResult[] results = new RestorationResult[CANDIDATES.length];
        long evaluations = 0;
        for (int k = 0; k < CANDIDATES.length; k++) {
            results[k] =
                    denoiser.denoise(
                            halves[0],
                            CANDIDATES[k],
                            progress.part(
                                    (double) k / CANDIDATES.length, (k + 1.0) / CANDIDATES.length));
            evaluations += results[k].report().evaluations();
        }
        return new Choice(
                best(results, halves[1]), evaluations, (System.nanoTime() - start) * 1e-9);
    }

    /**
     * The best candidate or, where the comparison leaves it in doubt, the mean of two: a mean of
     * estimates is never worse than the mean of their errors, and mostly better.
     */
    private static int best(RestorationResult[] results, Plane reference) {
        final Plane single = results[0].restored();
        final Plane pairs = results[1].restored();
        final Plane triples = results[2].restored();
        final double[] ofTriples = difference(pairs, triples, reference);
        if (ofTriples[0] < 0) {
            final double[] gain = difference(single, triples, reference);
            if (gain[0] > gain[1]) return 1;
            return ofTriples[0] < -CLEARLY * ofTriples[1] ? 3 : 23;
        }
        final double[] gain = difference(single, pairs, reference);
        if (gain[0] > gain[1]) return 1;
        return gain[0] > -gain[1] ? 12 : 2;
    }

    /** Mean and standard error of the squared error of b less that of a, against a reference. */
    private static double[] difference(Plane a, Plane b, Plane reference) {
        double sum = 0;
        double squares = 0;
        int count = 0;
        for (int c = 0; c < a.channels().length; c++)
            for (int i = 0; i < a.size(); i++) {
                final double target = reference.channels()[c][i];
                final double ofA = a.channels()[c][i] - target;
                final double ofB = b.channels()[c][i] - target;
                final double d = ofB * ofB - ofA * ofA;
                sum += d;
                squares += d * d;
                count++;
            }
        final double mean = sum / count;
        return new double[] {mean, Math.sqrt(Math.max(0, squares / count - mean * mean) / count)};
    }

    /** Two measurements of the same plane with uncorrelated noise. */
    private Plane[] split(Plane part) {
        final Plane first = part.copy();
        final Plane second = part.copy();
        for (int c = 0; c < part.channels().length; c++) {
            final float[] expected =
                    Smoothing.gaussian(
                            part.channels()[c],
                            part.width(),
                            part.height(),
                            null,
                            VARIANCE_SMOOTHING);
            final float[] normal =
                    new NoiseModel.Gaussian(1)
                            .simulate(
                                    new float[expected.length],
                                    restoration.sampling().seed() + 0x51ed27L * (c + 1));
            for (int i = 0; i < expected.length; i++) {
                final double w = Math.sqrt(restoration.noise().variance(expected[i])) * normal[i];
                first.channels()[c][i] += (float) (SPLIT * w);
                second.channels()[c][i] -= (float) (w / SPLIT);
            }
        }
        return new Plane[] {first, second};
    }

    /** The part of the plane, of {@value #PART} pixels at most, whose block means vary most. */
    private static Plane mostStructured(Plane plane) {
        final int width = Math.min(PART, plane.width());
        final int height = Math.min(PART, plane.height());
        Plane best = null;
        double most = -1;
        for (int y = 0; y + height <= plane.height(); y += Math.max(1, height / 2))
            for (int x = 0; x + width <= plane.width(); x += Math.max(1, width / 2)) {
                final Plane part = cropped(plane, x, y, width, height);
                final double structure = structure(part);
                if (structure > most) {
                    most = structure;
                    best = part;
                }
            }
        return best;
    }

    private static double structure(Plane part) {
        final Plane means = new ShiftedBinning(part.width(), part.height(), 4).bin(part, 0);
        double variance = 0;
        for (final float[] channel : means.channels()) {
            double sum = 0;
            double squares = 0;
            for (final float value : channel) {
                sum += value;
                squares += (double) value * value;
            }
            variance += squares / channel.length - Math.pow(sum / channel.length, 2);
        }
        return variance;
    }

    private static Plane cropped(Plane plane, int left, int top, int width, int height) {
        final float[][] part = new float[plane.channels().length][width * height];
        for (int c = 0; c < part.length; c++)
            for (int y = 0; y < height; y++)
                System.arraycopy(
                        plane.channels()[c],
                        (top + y) * plane.width() + left,
                        part[c],
                        y * width,
                        width);
        return new Plane(part, width, height);
    }
}
