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
import org.deqir.image.IntensityLimits;
import org.deqir.image.Plane;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.progress.Progress;

/**
 * Measures on a noisy plane over how many pixels to average before it is denoised.
 *
 * <p>A part of the plane is denoised with each candidate. The mean of the results stands in for the
 * truth: it is measured anew by simulation, denoised with each candidate again, and what comes
 * closest to it is chosen (parametric bootstrap; Efron and Tibshirani 1993). The simulated noise
 * has the skewness of few photons, which estimates of risk for Gaussian noise do not see, and the
 * correlation of neighbours that was measured.
 */
public final class BinningChoice {

    /**
     * Standard deviation, in pixels, of the smoothing behind the estimate of a pixel's variance.
     */
    static final double VARIANCE_SMOOTHING = 1.5;

    /** Candidates; larger blocks were never better on real images. */
    private static final int[] CANDIDATES = {1, 2, 3};

    /** What may be chosen: a candidate, or the mean of the two that a number names. */
    private static final int[] CHOICES = {1, 12, 2, 23, 3};

    private static final int[] CHOICES_OF_FEW_PHOTONS = {2, 23, 3};

    /**
     * Squared residual in units of the noise's variance that averages over two pixels may leave
     * beyond 1 and that of single pixels, and those over three beyond 1 and that of two. In
     * simulations the second was below 0.11 where averaging helped, and above 0.25 where it harmed.
     */
    private static final double MISFIT_OF_PAIRS = 0.35;

    private static final double MISFIT_OF_TRIPLES = 0.18;

    /** The same where bright pixels are parts of something, which averages may hide. */
    private static final double MISFIT_OF_CONNECTED = 0.05;

    /**
     * {@link BrightPixels#connection} above which bright pixels are structure, and below which they
     * are photons. In simulations it was at most 0.12 where pixels are best averaged, and 0.19 to
     * 0.7 where they are not.
     */
    private static final double CONNECTED = 0.2;

    private static final double LONE = 0.1;

    /**
     * Factors on the error of single pixels, 0.25 and 0.42 dB: what stands in for the truth is
     * smoother than it, the more so where averages over two leave a squared residual a little above
     * the noise's variance. On images of the benchmark the mean of 1 and 2 seemed 0.15 dB, or with
     * such a residual 0.3 to 0.4 dB better than 1, and was up to 0.1 dB worse. Where averaging
     * helped, it seemed at least 0.48 dB better.
     */
    private static final double ADVANTAGE_OF_SINGLE = 0.944;

    private static final double ADVANTAGE_OF_SINGLE_IN_DOUBT = 0.908;

    private static final double MISFIT_OF_SLIGHTLY_TOO_SMOOTH = 0.03;

    /**
     * Least contrast of bright parts, in standard deviations of a pixel's noise, for single pixels:
     * below, lone photons look like structure that would stand in for the truth. Chosen on
     * simulated images, of which those of at most 1 photon in bright parts lie below.
     */
    private static final double LEAST_CONTRAST = 1.6;

    /**
     * Contrast from which on lone bright pixels are no photons, whose noise would be stronger: on
     * images of the benchmark with 44 photons, at most, in bright parts it is 5.
     */
    private static final double BRIGHT_CONTRAST = 4.5;

    /**
     * Factor on the error of the mean of 1 and 2 in such images where averaging over two is best,
     * 0.2 dB: as {@link #ADVANTAGE_OF_SINGLE}. It was up to 0.26 dB better on images of the
     * benchmark that seemed to be better averaged over two by 0.14 dB, and at most 0.04 dB worse.
     */
    private static final double ADVANTAGE_OF_MEAN = 0.955;

    /**
     * The same for averages over two against those over three where photons are few, but not so few
     * that hardly a structure is seen: of real exposures, four seemed to be better averaged over
     * three by up to 0.17 dB, and were worse by up to that.
     */
    private static final double ADVANTAGE_OF_PAIRS = 0.955;

    private static final double SEEN_CONTRAST = 2;

    /**
     * Factors on the errors of the mean of 1 and 2 and of 1 where noise is correlated, −0.2 and
     * −0.25 dB: what stands in for the truth holds what single pixels leave of such noise. Without
     * them 1 was chosen for a crop of the benchmark where it is 3.9 dB worse; they cost none of 24
     * simulated images more than 0.03 dB.
     */
    private static final double ADVANTAGE_OF_CORRELATED_MEAN = 1.05;

