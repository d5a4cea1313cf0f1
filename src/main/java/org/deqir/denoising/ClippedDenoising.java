/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.denoising;

import java.util.ArrayList;
import java.util.List;
import org.deqir.Optimization;
import org.deqir.Restoration;
import org.deqir.RestorationReport;
import org.deqir.RestorationResult;
import org.deqir.Sampling;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.image.IntensityLimits;
import org.deqir.image.Plane;
import org.deqir.progress.Progress;

/**
 * Denoises images whose noise was clipped, as it is where an 8-bit image is black or saturated.
 *
 * <p>A clipped sample says only that the noisy value lay beyond the limit, and its clipped noise
 * would bias the mean. It is replaced by what the value is expected to have been, given a first
 * estimate m of the image: E[Y | Y ≥ h] = m + σ·φ(a)/(1 − Φ(a)) with a = (h − m)/σ for Y ~ N(m,
 * σ²), and likewise below (one step of expectation maximisation); then the image is denoised again.
 */
final class ClippedDenoising {

    /** Denoisings after the first; further ones change nothing that could be measured. */
    private static final int ROUNDS = 2;

    private ClippedDenoising() {}

    /**
     * Denoises a plane.
     *
     * @param restoration of a noisy image, with the limits that clipped it
     * @param sigma standard deviation of the noise before it was clipped, grey levels
     */
    static RestorationResult solve(
            DiffusionPrior prior,
            Plane measured,
            Restoration restoration,
            double sigma,
            Progress progress) {
        final IntensityLimits limits = restoration.limits();
        final int runs = restoration.isClipped(measured) ? 1 + ROUNDS : 1;
        final List<RestorationReport> reports = new ArrayList<>();
        RestorationResult result = null;
        for (int run = 0; run < runs; run++) {
            final Plane input =
                    run == 0 ? measured : unclipped(measured, result.restored(), sigma, limits);
            // what is replaced is only there to be denoised again
            final boolean last = run == runs - 1;
            result =
                    new MatchedDenoising(prior, last ? restoration : plain(restoration), sigma)
                            .solve(input, progress.part((double) run / runs, (run + 1.0) / runs));
            reports.add(result.report());
        }
        return new RestorationResult(
                result.restored(),
                null,
                RestorationReport.combine(reports).withChiSquare(result.report().chiSquare()));
    }

    /** The estimate alone, without the samples and smoothing that only the last answer needs. */
    private static Restoration plain(Restoration restoration) {
        final Sampling sampling = restoration.sampling();
        return restoration
                .withSampling(
                        sampling.withMode(Sampling.Mode.FIDELITY)
                                .withSamples(1)
                                .withStrength(Math.min(1, sampling.strength())))
                .withOptimization(Optimization.NONE);
    }

    private static Plane unclipped(
            Plane measured, Plane estimate, double sigma, IntensityLimits limits) {
        final Plane expected = measured.copy();
        for (int c = 0; c < expected.channels().length; c++)
            for (int i = 0; i < expected.size(); i++)
                if (limits.clips(measured.channels()[c][i]))
                    expected.channels()[c][i] =
                            (float)
                                    expected(
                                            measured.channels()[c][i],
                                            estimate.channels()[c][i],
                                            sigma,
                                            limits);
        return expected;
    }

    /** The expected value behind a clipped sample, given the mean it scatters around. */
    static double expected(double sample, double mean, double sigma, IntensityLimits limits) {
        // Estimates beyond a limit come from clipped samples: they are no reason to go further.
        final double m = limits.clipped(mean);
        return sample >= limits.high()
                ? m + sigma * inverseMills((limits.high() - m) / sigma)
                : m - sigma * inverseMills((m - limits.low()) / sigma);
    }

    /**
     * φ(a)/(1 − Φ(a)) for a ≥ 0, with the rational approximation of the complementary error
     * function by Hastings (Abramowitz and Stegun 7.1.26), in which the exponential cancels.
     */
    private static double inverseMills(double a) {
        final double t = 1 / (1 + 0.3275911 * a / Math.sqrt(2));
        final double scaledErfc =
                t
                        * (0.254829592
                                + t
                                        * (-0.284496736
                                                + t
                                                        * (1.421413741
                                                                + t
                                                                        * (-1.453152027
                                                                                + t
                                                                                        * 1.061405429))));
        return Math.sqrt(2 / Math.PI) / scaledErfc;
    }
}