    private static final double ADVANTAGE_OF_CORRELATED_SINGLE = 1.06;

    private static final double BRIGHT = 0.995;
    private static final double DARK = 0.01;
    private static final long SEED = 0x51ed27L;

    /** Edge of the part on which the candidates are compared. */
    private static final int PART = 192;

    /** Edge of the smallest image that is worth the comparison. */
    private static final int SMALLEST = 64;

    /** The part is denoised as it was measured, and as it is simulated. */
    private static final int ROUNDS = 2;

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

    /**
     * {@return whether denoising planes of a size begins with a choice}
     *
     * @param restoration what is asked for
     * @param width columns of a plane
     * @param height rows of a plane
     */
    public static boolean isMade(Restoration restoration, int width, int height) {
        final Sampling sampling = restoration.sampling();
        return restoration.degradation().isIdentity()
                && !restoration.optimization().isOn()
                && sampling.binning() == 0
                && isOpen(sampling, width, height);
    }

    /**
     * {@return images that go through the network for a choice: all ways to lay each candidate's
     * blocks, of the measurement and of the simulated one}
     */
    public static long evaluations() {
        return ROUNDS * Arrays.stream(CANDIDATES).mapToLong(edge -> (long) edge * edge).sum();
    }

    /**
     * {@return what a choice costs, in images of a plane's size}
     *
     * @param width columns of a plane
     * @param height rows of a plane
     */
    public static double planes(int width, int height) {
        final double part = (double) Math.min(PART, width) * Math.min(PART, height);
        return ROUNDS * CANDIDATES.length * part / ((double) width * height);
    }

    /** {@return images that go through the network at most after the choice} */
    public static long mostChosen() {
        return 2 * 2 + 3 * 3;
    }

    /**
     * Compares the candidates on the part of the plane that holds most structure.
     *
     * @param denoiser denoises as the plane is to be
     */
    Choice of(Plane measured, Denoiser denoiser, Progress progress) {
        final long start = System.nanoTime();
        final Plane part = mostStructured(measured);
        final Denoised first = denoised(part, denoiser, progress.part(0, 0.5));
        final double connection = BrightPixels.connection(part);
        final boolean connected = connection > CONNECTED;
        final Grain grain = Grain.of(part, restoration.noise());
        final double contrast = contrast(first.of(2), grain);
        final double[] misfits = misfits(part, first, grain);
        final boolean bright = contrast >= BRIGHT_CONTRAST;
        final boolean manyPhotons =
                connected || bright || contrast >= LEAST_CONTRAST && !(connection < LONE);
        if (manyPhotons
                && averagingLoses(misfits, connected ? MISFIT_OF_CONNECTED : MISFIT_OF_TRIPLES))
            return new Choice(1, first.evaluations(), (System.nanoTime() - start) * 1e-9);
        final Plane truth = manyPhotons ? first.mean(1, 2, 3) : first.mean(2, 3);
        final double single =
                grain != Grain.WHITE
                        ? ADVANTAGE_OF_CORRELATED_SINGLE
                        : misfits[1] - Math.max(1, misfits[0]) > MISFIT_OF_SLIGHTLY_TOO_SMOOTH
                                ? ADVANTAGE_OF_SINGLE_IN_DOUBT
                                : ADVANTAGE_OF_SINGLE;
        final Denoised second = denoised(simulated(truth, grain), denoiser, progress.part(0.5, 1));
        final double pairs = manyPhotons || contrast < SEEN_CONTRAST ? 1 : ADVANTAGE_OF_PAIRS;
        final double mean = grain == Grain.WHITE ? 1 : ADVANTAGE_OF_CORRELATED_MEAN;
        int best = 0;
        double leastError = Double.POSITIVE_INFINITY;
        for (final int choice : manyPhotons ? CHOICES : CHOICES_OF_FEW_PHOTONS) {
            final double advantage =
                    choice == 1 ? single : choice == 2 ? pairs : choice == 12 ? mean : 1;
            final double error = advantage * squares(second.estimate(choice), truth);
            if (error < leastError) {
                leastError = error;
                best = choice;
            }
        }
        if (bright
                && best == 2
                && ADVANTAGE_OF_MEAN * squares(second.estimate(12), truth) < leastError) best = 12;
        return new Choice(
                best,
                first.evaluations() + second.evaluations(),
                (System.nanoTime() - start) * 1e-9);
    }

    /**
     * Whether averages fail to explain what the image holds: their means would be too smooth to
     * stand in for the truth.
     */
    private static boolean averagingLoses(double[] misfits, double mostOfTriples) {
        return misfits[1] - Math.max(1, misfits[0]) > MISFIT_OF_PAIRS
                || misfits[2] - Math.max(1, misfits[1]) > mostOfTriples;
    }

    /**
     * Squared residual of each candidate in units of the noise's variance. Where pixels have less
     * of it than is stated, the rest is added.
     */
    private double[] misfits(Plane part, Denoised denoised, Grain grain) {
        final double[] misfits = new double[CANDIDATES.length];
        for (int k = 0; k < misfits.length; k++)
            misfits[k] =
                    squares(part, denoised.of(CANDIDATES[k]))
                                    / variance(restoration.noise(), denoised.of(2))
                            + (1 - grain.share());
        return misfits;
    }

    static double variance(NoiseModel noise, Plane expected) {
        double sum = 0;
        for (final float[] channel : expected.channels())
            for (final float level : channel) sum += noise.variance(level);
        return sum;
    }

    /** A plane denoised with each candidate. */
    private record Denoised(Plane[] planes, long evaluations) {

        Plane of(int candidate) {
            return planes[candidate - 1];
        }

        Plane estimate(int choice) {
            return choice < 10 ? of(choice) : mean(choice / 10, choice % 10);
        }

        Plane mean(int... candidates) {
            final Plane mean = of(candidates[0]).copy();
            for (int c = 0; c < mean.channels().length; c++)
                for (int i = 0; i < mean.size(); i++) {
                    double sum = 0;
                    for (final int candidate : candidates) sum += of(candidate).channels()[c][i];
                    mean.channels()[c][i] = (float) (sum / candidates.length);
                }
            return mean;
        }
    }

    private static Denoised denoised(Plane plane, Denoiser denoiser, Progress progress) {
        final Plane[] planes = new Plane[CANDIDATES.length];
        long evaluations = 0;
        for (int k = 0; k < planes.length; k++) {
            final RestorationResult result =
                    denoiser.denoise(
                            plane,
                            CANDIDATES[k],
                            progress.part((double) k / planes.length, (k + 1.0) / planes.length));
            planes[k] = result.restored();
            evaluations += result.report().evaluations();
        }
        return new Denoised(planes, evaluations);
    }

    /** Difference of bright and dark parts in standard deviations of the noise of bright ones. */
    private double contrast(Plane denoised, Grain grain) {
        double most = 0;
        for (final float[] channel : denoised.channels()) {
            final float[] sorted = channel.clone();
            Arrays.sort(sorted);
            final double bright = sorted[(int) (BRIGHT * (sorted.length - 1))];
            final double dark = sorted[(int) (DARK * (sorted.length - 1))];
            most =
                    Math.max(
                            most,
                            (bright - dark)
                                    / Math.sqrt(
                                            grain.share() * restoration.noise().variance(bright)));
        }
        return most;
    }

    /** A measurement of a known image, with the same noise and the same limits. */
    private Plane simulated(Plane truth, Grain grain) {
        final Plane simulated = truth.copy();
        final IntensityLimits limits = restoration.limits();
        for (int c = 0; c < simulated.channels().length; c++) {
            final float[] expected = truth.channels()[c];
            final float[] noisy =
                    restoration
                            .noise()
                            .simulate(expected, restoration.sampling().seed() + SEED * (c + 1));
            grain.give(noisy, expected, truth.width());
            for (int i = 0; i < noisy.length; i++)
                simulated.channels()[c][i] = (float) limits.clipped(noisy[i]);
        }
        return simulated;
    }

    /** Sum of squared differences. */
    private static double squares(Plane estimate, Plane truth) {
        double sum = 0;
        for (int c = 0; c < truth.channels().length; c++)
            for (int i = 0; i < truth.size(); i++) {
                final double difference =
                        (double) estimate.channels()[c][i] - truth.channels()[c][i];
                sum += difference * difference;
            }
        return sum;
    }

    /** The part of the plane, of {@value #PART} pixels at most, whose block means vary most. */
    private static Plane mostStructured(Plane plane) {
        final int width = Math.min(PART, plane.width());
        final int height = Math.min(PART, plane.height());
        Plane best = null;
        double most = -1;
        for (int y = 0; y + height <= plane.height(); y += Math.max(1, height / 2))
            for (int x = 0; x + width <= plane.width(); x += Math.max(1, width / 2)) {
                final Plane part = plane.part(x, y, width, height);
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
}
